//! What the operator knows better than an exporter says of itself.

use ipnet::IpNet;
use schema::sample::{Agent, Direction, LengthBasis};
use schema::{Moments, Rate};

/// Which of the two directions of metering count.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum DirectionRule {
    /// Flow records metered at egress count unless their exporter also meters what the same sender sends to the same receiver at ingress, and at another
    /// interface: then they are the same packets once more. sFlow samples of both directions count.
    #[default]
    Auto,
    /// What was metered on entering the switch.
    Ingress,
    /// What was metered on leaving it.
    Egress,
    /// Whatever comes.
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
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
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
}

impl Policy {
    /// The rate that counts where the exporter announced this one.
    #[must_use]
    pub fn rate(&self, announced: Rate) -> Rate {
        let missing = self.sampling_if_missing.filter(|_| announced.is_unknown());
        self.sampling.or(missing).unwrap_or(announced)
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
    pub fn of(&self, agent: &Agent) -> Option<Policy> {
        let address = agent.address.to_canonical();
        let fits = |rule: &&Rule| rule.agents.contains(&address) && rule.sub_agent.is_none_or(|only| only == agent.sub_agent);
        self.0.iter().find(fits).map(|rule| rule.policy).filter(|policy| *policy != Policy::default())
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
    fn a_given_rate_stands_before_the_announced_one_and_a_missing_one_is_filled_in() {
        let (one, two, three) = (Rate::whole(1), Rate::whole(2), Rate::whole(3));
        let always = Policy { sampling: Some(one), sampling_if_missing: Some(two), ..Policy::default() };
        let missing = Policy { sampling: None, ..always };
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
