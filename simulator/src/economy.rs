//! In which economy members' customers are, and the statistics of a registry that says so.

use std::fmt::Write as _;

use schema::Locality;

use crate::exchange::Exchange;
use crate::members::Member;

/// The economy that is measured.
pub const HOME: &str = "TJ";

/// Where foreign members' customers are.
const ABROAD: &str = "DE";

/// Of so many members in a row one has its customers abroad, and of one no registry knows where they are.
const ROUND: u32 = 8;

/// The places of these two in the row.
const FOREIGN: u32 = 3;
const UNKNOWN: u32 = 6;

impl Member {
    /// Where all of its customers' addresses are, seen from [`HOME`].
    #[must_use]
    pub const fn locality(&self) -> Locality {
        match self.number % ROUND {
            FOREIGN => Locality::Foreign,
            UNKNOWN => Locality::Unknown,
            _ => Locality::Domestic,
        }
    }

    const fn economy(&self) -> Option<&'static str> {
        match self.locality() {
            Locality::Domestic => Some(HOME),
            Locality::Foreign => Some(ABROAD),
            Locality::Unknown | Locality::LocalCache => None,
        }
    }
}

impl Exchange {
    /// Delegated-extended statistics of a registry that does not exist: the prefixes of all members but those of which nobody knows.
    #[must_use]
    pub fn registry(&self) -> String {
        let told: Vec<(&Member, &str)> = self.members().iter().filter_map(|member| Some((member, member.economy()?))).collect();
        let count = told.len();
        let mut text = format!("2|simulated|20260101|{}|20260101|20260101|+0000\n", 2 * count);
        for kind in ["ipv4", "ipv6"] {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "simulated|*|{kind}|*|{count}|summary");
        }
        for (member, economy) in &told {
            let (v4, v6) = (member.prefix_4(), member.prefix_6());
            let _ = writeln!(text, "simulated|{economy}|ipv4|{v4}|64|20260101|assigned|{}", member.asn.0);
            let _ = writeln!(text, "simulated|{economy}|ipv6|{v6}|48|20260101|assigned|{}", member.asn.0);
        }
        text
    }
}
