//! What the operator knows better than an exporter says of itself.

mod core_ports;

use ipnet::IpNet;
use schema::sample::{Agent, Direction, LengthBasis};
use schema::{Moments, Rate};

pub use self::core_ports::{CorePorts, MAX_CORE_RANGES};

/// Which of the two directions of metering count.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum DirectionRule {
    /// What was metered at egress counts unless the exporter meters the same frames as they enter, too.
    ///
    /// An sFlow sample taken at egress is set aside where its frame could be sampled on entering: if its input port, or the port at which it was taken, has
    /// shown samples taken at ingress; and if its input is a core port, if the agent has shown any. So a switch that samples at egress only is counted
    /// there.
    ///
    /// A flow record metered at egress is set aside if its exporter also meters what the same sender sends to the same receiver at ingress, and at another
    /// interface.
    #[default]
    Auto,
    /// What was metered on entering the switch.
    Ingress,
    /// What was metered on leaving it.
    Egress,
    /// Whatever comes, core ports' excepted.
    Both,
}

impl DirectionRule {
    /// Whether the rule alone says that traffic metered in this direction is counted elsewhere. What is of no known direction always counts.
    #[inline]
    #[must_use]
    pub const fn sets_aside(self, direction: Direction) -> bool {
        matches!((self, direction), (Self::Ingress, Direction::Egress) | (Self::Egress, Direction::Ingress))
    }
}

/// What is known better of an exporter. The default changes nothing.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Policy {
    /// One frame in so many is sampled, whatever the exporter announces.
    pub sampling: Option<Rate>,
    /// The same where the exporter announces nothing.
    pub sampling_if_missing: Option<Rate>,
    /// Which directions count.
    pub direction: DirectionRule,
    /// What the exporter's octets count, whatever its protocol says. For sFlow it is what `frame_length` counts: `Layer2` adds the FCS.
    pub octets: Option<LengthBasis>,
    /// The packets and octets of flow records are multiplied by the rate already. An sFlow sample is one frame and has nothing to multiply.
    pub scaled: bool,
    /// Which of its ports join switches. What is sampled there is set aside, whatever the rule of directions says.
    pub core_ports: CorePorts,
}

impl Policy {
    /// The rate that counts where the exporter announced this one.
    #[must_use]
    pub fn rate(&self, announced: Rate) -> Rate {
        let missing = self.sampling_if_missing.filter(|_| announced.is_unknown());
        self.sampling.or(missing).unwrap_or(announced)
    }

    /// Whether more is known than which ports join switches, so that single samples must be looked at.
    #[must_use]
    pub(crate) fn adjusts_samples(&self) -> bool {
        let Self { sampling, sampling_if_missing, direction, octets, scaled: _, core_ports: _ } = self;
        sampling.is_some() || sampling_if_missing.is_some() || octets.is_some() || *direction != DirectionRule::Auto
    }

    /// What was sampled, where the exporter told what it stands for.
    ///
    /// All three are divided by the rate `w`: of `n′ = w·n` and `x′ = w·x` follows `x′²/n′ = w·x²/n`. Then the weight brings back what was exported, and
    /// `w(w−1)Σx²` is the variance of what was sampled.
    #[must_use]
    pub(crate) fn unscaled(&self, moments: Moments, rate: Rate) -> Moments {
        if !self.scaled || rate.is_unknown() {
            return moments;
        }
        let frames = rate.frames();
        let sampled = |total: u64| whole(total as f64 / frames);
        Moments { n: sampled(moments.n), x: sampled(moments.x), xx: sampled(moments.xx) }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and no count is negative")]
fn whole(count: f64) -> u64 {
    count.round() as u64
}

/// A policy and whom it is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Agent addresses: inside the datagram for sFlow, the UDP source for flow records.
    pub agents: IpNet,
    /// Only this sub-agent, source id or observation domain; `None` for all of them.
    pub sub_agent: Option<u32>,
    /// What is known better.
    pub policy: Policy,
}

/// The operator's rules in their order.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Policies(Vec<Rule>);

impl Policies {
    /// These rules; of those that fit an exporter the first one counts.
    #[must_use]
    pub const fn new(rules: Vec<Rule>) -> Self {
        Self(rules)
    }

