//! Databases and routing tables, written by hand for the tests.

use super::super::address::AnyPrefix;

/// One value of a database.
pub(super) enum Value {
    Text(&'static str),
    Number(u32),
    Map(Vec<(&'static str, Value)>),
}

pub(super) fn economy(code: &'static str) -> Value {
    Value::Map(vec![("country", Value::Map(vec![("iso_code", Value::Text(code))]))])
}

pub(super) fn network(asn: u32) -> Value {
    Value::Map(vec![("autonomous_system_number", Value::Number(asn))])
}

fn encode(value: &Value, octets: &mut Vec<u8>) {
    match value {
        Value::Text(text) => {
            octets.push(2 << 5 | u8::try_from(text.len()).unwrap());
            octets.extend(text.as_bytes());
        }
        Value::Number(number) => {
            octets.push(6 << 5 | 4);
            octets.extend(number.to_be_bytes());
        }
        Value::Map(pairs) => {
            octets.push(7 << 5 | u8::try_from(pairs.len()).unwrap());
            for (key, value) in pairs {
                encode(&Value::Text(key), octets);
                encode(value, octets);
            }
        }
    }
}

/// A record of a node of the tree.
#[derive(Clone, Copy)]
enum Side {
    Nothing,
    Node(u32),
    Data(u32),
}

/// A database of IPv6, which holds IPv4 in its first 96 bits, in `MaxMind`'s format, with records of 24 bits. A later prefix goes into an earlier one.
pub(super) fn database(kind: &'static str, networks: &[(&str, Value)]) -> Vec<u8> {
    let mut nodes = vec![[Side::Nothing; 2]];
    let mut data = Vec::new();
    for (prefix, value) in networks {
        let (bits, len) = match AnyPrefix::parse(prefix).unwrap() {
            AnyPrefix::V4(prefix) => (u128::from(prefix.first), prefix.len + 96),
            AnyPrefix::V6(prefix) => (prefix.first, prefix.len),
        };
        let place = u32::try_from(data.len()).unwrap();
        encode(value, &mut data);
        insert(&mut nodes, bits, len, place);
    }
    let count = u32::try_from(nodes.len()).unwrap();
    let number = |side: &Side| match side {
        Side::Nothing => count,
        Side::Node(node) => *node,
        Side::Data(place) => count + 16 + place,
    };
    let mut octets: Vec<u8> = nodes.iter().flatten().flat_map(|side| number(side).to_be_bytes()[1..].to_vec()).collect();
    octets.extend([0; 16]);
    octets.extend(data);
    octets.extend(b"\xab\xcd\xefMaxMind.com");
    metadata(kind, count, &mut octets);
    octets
}

fn insert(nodes: &mut Vec<[Side; 2]>, bits: u128, len: u8, place: u32) {
    let mut node = 0;
    for at in 0..len {
        let side = usize::from(bits >> (127 - at) & 1 == 1);
        if at + 1 == len {
            nodes[node][side] = Side::Data(place);
            return;
        }
        node = match nodes[node][side] {
            Side::Node(next) => next as usize,
            before => {
                nodes.push([before; 2]);
                nodes[node][side] = Side::Node(u32::try_from(nodes.len() - 1).unwrap());
                nodes.len() - 1
            }
        };
    }
}

fn metadata(kind: &'static str, nodes: u32, octets: &mut Vec<u8>) {
    // A map of nine, one of whose values, the time, is a number of 64 bits (2026-11-01).
    octets.push(7 << 5 | 9);
    let pairs = [
        ("binary_format_major_version", Value::Number(2)),
        ("binary_format_minor_version", Value::Number(0)),
        ("node_count", Value::Number(nodes)),
        ("record_size", Value::Number(24)),
        ("ip_version", Value::Number(6)),
        ("database_type", Value::Text(kind)),
    ];
    for (key, value) in &pairs {
        encode(&Value::Text(key), octets);
        match (key, value) {
            (&"node_count" | &"database_type", value) => encode(value, octets),
            // 16 bits.
            (_, Value::Number(number)) => {
                octets.push(5 << 5 | 2);
                octets.extend(u16::try_from(*number).unwrap().to_be_bytes());
            }
            _ => unreachable!(),
        }
    }
    encode(&Value::Text("description"), octets);
    encode(&Value::Map(vec![]), octets);
    encode(&Value::Text("languages"), octets);
    // An empty list.
    octets.extend([0, 4]);
    encode(&Value::Text("build_epoch"), octets);
    octets.extend([8, 2]);
    octets.extend(1_793_491_200_u64.to_be_bytes());
}

/// A prefix, and the path of each of the peers that have a route to it.
pub(super) type Announced<'p> = (&'p str, &'p [&'p [u32]]);

/// A routing table with eight peers, AS 100 to AS 107.
pub(super) fn routes(announced: &[Announced<'_>]) -> Vec<u8> {
    let mut octets = peers();
    for (prefix, paths) in announced {
        let segments = |path: &&[u32]| if path.is_empty() { vec![] } else { segment(2, path) };
        octets.extend(rib(prefix, &paths.iter().map(segments).collect::<Vec<_>>()));
    }
    octets
}

/// A segment of a path: its kind and its networks.
pub(super) fn segment(kind: u8, networks: &[u32]) -> Vec<u8> {
    let mut octets = vec![kind, u8::try_from(networks.len()).unwrap()];
    octets.extend(networks.iter().flat_map(|network| network.to_be_bytes()));
    octets
}

/// The table of peers, some of them with IPv6 addresses and AS numbers of two octets.
pub(super) fn peers() -> Vec<u8> {
    let mut body = vec![192, 0, 2, 1, 0, 4];
    body.extend(b"view\0\x08");
    for peer in 0..8_u16 {
        let kind = peer % 4;
        body.extend([u8::try_from(kind).unwrap(), 10, 0, 0, 1]);
        body.extend(vec![1; if kind & 1 == 0 { 4 } else { 16 }]);
        body.extend(vec![0; if kind & 2 == 0 { 0 } else { 2 }]);
        body.extend((100 + peer).to_be_bytes());
    }
    record(13, 1, &body)
}

/// A record of a prefix with these paths, from the first peers.
pub(super) fn rib(prefix: &str, paths: &[Vec<u8>]) -> Vec<u8> {
    let (subtype, len, octets) = match AnyPrefix::parse(prefix).unwrap() {
        AnyPrefix::V4(prefix) => (2, prefix.len, prefix.first.to_be_bytes().to_vec()),
        AnyPrefix::V6(prefix) => (4, prefix.len, prefix.first.to_be_bytes().to_vec()),
    };
    let mut body = vec![0, 0, 0, 1, len];
    body.extend(&octets[..usize::from(len).div_ceil(8)]);
    body.extend(u16::try_from(paths.len()).unwrap().to_be_bytes());
    for (peer, path) in paths.iter().enumerate() {
        body.extend(u16::try_from(peer).unwrap().to_be_bytes());
        body.extend([0; 4]);
        // The origin, the path with a long length, and a next hop.
        let mut attributes = vec![0x40, 1, 1, 0, 0x50, 2];
        attributes.extend(u16::try_from(path.len()).unwrap().to_be_bytes());
        attributes.extend(path);
        attributes.extend([0x40, 3, 4, 192, 0, 2, 9]);
        body.extend(u16::try_from(attributes.len()).unwrap().to_be_bytes());
        body.extend(attributes);
    }
    record(13, subtype, &body)
}

/// A record of MRT, of 2026-11-01.
pub(super) fn record(kind: u16, subtype: u16, body: &[u8]) -> Vec<u8> {
    let mut octets = 1_793_491_200_u32.to_be_bytes().to_vec();
    octets.extend(kind.to_be_bytes());
    octets.extend(subtype.to_be_bytes());
    octets.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    octets.extend(body);
    octets
}
