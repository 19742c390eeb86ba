//! What the figures are to reach on a machine with two cores.

/// Which side of its number a figure is to be on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Bound {
    /// There or above.
    AtLeast(f64),
    /// There or below.
    AtMost(f64),
}

/// A figure that has a goal.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Goal {
    /// The figure's name.
    pub figure: &'static str,
    /// What it is to reach.
    pub bound: Bound,
}

const fn at_least(figure: &'static str, number: f64) -> Goal {
    Goal { figure, bound: Bound::AtLeast(number) }
}

const fn at_most(figure: &'static str, number: f64) -> Goal {
    Goal { figure, bound: Bound::AtMost(number) }
}

/// All of them, in the order in which they are shown.
pub const GOALS: [Goal; 13] = [
    // Decoding, attributing and adding up against sflow-parser and the standard library's maps.
    at_least("sflow_vs_sflow_parser_ratio", 12.0),
    at_most("sflow_instructions_per_sample", 260.0),
    // Where an address of IPv4 is, in a table of a full routing table's prefixes.
    at_most("locality_instructions_per_look_up", 60.0),
    // The same messages decoded.
    at_least("ipfix_vs_netflow_parser_ratio", 25.0),
    // User space's part of the processor time of a datagram, at full rate.
    at_most("user_space_share_percent", 15.0),
    // Against a receiver that only counts.
    at_least("loss_free_rate_vs_bare_receiver_ratio", 0.9),
    // From the same capture, by pair of addresses, as whole processes.
    at_least("peer_sfacctd_ratio", 10.0),
    at_least("capture_vs_sflow_parser_ratio", 3.0),
    // Processor time of a datagram by UDP: at most half of sfcapd's.
    at_least("peer_sfcapd_ratio", 2.0),
    // 300 members.
    at_most("matrix_24h_ms", 50.0),
    at_most("matrix_year_ms", 300.0),
    at_most("pages_p99_ms", 100.0),
    // Reading a journal's folders, as at every start.
    at_most("open_year_ms", 1_000.0),
];

impl Goal {
    /// The goal of this figure.
    #[must_use]
    pub fn of(figure: &str) -> Option<Self> {
        GOALS.into_iter().find(|goal| goal.figure == figure)
    }

    /// Whether this value reaches it. What is no number does not.
    #[must_use]
    pub fn is_met(self, value: f64) -> bool {
        match self.bound {
            Bound::AtLeast(number) => value >= number,
            Bound::AtMost(number) => value <= number,
        }
    }

    /// It as it is shown.
    #[must_use]
    pub fn text(self) -> String {
        match self.bound {
            Bound::AtLeast(number) => format!("≥ {number}"),
            Bound::AtMost(number) => format!("≤ {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_on_its_side_only_and_by_numbers_only() {
        let ratio = Goal::of("sflow_vs_sflow_parser_ratio").unwrap();
        assert!(ratio.is_met(12.0) && !ratio.is_met(11.9) && !ratio.is_met(f64::NAN));
        let time = Goal::of("matrix_24h_ms").unwrap();
        assert!(time.is_met(50.0) && !time.is_met(50.1) && !time.is_met(f64::NAN));
        assert_eq!(Goal::of("floor_48_members_ns_per_sample"), None);
    }
}
