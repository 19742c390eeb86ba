//! The members as a directory reads them: an IX-F Member Export, and the members file of chorsu.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::exchange::Exchange;
use crate::members::{self, Member, MemberMac, PEERING_VLAN};

/// The id of the exchange in its export.
const IXP: u32 = 1;

impl Exchange {
    /// The IX-F Member Export, version 1.0 (euro-ix/json-schemas).
    #[must_use]
    pub fn ixf(&self) -> Value {
        let members = self.members();
        let at = self.now().to_string();
        let switches = members::switches(members.len());
        let switch = |(position, _)| json!({"id": position + 1, "name": format!("sw{}", position + 1), "colo": "Hall 1"});
        json!({
            "version": "1.0",
            "timestamp": at,
            "ixp_list": [{
                "ixp_id": IXP,
                "ixf_id": 0,
                "shortname": self.name(),
                "name": format!("{} (simulated)", self.name()),
                "switch": switches.iter().enumerate().map(switch).collect::<Vec<_>>(),
                "vlan": [
                    {"id": vlan_id(PEERING_VLAN), "name": "Peering LAN", "ipv4": {"prefix": "10.100.0.0", "mask_length": 20},
                     "ipv6": {"prefix": "2001:db8:ffff:64::", "mask_length": 64}},
                    {"id": vlan_id(members::PRIVATE_VLAN), "name": "Private VLAN", "ipv4": {"prefix": "10.200.0.0", "mask_length": 20},
                     "ipv6": {"prefix": "2001:db8:ffff:c8::", "mask_length": 64}},
                ],
            }],
            "member_list": members.iter().map(member).collect::<Vec<_>>(),
        })
    }

    /// The members file of chorsu: names, MAC addresses and ports of all members, as TOML.
    #[must_use]
    pub fn members_toml(&self) -> String {
        let mut text = String::new();
        for member in self.members() {
            let macs: Vec<String> = member.macs.iter().map(toml_mac).collect();
            // Writing to a string cannot fail; names hold nothing that TOML would have escaped.
            let _ = write!(
                text,
                "[[member]]\nasn = {}\nname = \"{}\"\nmacs = [{}]\nports = [{{ agent = \"{}\", if_index = {} }}]\n\n",
                member.asn.0,
                member.name,
                macs.join(", "),
                member.agent,
                member.if_index
            );
        }
        text
    }
}

fn toml_mac(mac: &MemberMac) -> String {
    match mac.vlan {
        None => format!("\"{}\"", mac.mac),
        Some(vlan) => format!("{{ mac = \"{}\", vlan = {vlan} }}", mac.mac),
    }
}

fn member(member: &Member) -> Value {
    let vlans: Vec<Value> = member.vlans.iter().map(|vlan| connection(member, *vlan)).collect();
    json!({
        "asnum": member.asn.0,
        "member_type": "peering",
        "name": member.name,
        "connection_list": [{
            "ixp_id": IXP,
            "state": "active",
            "if_list": [{"switch_id": member.switch + 1, "if_speed": member.speed / 1_000_000}],
            "vlan_list": vlans,
        }],
    })
}

fn connection(member: &Member, vlan: u16) -> Value {
    let wanted = (vlan != PEERING_VLAN).then_some(vlan);
    let macs: Vec<String> = member.macs.iter().filter(|mac| mac.vlan == wanted).map(|mac| mac.mac.to_string()).collect();
    json!({
        "vlan_id": vlan_id(vlan),
        "ipv4": {"address": member.lan_ipv4(vlan), "routeserver": vlan == PEERING_VLAN, "mac_addresses": macs},
        "ipv6": {"address": member.lan_ipv6(vlan), "routeserver": vlan == PEERING_VLAN, "mac_addresses": macs},
    })
}

/// The export's own id of a VLAN, which is not its tag: readers that take one for the other shall stumble here.
const fn vlan_id(vlan: u16) -> u16 {
    if vlan == PEERING_VLAN { 1 } else { 2 }
}
