//! The values that every format writes, read from text.

use std::net::IpAddr;

use schema::Asn;

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
    fn a_name_is_one_line_of_bounded_length() {
        assert_eq!(name("  Example\nNetworks\t"), "Example Networks");
        assert_eq!(name(&"é".repeat(1000)).chars().count(), MAX_NAME);
    }
}
