//! The loss budget: where samples were lost on the way from the exporters' sampling functions to the store.
//!
//! An sFlow sample has a number of its own from its data source, and carries how many its exporter dropped; so each is either here, or known to be missing, and where:
//!
//! ```text
//! taken = arrived + lost on the way (sequence numbers) + dropped by the exporter (as it says) + dropped in silence (pools)
//! ```
//!
//! Flow records of NetFlow v5 and IPFIX have numbers too: `taken = arrived + lost on the way`. NetFlow v9 numbers its datagrams alone, and nobody knows how many records
//! were in one that is lost: then only the datagrams are told.

use schema::Protocol;
use schema::window::{ExporterRow, ListenerRow};

use crate::answer::{Coverage, LossBudget, Stage};

/// What is missing to the pools' samples is chance up to so many standard deviations: samples are taken at random, and their number varies by the root of its mean.
const CHANCE: f64 = 3.0;

/// And it is rounding, or a rate that is not quite what is announced, up to this part.
const ROUNDING: f64 = 0.01;

impl LossBudget {
    /// The loss of one exporter, by what was counted of it over any stretch of time.
    #[must_use]
    pub fn of(row: &ExporterRow) -> Self {
        loss_of(row)
    }
}

/// The loss of one exporter.
pub(crate) fn loss_of(row: &ExporterRow) -> LossBudget {
    let is_sflow = Protocol::ALL.into_iter().any(|protocol| protocol.is_sflow() && protocol.name() == &*row.protocol);
    let budget = if is_sflow { of_samples(row) } else { of_records(row) };
    let lost = budget.taken - budget.arrived;
    let share = if budget.taken == 0 { 0.0 } else { lost as f64 / budget.taken as f64 };
    // Where datagrams alone are numbered, something was lost on the way even if nobody knows how much.
    let of_unknown_size = !is_sflow && row.lost_datagrams > 0;
    let mostly = mostly(&budget).or(of_unknown_size.then_some("way"));
    LossBudget { lost_share: share, mostly, made_good: is_sflow, ..budget }
}

fn of_samples(row: &ExporterRow) -> LossBudget {
    let in_silence = dropped_in_silence(row.pool_due, row.pool_taken);
    let taken = [row.lost_samples, row.agent_drops, in_silence].into_iter().fold(row.flow_samples, u64::saturating_add);
    LossBudget {
        taken,
        dropped_by_exporter: row.agent_drops,
        dropped_in_silence: in_silence,
        lost_on_the_way: row.lost_samples,
        arrived: row.flow_samples,
        ..LossBudget::default()
    }
}

fn of_records(row: &ExporterRow) -> LossBudget {
    LossBudget {
        taken: row.flow_records.saturating_add(row.lost_records),
        lost_on_the_way: row.lost_records,
        arrived: row.flow_records,
        ..LossBudget::default()
    }
}

/// `due − taken`, if that is more than `3·√due` and more than 1 % of it; else zero.
///
/// `due` is what the pools' growth over the rates gives, `taken` what the sequence numbers and announced drops give, of the same data sources.
fn dropped_in_silence(due: u64, taken: u64) -> u64 {
    let missing = due.saturating_sub(taken);
    let by_chance = (CHANCE * (due as f64).sqrt()).max(ROUNDING * due as f64);
    if missing as f64 > by_chance { missing } else { 0 }
}

fn mostly(budget: &LossBudget) -> Option<&'static str> {
    let places =
        [("exporter", budget.dropped_by_exporter), ("exporter_in_silence", budget.dropped_in_silence), ("way", budget.lost_on_the_way)];
    places.into_iter().filter(|(_, lost)| *lost > 0).max_by_key(|(_, lost)| *lost).map(|(place, _)| place)
}

/// All stages in the order in which samples pass them.
///
/// | stage | lost | of |
/// |---|---|---|
/// | `agent` | samples that the exporters say they dropped | samples taken |
/// | `agent_in_silence` | samples that pools show and sequence numbers lack | samples taken that the exporters did not say they dropped |
/// | `network` | datagrams that sequence numbers miss, less those that the kernel dropped | datagrams sent |
/// | `network`, if flow records came | records that sequence numbers miss, wherever their datagrams were lost | records sent |
/// | `kernel` | datagrams dropped because the receive buffer was full | datagrams that reached the host |
/// | `decoder` | datagrams that were not read, or were cut | datagrams received |
/// | `decoder` | broken records and samples | all records and samples |
/// | `store` | seconds of which nothing is kept, whatever the reason | seconds of the span |
pub(crate) fn stages(exporters: &[ExporterRow], listeners: &[ListenerRow], coverage: &Coverage) -> Vec<Stage> {
    let mut stages = Vec::from(at_agents(exporters));
    stages.extend(on_the_way(exporters, listeners));
    stages.extend(at_the_decoder(exporters, listeners));
    let span = coverage.to.since(coverage.from).as_secs();
    stages.push(Stage { stage: "store", lost: span.saturating_sub(coverage.measured_seconds), of: span, unit: "seconds" });
    stages
}

