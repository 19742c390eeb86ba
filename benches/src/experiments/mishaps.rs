//! What becomes of the totals when things go wrong on the way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aggregator::policy::{CorePorts, Policy, Rule};
use aggregator::{Policies, Weights};
use directory::Refusal;
use ipnet::IpNet;
use schema::{Reason, Sums, estimator};
use simulator::{Directions, Exchange, Plan, Truth, Way};

use super::pipeline::{Outcome, START, Scene};

/// How long each exchange is played.
const SPAN: Duration = Duration::from_secs(600);

/// A mishap and what became of the total.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What happened.
    pub name: &'static str,
    /// Estimated total over the true one, less one.
    pub error: f64,
    /// Half of the interval's width over the true total.
    pub half: f64,
    /// The error where each sample is weighed by the rate that it carries, and nothing else.
    pub nominal_error: f64,
    /// Where it was lost, or what was set aside.
    pub said: String,
}

/// Something that goes wrong.
#[derive(Clone, Debug)]
pub struct Mishap {
    /// Its name in tables.
    pub name: &'static str,
    /// The exchange to which it happens.
    pub plan: Plan,
    /// Share of the datagrams that are lost on the way.
    pub lose: f64,
    /// Share of the datagrams that come twice.
    pub duplicate: f64,
    /// Whether the configuration names the core ports.
    pub names_core_ports: bool,
}

impl Mishap {
    fn to(name: &'static str, plan: Plan) -> Self {
        Self { name, plan, lose: 0.0, duplicate: 0.0, names_core_ports: false }
    }

    /// All that are tried.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let fair = Plan { members: 30, sampling: 500, peak_samples_per_second: 300.0, day_curve: false, seed: 3, ..Plan::default() };
        let on_the_way = |name, lose, duplicate| Self { lose, duplicate, ..Self::to(name, fair.clone()) };
        let throttled = Plan { agent_drop_share: 0.3, ..fair.clone() };
        let silent = Plan { silent_drops: true, ..throttled.clone() };
        let core = Plan { core_sampling: true, ..fair.clone() };
        vec![
            on_the_way("nothing", 0.0, 0.0),
            on_the_way("1 % of the datagrams are lost", 0.01, 0.0),
            on_the_way("10 % of the datagrams are lost", 0.1, 0.0),
            on_the_way("50 % of the datagrams are lost", 0.5, 0.0),
            on_the_way("20 % of the datagrams come twice", 0.0, 0.2),
            Self::to("the agents drop 30 % of the samples and say so", throttled),
            Self::to("the agents drop 30 % in silence", silent.clone()),
            Self::to("the same, and their pools are made up", Plan { made_up_pool: true, ..silent }),
            Self::to("both directions are sampled", Plan { directions: Directions::Both, ..fair.clone() }),
            Self { names_core_ports: true, ..Self::to("core ports are sampled, too, and named", core.clone()) },
            Self::to("core ports are sampled, too, and nobody says so", core),
            Self::to("one sample in a thousand carries a wild rate", Plan { wild_rates: 0.001, ..fair }),
        ]
    }

    /// Lets it happen.
    ///
    /// # Errors
    /// If the directory refuses the exchange's own member list.
    pub fn happen(&self, weights: Weights) -> Result<Outcome, Refusal> {
        let mut scene = Scene { weights, ..Scene::of(self.plan.clone(), SPAN) };
        if self.names_core_ports {
            scene.policies = Arc::new(core_ports(&Exchange::new(&self.plan, START).truth()));
        }
        scene.play(&mut Way::new(self.lose, self.duplicate, 1))
    }

    /// Lets it happen and holds the total against the truth.
    ///
    /// # Errors
    /// If the directory refuses the exchange's own member list.
    pub fn judge(&self) -> Result<Judged, Refusal> {
        let (observed, nominal) = (self.happen(Weights::Observed)?, self.happen(Weights::Nominal)?);
        let truth = observed.truth.total.octets as f64;
        let error = |outcome: &Outcome| total(outcome).bytes as f64 / truth - 1.0;
        let interval = estimator::volume(&total(&observed));
        Ok(Judged {
            name: self.name,
            error: error(&observed),
            half: (interval.high - interval.low) as f64 / 2.0 / truth,
            nominal_error: error(&nominal),
            said: said(&observed),
        })
    }
}

/// All of them, judged.
///
/// # Errors
/// If the directory refuses an exchange's own member list.
pub fn all() -> Result<Vec<Judged>, Refusal> {
    Mishap::all().iter().map(Mishap::judge).collect()
}

/// What the operator would write into the configuration.
fn core_ports(truth: &Truth) -> Policies {
    let mut agents: BTreeMap<_, Vec<u32>> = BTreeMap::new();
    truth.core_ports.iter().for_each(|port| agents.entry(port.agent).or_default().push(port.if_index));
    let rule = |(agent, ports): (_, Vec<u32>)| {
        let core_ports = CorePorts::new(ports.into_iter().map(|port| port..=port));
        Rule { agents: IpNet::from(agent), sub_agent: None, policy: Policy { core_ports, ..Policy::default() } }
    };
    Policies::new(agents.into_iter().map(rule).collect())
}

/// What was exchanged, attributed or not.
#[must_use]
pub fn total(outcome: &Outcome) -> Sums {
    let exchanged = outcome.summary.cells.iter().filter(|(cell, _)| !cell.reason.is_set_aside());
    let mut total = Sums::default();
    exchanged.for_each(|(_, sums)| total.merge(*sums));
    total
}

/// Where samples were lost, and which were set aside for being counted elsewhere.
fn said(outcome: &Outcome) -> String {
    let exporters = || outcome.windows.iter().flat_map(|window| &window.exporters);
    let sum = |count: fn(&schema::window::ExporterRow) -> u64| exporters().map(count).sum::<u64>();
    let samples = sum(|row| row.flow_samples);
    let silent = sum(|row| row.pool_due).saturating_sub(sum(|row| row.pool_taken));
    let share = |count: u64, of: u64| 100.0 * count as f64 / of.max(1) as f64;
    let taken = samples + sum(|row| row.lost_samples + row.agent_drops);
    let datagrams = sum(|row| row.datagrams + row.lost_datagrams);
    let elsewhere = |reason: Reason| {
        let cells = outcome.summary.cells.iter().filter(|(cell, _)| cell.reason == reason);
        cells.map(|(_, sums)| sums.samples).sum::<u64>()
    };
    // A pool's own noise is no loss.
    let silent = if silent as f64 > 3.0 * (taken as f64).sqrt() { silent } else { 0 };
    let parts = [
        ("datagrams lost on the way", share(sum(|row| row.lost_datagrams), datagrams)),
        ("datagrams came twice", share(sum(|row| row.duplicate_datagrams), datagrams)),
        ("samples dropped by the agents", share(sum(|row| row.agent_drops), taken)),
        ("samples dropped in silence", share(silent, taken + silent)),
        ("samples set aside as sampled on leaving", share(elsewhere(Reason::OtherDirection), samples)),
        ("samples set aside as of core ports", share(elsewhere(Reason::CorePort), samples)),
        ("samples with implausible rates", share(sum(|row| row.implausible), samples)),
    ];
    let said: Vec<String> = parts.iter().filter(|(_, share)| *share > 0.0).map(|(what, share)| format!("{share:.1} % of {what}")).collect();
    if said.is_empty() {
        "nothing was lost".to_owned()
    } else {
        said.join("; ").replace("% of datagrams", "% of the datagrams").replace("% of samples", "% of the samples")
    }
}
