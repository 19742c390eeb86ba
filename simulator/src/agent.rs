//! What reports a switch's traffic: an sFlow agent or a flow exporter.

use crate::exchange::Datagram;
use crate::exporter::Exporter;
use crate::switch::Switch;
use crate::truth::Exported;

/// What reports a switch's traffic.
#[derive(Clone, Debug)]
pub(crate) enum Agent {
    Sflow(Box<Switch>),
    Flows(Box<Exporter>),
}

impl Agent {
    /// When it may have something to do.
    pub(crate) fn due(&self) -> Option<i64> {
        match self {
            Self::Sflow(switch) => switch.due(),
            Self::Flows(exporter) => exporter.due(),
        }
    }

    /// Does what is due by `at`.
    pub(crate) fn work(&mut self, at: i64, emit: &mut impl FnMut(&Datagram<'_>)) {
        match self {
            Self::Sflow(switch) => switch.send(at, emit),
            Self::Flows(exporter) => exporter.work(at, emit),
        }
    }

    /// Sends all that it holds.
    pub(crate) fn flush(&mut self, at: i64, emit: &mut impl FnMut(&Datagram<'_>)) {
        match self {
            Self::Sflow(switch) => switch.send(at, emit),
            Self::Flows(exporter) => exporter.flush(at, emit),
        }
    }

    /// What has left it.
    pub(crate) const fn emitted(&self) -> Exported {
        match self {
            Self::Sflow(switch) => switch.emitted,
            Self::Flows(exporter) => exporter.emitted,
        }
    }
}
