//! What a loader steps over, and says.

use std::fmt;

use schema::{Asn, Mac};

use crate::member::{MacClaim, Port};
use crate::refusal::{Place, shortened};
use crate::validity::Validity;

/// Warnings that are kept to be shown. A list that is wrong in every line would otherwise fill memory and the status page; the rest is
/// counted.
pub const MAX_WARNINGS: usize = 100;

/// Members that one warning names; a MAC claimed by a thousand members is one mistake, not a page of numbers.
const MAX_NAMED: usize = 4;

/// Something in a member list that was stepped over or cannot be told apart. Its text is one sentence: where, what, what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Warning {
    /// Several members claim a MAC address at the same time in the same VLAN, or all of them in every VLAN.
    SharedMac {
        /// The claim.
        claim: MacClaim,
        /// When several make it.
        validity: Validity,
        /// Who makes it, by ASN.
        members: Vec<Asn>,
    },
    /// Several members claim a port at the same time.
    SharedPort {
        /// The port.
        port: Port,
        /// When several claim it.
        validity: Validity,
        /// Who claims it, by ASN.
        members: Vec<Asn>,
    },
    /// A broadcast, multicast or all-zero address: no router has one.
    NotARouter {
        /// Where it is written.
        place: Place,
        /// Whose it would be.
        asn: Asn,
        /// The address.
        mac: Mac,
    },
    /// A text that should be a MAC address and is none.
    UnreadableMac {
        /// Where it is written.
        place: Place,
        /// Whose it would be.
        asn: Asn,
        /// The text.
        text: String,
    },
    /// An ASN that no network has.
    NotANetwork {
        /// Where it is written.
        place: Place,
        /// The number.
        asn: Asn,
    },
    /// An entry of an IX-F export without a readable `asnum`.
    NoAsn {
        /// Where it is.
        place: Place,
    },
    /// Two names for one member; the first is kept.
    TwoNames {
        /// Where the second is written.
        place: Place,
        /// Whose they are.
        asn: Asn,
        /// The name in use.
        kept: String,
        /// The name that is not.
        other: String,
    },
    /// An IX-F export of a version that this loader was not written for; it was read all the same.
    UnknownVersion {
        /// The version as the export gives it; empty where it gives none.
        version: String,
    },
    /// The list has no members.
    NoMembers,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SharedMac { claim: MacClaim { mac, vlan }, validity, members } => write!(
                f,
                "{} claim the MAC address {mac}{}{}, so its traffic is counted as ambiguous; leave it to one of them, or give each its VLAN or \
                 its time",
                Named(members),
                InVlan(*vlan),
                During(*validity)
            ),
            Self::SharedPort { port: Port { agent, if_index }, validity, members } => write!(
                f,
                "{} claim the port {if_index} of {agent}{}, so it tells nobody's traffic; leave it to the one member that is behind it",
                Named(members),
                During(*validity)
            ),
            Self::NotARouter { place, asn, mac } => {
                write!(f, "{place}: {mac} of {asn} is no router's address and was left out; write the address that its router sends from")
            }
            Self::UnreadableMac { place, asn, text } => write!(
                f,
                "{place}: `{}` of {asn} is no MAC address and was left out; write six pairs of hexadecimal digits",
                shortened(text)
            ),
            Self::NotANetwork { place, asn } => {
                write!(f, "{place}: {asn} is a reserved number that no network has, and was left out; write the member's own")
            }
            Self::NoAsn { place } => write!(f, "{place}: has no readable `asnum` and was left out; give the member's number"),
            Self::TwoNames { place, asn, kept, other } => {
                write!(f, "{place}: {asn} is called `{other}` here and `{kept}` above, which is kept; give it one name")
            }
            Self::UnknownVersion { version } if version.is_empty() => {
                f.write_str("the export gives no schema version and was read as 1.0; check that the members are complete")
            }
            Self::UnknownVersion { version } => write!(
                f,
                "the export has the schema version `{}`, which is not 0.6, 0.7 or 1.0, and was read as 1.0; check that the members are complete",
                shortened(version)
            ),
            Self::NoMembers => f.write_str("the list has no members, so all traffic is unattributed; check that it is the right file"),
        }
    }
}

/// Several members, the first few by number.
struct Named<'m>(&'m [Asn]);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.len().min(MAX_NAMED);
        for (position, asn) in self.0[..shown].iter().enumerate() {
            let joint = match position {
                0 => "",
                last if last + 1 == self.0.len() => " and ",
                _ => ", ",
            };
            write!(f, "{joint}{asn}")?;
        }
        match self.0.len() - shown {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// The scope of a claim, as a part of a sentence.
struct InVlan(Option<u16>);

impl fmt::Display for InVlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(vlan) => write!(f, " in VLAN {vlan}"),
            None => Ok(()),
        }
    }
}

/// The time of a claim, as a part of a sentence; nothing where it has no bounds.
struct During(Validity);

impl fmt::Display for During {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == Validity::ALWAYS {
            return Ok(());
        }
        write!(f, " {}", self.0)
    }
}

/// The warnings of one load: the first [`MAX_WARNINGS`] and the number of all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Warnings {
    kept: Vec<Warning>,
    total: usize,
}

impl Warnings {
    /// Counts one; makes its text only if it is kept.
    pub(crate) fn add(&mut self, warning: impl FnOnce() -> Warning) {
        self.total += 1;
        if self.kept.len() < MAX_WARNINGS {
            self.kept.push(warning());
        }
    }

    pub(crate) fn kept(&self) -> &[Warning] {
        &self.kept
    }

    pub(crate) const fn total(&self) -> usize {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_warnings_are_kept_and_all_are_counted() {
        let mut warnings = Warnings::default();
        for line in 0..MAX_WARNINGS * 3 {
            warnings.add(|| Warning::NoAsn { place: Place::Line(line) });
        }
        assert_eq!((warnings.kept().len(), warnings.total()), (MAX_WARNINGS, MAX_WARNINGS * 3));
        assert_eq!(warnings.kept()[0], Warning::NoAsn { place: Place::Line(0) });
    }

    #[test]
    fn a_sentence_names_a_few_members_and_counts_the_rest() {
        let members: Vec<Asn> = (64500..64510).map(Asn).collect();
        for (count, text) in
            [(2, "AS64500 and AS64501"), (3, "AS64500, AS64501 and AS64502"), (10, "AS64500, AS64501, AS64502, AS64503 and 6 more")]
        {
            assert_eq!(Named(&members[..count]).to_string(), text);
        }
    }
}
