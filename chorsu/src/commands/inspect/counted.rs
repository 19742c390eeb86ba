//! sFlow of the versions 2 and 4, as it is counted: no library at hand reads them, so this is the view of the project's own decoder.

use std::fmt::Write;

use schema::sample::{FlowSample, Frame, Interface, InterfaceCounters};
use wire::sflow::{Listener, Skip};

/// A datagram in lines.
pub(super) fn show(payload: &[u8]) -> String {
    let (header, samples) = match wire::sflow::header(payload) {
        Ok(read) => read,
        Err(refusal) => return format!("  {refusal}\n"),
    };
    let mut lines = Lines(format!(
        "  {}, as it is counted\n  agent: {}\n  sequence: {}\n  uptime ms: {}\n  samples: {}\n",
        header.protocol.name(),
        header.agent.address,
        header.sequence,
        header.uptime_ms,
        header.samples
    ));
    samples.walk(&mut lines);
    lines.0
}

/// Writes what it is told.
struct Lines(String);

impl Lines {
    fn line(&mut self, depth: usize, text: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{}{text}", "  ".repeat(depth));
    }

    fn frame(&mut self, frame: &Frame) {
        if let Some(macs) = frame.macs {
            self.line(2, &format!("from {} to {}", macs.src, macs.dst));
        }
        let version = match frame.ip_version {
            0 => "no IP".to_owned(),
            version => format!("IPv{version}"),
        };
        self.line(2, &format!("{} octets, VLAN {}, {version}", frame.octets, frame.vlan));
    }
}

impl Listener for Lines {
    fn flow(&mut self, sample: &FlowSample) {
        let source = format!("data source {}:{}", sample.source.class, sample.source.index);
        self.line(1, &format!("flow sample {}, {source}", sample.sequence));
        self.line(2, &format!("1 in {}, pool {}, drops {}", sample.rate, sample.pool, sample.drops));
        self.line(2, &format!("input {}, output {}", interface(sample.input), interface(sample.output)));
        match &sample.frame {
            Some(frame) => self.frame(frame),
            None => self.line(2, "no record that describes the packet"),
        }
    }

    fn counters(&mut self, counters: &InterfaceCounters) {
        let octets = [counters.in_octets, counters.out_octets].map(|count| count.map_or_else(|| "–".to_owned(), |count| count.to_string()));
        let [inwards, outwards] = octets;
        self.line(1, &format!("counters of ifIndex {}, {} bit/s", counters.if_index, counters.speed));
        self.line(2, &format!("octets in {inwards}, out {outwards}"));
    }

    fn counter_sample(&mut self) {
        self.line(1, "counter sample");
    }

    fn skipped(&mut self, what: Skip) {
        self.line(1, &format!("stepped over: {}", what.name()));
    }
}

fn interface(interface: Interface) -> String {
    match interface {
        Interface::Unknown => "unknown".into(),
        Interface::Index(index) => index.to_string(),
        Interface::Internal => "internal".into(),
        Interface::Discarded(reason) => format!("discarded ({reason})"),
        Interface::Multiple(0) => "several".into(),
        Interface::Multiple(count) => format!("{count} interfaces"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_datagram_is_said_in_a_sentence() {
        assert!(show(&[0, 0, 0, 4, 0, 0, 0, 1]).contains("inside its sFlow header"));
    }
}
