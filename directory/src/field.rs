//! The values that every format writes, read from text.

use std::net::IpAddr;

use schema::{Asn, Timestamp};

/// Characters of a member's name. Names are shown in tables and legends; a longer one is cut.
const MAX_NAME: usize = 120;

/// The highest VLAN id that a frame can carry (IEEE 802.1Q, 9.6; 4095 is reserved).
pub(crate) const MAX_VLAN: u16 = 4094;

/// An ASN as a number, with or without `AS` before it.
pub(crate) fn asn(text: &str) -> Option<Asn> {
    let text = text.trim();
    let digits = match text.get(..2) {
        Some(prefix) if prefix.eq_ignore_ascii_case("AS") => &text[2..],
        _ => text,
    };
    digits.parse().ok().map(Asn)
}

/// A VLAN id; 0 stands for frames without one.
pub(crate) fn vlan(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|&vlan| vlan <= MAX_VLAN)
}

/// A switch's address. IPv4 written as IPv6 becomes IPv4, which is how an agent is looked up.
pub(crate) fn agent(text: &str) -> Option<IpAddr> {
    text.trim().parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// What a moment must be, as a part of a sentence.
pub(crate) const MOMENT: &str = "a date, as in 2026-03-01, or a time with its zone, as in 2026-03-01T08:00:00Z";

/// A moment: a date, which stands for its midnight in UTC, or RFC 3339.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok()
}

/// Why a time that never comes is refused.
pub(crate) const NEVER: &str = "is not after `from`; write the first moment at which the claim does not hold any more";

/// A name as it can be shown: one line, of bounded length.
pub(crate) fn name(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().chars().take(MAX_NAME).collect::<String>().trim_end().to_owned()
}

/// Whether a network can have this number: not 0 (RFC 7607), not 23456 (`AS_TRANS`, RFC 6793), not the last (RFC 7300).
pub(crate) const fn is_a_network(asn: Asn) -> bool {
    !matches!(asn.0, 0 | 23_456 | u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asn_may_have_its_prefix() {
        for text in ["64500", "AS64500", "as64500", " AS64500 "] {
            assert_eq!(asn(text), Some(Asn(64500)), "{text}");
        }
        for text in ["", "AS", "AS-EXAMPLE", "4294967296", "-1", "1.10", "é1"] {
            assert_eq!(asn(text), None, "{text}");
        }
    }

    #[test]
    fn a_vlan_is_what_a_tag_can_hold() {
        assert_eq!((vlan("0"), vlan("4094"), vlan("4095"), vlan("70000"), vlan("")), (Some(0), Some(4094), None, None, None));
    }

    #[test]
    fn a_moment_is_a_date_or_a_time_with_its_zone() {
        for text in ["2026-03-01", " 2026-03-01 ", "2026-03-01T00:00:00Z", "2026-03-01T05:00:00+05:00"] {
            assert_eq!(moment(text), Some(Timestamp(1_772_323_200_000)), "{text}");
        }
        for text in ["", "2026-03", "2026-02-30", "2026-03-01T00:00:00", "01.03.2026", "March"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_is_one_line_of_bounded_length() {
        assert_eq!(name("  Example\nNetworks\t"), "Example Networks");
        assert_eq!(name(&"é".repeat(1000)).chars().count(), MAX_NAME);
    }
}
