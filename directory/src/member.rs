//! Members and what they claim.

use std::net::IpAddr;

use schema::{Asn, Mac};
use serde::Serialize;

/// A network at the exchange with everything that the member list says of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Member {
    /// Its autonomous system number: a member's identity.
    pub asn: Asn,
    /// Its name; `AS64500` where the list gives none.
    pub name: String,
    /// The MAC addresses that the list gives it, in order and each once, including those that another member claims too.
    pub macs: Vec<MacClaim>,
    /// The ports that the list gives it, in order and each once, including those that another member claims too.
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
