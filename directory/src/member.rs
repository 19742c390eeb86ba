//! Members and what they claim.

use std::net::IpAddr;

use schema::{Asn, Mac, Timestamp};
use serde::Serialize;

use crate::validity::Validity;

/// A network at the exchange with everything that the member list says of it at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Member {
    /// Its autonomous system number: a member's identity.
    pub asn: Asn,
    /// Its name; `AS64500` where the list gives none.
    pub name: String,
    /// The MAC addresses that are its own at that moment, in order and each once, including those that another member claims too.
    pub macs: Vec<MacClaim>,
    /// The ports that are its own at that moment, in order and each once, including those that another member claims too.
    pub ports: Vec<Port>,
    /// Speed of its connections together, in bit/s; 0 if the list does not say. Only IX-F exports do.
    pub speed: u64,
}

/// A MAC address that a member uses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct MacClaim {
    /// The address.
    pub mac: Mac,
    /// The VLAN in which the claim holds, 0 standing for frames without a VLAN; `None` for every VLAN.
    pub vlan: Option<u16>,
}

/// A switch port that belongs to one member alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Port {
    /// The switch: the agent address in its datagrams.
    pub agent: IpAddr,
    /// The port: its ifIndex on that switch.
    pub if_index: u32,
}

/// Whose a MAC address is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Claim {
    /// One member's.
    Member(Asn),
    /// No member claims it.
    Nobody,
    /// Several members claim it, and the VLAN does not tell which of them it is.
    Ambiguous,
}

/// A claim and when it holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Dated<C> {
    pub(crate) claim: C,
    pub(crate) validity: Validity,
}

/// A network with all that the member list says of it, at whatever time.
///
/// Its claims are in order, and what it claims for two times without a gap between them it claims once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Listed {
    pub(crate) asn: Asn,
    pub(crate) name: String,
    pub(crate) macs: Vec<Dated<MacClaim>>,
    pub(crate) ports: Vec<Dated<Port>>,
    /// In bit/s.
    pub(crate) speed: u64,
}

impl Listed {
    /// The member as it is at this moment. It is a member even while none of its claims holds: its name is asked for long afterwards.
    pub(crate) fn as_of(&self, at: Timestamp) -> Member {
        Member {
            asn: self.asn,
            name: self.name.clone(),
            macs: holding(&self.macs, at).collect(),
            ports: holding(&self.ports, at).collect(),
            speed: self.speed,
        }
    }
}

fn holding<C: Copy>(claims: &[Dated<C>], at: Timestamp) -> impl Iterator<Item = C> {
    claims.iter().filter(move |dated| dated.validity.holds_at(at)).map(|dated| dated.claim)
}