fn at_agents(exporters: &[ExporterRow]) -> [Stage; 2] {
    let budgets = || exporters.iter().map(loss_of).filter(|budget| budget.made_good);
    let taken = sum(budgets().map(|budget| budget.taken));
    let (said, silent) = (sum(budgets().map(|budget| budget.dropped_by_exporter)), sum(budgets().map(|budget| budget.dropped_in_silence)));
    [
        Stage { stage: "agent", lost: said, of: taken, unit: "samples" },
        Stage { stage: "agent_in_silence", lost: silent, of: taken.saturating_sub(said), unit: "samples" },
    ]
}

fn on_the_way(exporters: &[ExporterRow], listeners: &[ListenerRow]) -> Vec<Stage> {
    let dropped = sum(listeners.iter().map(|row| row.kernel_drops));
    let missing = sum(exporters.iter().map(|row| row.lost_datagrams));
    let sent = sum(exporters.iter().map(|row| row.datagrams)).saturating_add(missing);
    let (records, lost_records) = (sum(exporters.iter().map(|row| row.flow_records)), sum(exporters.iter().map(|row| row.lost_records)));
    let mut stages = vec![Stage { stage: "network", lost: missing.saturating_sub(dropped), of: sent, unit: "datagrams" }];
    if records > 0 || lost_records > 0 {
        stages.push(Stage { stage: "network", lost: lost_records, of: records.saturating_add(lost_records), unit: "records" });
    }
    stages.push(Stage { stage: "kernel", lost: dropped, of: received(exporters, listeners).saturating_add(dropped), unit: "datagrams" });
    stages
}

fn at_the_decoder(exporters: &[ExporterRow], listeners: &[ListenerRow]) -> [Stage; 2] {
    let unread = sum(listeners.iter().map(|row| row.refused.saturating_add(row.truncated)));
    let malformed = sum(exporters.iter().map(|row| row.malformed));
    let read = sum(exporters.iter().flat_map(|row| [row.flow_samples, row.counter_samples, row.flow_records]));
    [
        Stage { stage: "decoder", lost: unread, of: received(exporters, listeners), unit: "datagrams" },
        Stage { stage: "decoder", lost: malformed, of: read.saturating_add(malformed), unit: "records" },
    ]
}

/// Datagrams that sockets gave. A replay has no sockets: then those that exporters are known by.
fn received(exporters: &[ExporterRow], listeners: &[ListenerRow]) -> u64 {
    if listeners.is_empty() { sum(exporters.iter().map(|row| row.datagrams)) } else { sum(listeners.iter().map(|row| row.datagrams)) }
}

fn sum(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sflow() -> ExporterRow {
        ExporterRow { protocol: "sflow5".into(), datagrams: 100, flow_samples: 700, ..ExporterRow::default() }
    }

    #[test]
    fn what_was_taken_is_what_arrived_and_all_that_was_lost() {
        let loss = loss_of(&ExporterRow { lost_samples: 100, agent_drops: 50, pool_due: 1_000, pool_taken: 850, ..sflow() });
        assert_eq!((loss.taken, loss.arrived, loss.lost_on_the_way), (1_000, 700, 100));
        assert_eq!((loss.dropped_by_exporter, loss.dropped_in_silence, loss.mostly), (50, 150, Some("exporter_in_silence")));
        assert!(loss.made_good && (loss.lost_share - 0.3).abs() < 1e-12);
        let nothing = loss_of(&sflow());
        assert_eq!((nothing.taken, nothing.lost_share, nothing.mostly), (700, 0.0, None));
        assert_eq!(loss_of(&ExporterRow { protocol: "sflow5".into(), ..ExporterRow::default() }).lost_share, 0.0);
    }

    #[test]
    fn silence_is_told_from_chance_and_from_rounding() {
        assert_eq!(dropped_in_silence(10_000, 9_701), 0, "within three standard deviations");
        assert_eq!(dropped_in_silence(10_000, 9_699), 301);
        assert_eq!(dropped_in_silence(100_000_000, 99_100_000), 0, "less than a hundredth");
        assert_eq!(dropped_in_silence(100_000_000, 98_900_000), 1_100_000);
        assert_eq!(dropped_in_silence(10, 20), 0, "more than was due");
    }

    #[test]
    fn lost_flow_records_are_told_and_not_made_good_and_lost_datagrams_only_as_such() {
        let ipfix = ExporterRow { protocol: "ipfix".into(), flow_records: 90, lost_records: 10, ..ExporterRow::default() };
        let loss = loss_of(&ipfix);
        assert_eq!((loss.taken, loss.arrived, loss.lost_on_the_way, loss.mostly, loss.made_good), (100, 90, 10, Some("way"), false));
        let v9 = ExporterRow { protocol: "netflow9".into(), flow_records: 90, lost_datagrams: 5, ..ExporterRow::default() };
        let loss = loss_of(&v9);
        assert_eq!((loss.taken, loss.lost_on_the_way, loss.lost_share, loss.mostly), (90, 0, 0.0, Some("way")));
    }
}
