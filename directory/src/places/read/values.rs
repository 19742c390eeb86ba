//! Values that several formats write, read from text; each sentence says what to write instead.

use schema::{Asn, Economy};

use super::super::address::{AnyPrefix, NoPrefix};
use crate::field;
use crate::refusal::shortened;

/// A prefix, or one address.
pub(super) fn prefix(text: &str) -> Result<AnyPrefix, String> {
    let quoted = shortened(text);
    AnyPrefix::parse(text).map_err(|why| match why {
        NoPrefix::Unreadable => format!("`{quoted}` is no prefix and was left out; write one as in 192.0.2.0/24 or 2001:db8::/32"),
        NoPrefix::HostBits(meant) => format!("`{quoted}` has bits set behind its length and was left out; did you mean {meant}?"),
    })
}

/// The number of an economy; 0 where the text says that there is none, by `ZZ` or by nothing.
pub(super) fn economy_or_none(text: &str) -> Result<u16, String> {
    if text.is_empty() || text.eq_ignore_ascii_case("ZZ") {
        return Ok(0);
    }
    text.parse().map(Economy::number).map_err(|no| format!("{no}, and was left out; write such a code, or ZZ for none"))
}

/// The number of a network.
pub(super) fn network(text: &str) -> Result<Asn, String> {
    let asn = field::asn(text).filter(|asn| field::is_a_network(*asn));
    asn.ok_or_else(|| format!("`{}` is the number of no network and was left out; write one as in AS64500", shortened(text)))
}

/// A prefix or the number of a network.
pub(super) enum Listed {
    Prefix(AnyPrefix),
    Network(Asn),
}

/// A prefix where the text has what only a prefix has, else the number of a network.
pub(super) fn listed(text: &str) -> Result<Listed, String> {
    if text.contains(['.', ':', '/']) { prefix(text).map(Listed::Prefix) } else { network(text).map(Listed::Network) }
}
