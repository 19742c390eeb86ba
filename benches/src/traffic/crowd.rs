//! Members that send from a great many addresses, as where a whole peering LAN of hosts and virtual routers is claimed.

use std::collections::HashMap;
use std::fmt::Write;

use schema::Mac;
use simulator::Exchange;

/// One member's part of the crowd.
struct Part {
    asn: u32,
    /// The addresses of its routers, as the member list writes them.
    claims: Vec<String>,
    /// Those that stand in for them.
    crowd: Vec<[u8; 6]>,
    /// Which of them sends next.
    next: usize,
}

/// All members, with as many addresses as they sent frames until there were enough.
pub(super) struct Crowd {
    parts: Vec<Part>,
    /// Whose routers they are.
    routers: HashMap<[u8; 6], usize>,
    made: u32,
    most: u32,
}

impl Crowd {
    /// The members of the exchange, who are to have so many addresses.
    pub(super) fn new(exchange: &Exchange, most: u32) -> Self {
        let mut routers = HashMap::new();
        let mut parts = Vec::new();
        for (position, member) in exchange.members().iter().enumerate() {
            routers.extend(member.macs.iter().map(|router| (router.mac.octets(), position)));
            let claims = member.macs.iter().map(|router| match router.vlan {
                None => format!("\"{}\"", router.mac),
                Some(vlan) => format!("{{ mac = \"{}\", vlan = {vlan} }}", router.mac),
            });
            parts.push(Part { asn: member.asn.0, claims: claims.collect(), crowd: Vec::new(), next: 0 });
        }
        Self { parts, routers, made: 0, most }
    }

    /// Puts one of the member's own addresses in the place of its router's: a new one as long as there are any, then all of them in turn.
    pub(super) fn stand_in_for(&mut self, sender: &mut [u8; 6]) {
        let Some(part) = self.routers.get(sender).and_then(|position| self.parts.get_mut(*position)) else { return };
        if self.made < self.most {
            part.crowd.push(address(self.made));
            self.made += 1;
            part.next = part.crowd.len() - 1;
        }
        if let Some(address) = part.crowd.get(part.next) {
            *sender = *address;
            part.next = (part.next + 1) % part.crowd.len();
        }
    }

    /// The members file that claims all of them.
    pub(super) fn members_toml(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            let crowd = part.crowd.iter().map(|address| format!("\"{}\"", Mac::new(*address)));
            let macs: Vec<String> = part.claims.iter().cloned().chain(crowd).collect();
            // Writing to a string cannot fail.
            let _ = write!(text, "[[member]]\nasn = {}\nname = \"AS{}\"\nmacs = [{}]\n\n", part.asn, part.asn, macs.join(", "));
        }
        text
    }
}

/// The address of this number: locally administered, and none of the simulator's.
pub(super) fn address(number: u32) -> [u8; 6] {
    let [a, b, c, d] = number.to_be_bytes();
    [0x0a, 0, a, b, c, d]
}
