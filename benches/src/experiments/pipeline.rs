//! An exchange whose truth is known, through decoder, attribution, weights and windows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aggregator::{Parties, Policies, Weights};
use collector::replay::{Replay, Settings, Summary};
use directory::{Format, Refusal};
use schema::{CellKey, Interval, Localities, Party, Reason, Timestamp, Window, estimator};
use simulator::{Datagram, Exchange, Plan, Truth, Way};

use super::estimator::Held;

/// The evening peak of a working day.
pub(super) const START: Timestamp = Timestamp(1_795_017_600_000);

/// Which exchange is played, for how long, and how it is measured.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The exchange.
    pub plan: Plan,
    /// How long.
    pub span: Duration,
    /// How samples are weighed.
    pub weights: Weights,
    /// What the operator knows better.
    pub policies: Arc<Policies>,
}

/// What was played and what was measured.
#[derive(Debug)]
pub struct Outcome {
    /// What really passed.
    pub truth: Truth,
    /// What was measured of it.
    pub summary: Summary,
    /// The same, window by window.
    pub windows: Vec<Window>,
}

impl Scene {
    /// An exchange as it is planned, everything else as usual.
    #[must_use]
    pub fn of(plan: Plan, span: Duration) -> Self {
        Self { plan, span, weights: Weights::Observed, policies: Arc::default() }
    }

    /// Plays it over a way that may lose or repeat datagrams.
    ///
    /// # Errors
    /// If the directory refuses the exchange's own member list.
    pub fn play(&self, way: &mut Way) -> Result<Outcome, Refusal> {
        let mut exchange = Exchange::new(&self.plan, START);
        let directory = directory::parse(exchange.members_toml().as_bytes(), Some(Format::Toml))?;
        let settings = Settings {
            exchange: "ix".into(),
            window: Duration::from_secs(60),
            weights: self.weights,
            parties: Parties::Members,
            policies: Arc::clone(&self.policies),
        };
        let mut replay = Replay::new(settings, Arc::new(directory));
        let mut windows = Vec::new();
        let mut take = |sent: &Datagram<'_>| {
            let mut arrive = |sent: &Datagram<'_>| replay.datagram(sent.agent, sent.bytes, sent.at, &mut |window| windows.push(window));
            way.carry(sent, &mut arrive);
        };
        exchange.advance(self.span, &mut take);
        exchange.flush(&mut take);
        let summary = replay.finish(&mut |window| windows.push(window));
        Ok(Outcome { truth: exchange.truth(), summary, windows })
    }
}

/// Most samples, in the mean, of the cells that are counted together, and the last column without a limit.
pub const UP_TO: [u64; 8] = [2, 5, 10, 30, 100, 300, 1_000, u64::MAX];

/// How often the intervals of an exchange's cells held the truth, by their mix of frames and by how many samples they give in the mean.
pub type ByProfile = BTreeMap<&'static str, [Held; UP_TO.len()]>;

impl Outcome {
    /// Adds the cells of this exchange.
    pub fn book_cells(&self, held: &mut ByProfile) {
        for cell in &self.truth.cells {
            let expected = cell.volume.frames / u64::from(self.truth.sampling).max(1);
            let column = UP_TO.iter().position(|most| expected < *most).unwrap_or(UP_TO.len() - 1);
            let key = CellKey {
                src: Party::member(cell.src_asn),
                dst: Party::member(cell.dst_asn),
                vlan: cell.vlan,
                ip_version: cell.ip_version,
                reason: Reason::Attributed,
                localities: Localities::UNKNOWN,
            };
            if let Some(held) = held.entry(cell.profile).or_default().get_mut(column).filter(|_| cell.volume.frames > 0) {
                held.book(self.interval(&key), cell.volume.octets);
            }
        }
    }

    fn interval(&self, key: &CellKey) -> Interval {
        self.summary.cells.get(key).map_or_else(|| estimator::unseen(f64::from(self.truth.sampling)), estimator::volume)
    }
}

/// Plays so many exchanges and counts how often the intervals of their cells held the truth.
///
/// # Errors
/// If the directory refuses an exchange's own member list.
pub fn coverage(exchanges: u64, weights: Weights) -> Result<ByProfile, Refusal> {
    let mut held = ByProfile::new();
    for seed in 1..=exchanges {
        let plan = Plan { members: 40, sampling: 500, peak_samples_per_second: 300.0, seed, ..Plan::default() };
        let scene = Scene { weights, ..Scene::of(plan, Duration::from_secs(600)) };
        scene.play(&mut Way::new(0.0, 0.0, 1))?.book_cells(&mut held);
    }
    Ok(held)
}