    /// What is known better of this agent; `None` where that is nothing.
    #[must_use]
    pub fn of(&self, agent: &Agent) -> Option<&Policy> {
        let address = agent.address.to_canonical();
        let fits = |rule: &&Rule| rule.agents.contains(&address) && rule.sub_agent.is_none_or(|only| only == agent.sub_agent);
        self.0.iter().find(fits).map(|rule| &rule.policy).filter(|policy| **policy != Policy::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(agents: &str, sub_agent: Option<u32>, rate: u32) -> Rule {
        let policy = Policy { sampling: Some(Rate::whole(rate)), ..Policy::default() };
        Rule { agents: agents.parse().unwrap(), sub_agent, policy }
    }

    #[test]
    fn the_first_rule_that_fits_counts() {
        let policies = Policies::new(vec![
            rule("192.0.2.1/32", Some(7), 1),
            rule("192.0.2.1/32", None, 2),
            Rule { agents: "198.51.100.0/24".parse().unwrap(), sub_agent: None, policy: Policy::default() },
            rule("0.0.0.0/0", None, 3),
        ]);
        let rate = |address: &str, sub_agent| {
            let policy = policies.of(&Agent { address: address.parse().unwrap(), sub_agent });
            policy.and_then(|policy| policy.sampling).map(Rate::rounded)
        };
        assert_eq!((rate("192.0.2.1", 7), rate("192.0.2.1", 8), rate("203.0.113.9", 7)), (Some(1), Some(2), Some(3)));
        assert_eq!(rate("::ffff:192.0.2.1", 7), Some(1), "the same address in the clothes of IPv6");
        assert_eq!((rate("198.51.100.1", 0), rate("2001:db8::1", 0)), (None, None), "nothing is changed, so that nothing is asked");
    }

    #[test]
    fn core_ports_alone_are_something_that_is_known_better() {
        let policy = Policy { core_ports: CorePorts::new([49..=52]), ..Policy::default() };
        let rule = Rule { agents: "192.0.2.1/32".parse().unwrap(), sub_agent: None, policy: policy.clone() };
        let policies = Policies::new(vec![rule]);
        assert_eq!(policies.of(&Agent { address: [192, 0, 2, 1].into(), sub_agent: 3 }), Some(&policy));
        assert!(!policy.adjusts_samples() && Policy { octets: Some(LengthBasis::Layer2), ..policy }.adjusts_samples());
    }

    #[test]
    fn a_given_rate_stands_before_the_announced_one_and_a_missing_one_is_filled_in() {
        let (one, two, three) = (Rate::whole(1), Rate::whole(2), Rate::whole(3));
        let always = Policy { sampling: Some(one), sampling_if_missing: Some(two), ..Policy::default() };
        let missing = Policy { sampling: None, ..always.clone() };
        assert_eq!((always.rate(three), always.rate(Rate::UNKNOWN)), (one, one));
        assert_eq!((missing.rate(three), missing.rate(Rate::UNKNOWN)), (three, two));
        assert_eq!(Policy::default().rate(Rate::UNKNOWN), Rate::UNKNOWN);
    }

    #[test]
    fn scaled_counters_are_brought_back_by_the_weight_with_the_variance_of_what_was_sampled() {
        let policy = Policy { scaled: true, ..Policy::default() };
        let sampled = Moments { n: 3, x: 3_000, xx: 3_000_000 };
        let told = Moments { n: 1_500, x: 1_500_000, xx: 1_500_000_000 };
        assert_eq!(policy.unscaled(told, Rate::whole(500)), sampled);
        assert_eq!(policy.unscaled(told, Rate::UNKNOWN), told);
        assert_eq!(Policy::default().unscaled(told, Rate::whole(500)), told);
        let most = Moments { n: u64::MAX, x: u64::MAX, xx: u64::MAX };
        assert_eq!(policy.unscaled(most, Rate::whole(1)), most, "numbers that are made up do not overflow");
    }
}
