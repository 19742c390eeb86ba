//! What a window holds at most, whatever shards hand over.

use schema::{Asn, CellKey, Localities, Moments, Party};

use super::*;
use crate::delta::{FlowCell, StreamCell};
use crate::flow_cells::MAX_WINDOW_FLOW_CELLS;
use crate::open_window::MAX_WINDOW_CELLS;
use crate::stream::{StreamKey, Tally};

/// What comes above each bound.
const TOO_MANY: usize = 1_000;

const ONE: Moments = Moments { n: 1, x: 1_000, xx: 1_000_000 };

/// A hand-over with one stream and no cells.
fn delta(source: DataSource) -> Delta {
    let key = StreamKey { agent: exporter(1).agent, source, rate: Rate::whole(1), direction: Direction::Ingress, is_core: false };
    Delta { streams: vec![(key, Tally::default())], numbers: vec![0], ..Delta::default() }
}

fn cell(number: usize) -> StreamCell {
    let member = |asn| Party::member(Asn(asn));
    let (src, dst) = (member(number as u32), member(1));
    StreamCell {
        stream: 0,
        cell: CellKey { src, dst, vlan: 0, ip_version: 4, reason: Reason::Attributed, localities: Localities::UNKNOWN },
    }
}

/// The volume of all cells, and that of the overflow cell.
fn volumes(window: &Window) -> (u64, u64) {
    let overflow = window.cells.iter().filter(|cell| cell.reason() == Some(Reason::Overflow));
    (bytes(window), overflow.map(|cell| cell.bytes).sum())
}

#[test]
fn cells_of_samples_above_the_bound_are_counted_in_the_overflow_cell() {
    let mut delta = delta(DataSource { class: 0, index: 1 });
    (0..MAX_WINDOW_CELLS + TOO_MANY).for_each(|number| delta.cells.merge(&cell(number), ONE));
    let mut open = open();
    open.merge(&delta);
    let window = open.close(Timestamp(60_000), Weights::Observed);
    assert_eq!(window.cells.len(), MAX_WINDOW_CELLS + 1);
    assert_eq!(open.ledger().in_windows, (MAX_WINDOW_CELLS + TOO_MANY) as u64);
    assert_eq!(volumes(&window), ((MAX_WINDOW_CELLS + TOO_MANY) as u64 * 1_000, TOO_MANY as u64 * 1_000));
}

#[test]
fn cells_of_records_above_the_bound_are_counted_in_the_overflow_cell_of_the_open_window() {
    let mut delta = delta(DataSource::flow_records(Direction::Unknown, 0));
    let flow = |number| FlowCell { at: cell(number), is_bound: true };
    let start = |number: usize| Timestamp(-60_000 * i64::from((number % 7) as u32));
    delta.flow_cells.extend((0..MAX_WINDOW_FLOW_CELLS + TOO_MANY).map(|number| ((start(number), flow(number)), ONE)));
    let mut open = open();
    open.merge(&delta);
    let window = open.close(Timestamp(60_000), Weights::Observed);
    let late = open.take_late(Weights::Observed);
    let cells: usize = late.iter().chain([&window]).map(|window| window.cells.len()).sum();
    assert_eq!(open.ledger().in_windows, (MAX_WINDOW_FLOW_CELLS + TOO_MANY) as u64);
    assert_eq!((late.len(), cells), (6, MAX_WINDOW_FLOW_CELLS + 1));
    let total: u64 = late.iter().map(bytes).sum::<u64>() + bytes(&window);
    assert_eq!((total, volumes(&window).1), ((MAX_WINDOW_FLOW_CELLS + TOO_MANY) as u64 * 1_000, TOO_MANY as u64 * 1_000));
}
