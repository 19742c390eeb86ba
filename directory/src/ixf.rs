//! IX-F Member Export, versions 0.6, 0.7 and 1.0 (JSON).
//!
//! Exports are made by many programs, and no two bend the schema in the same way. So only what attribution needs is looked for, wherever it
//! stands: `mac_addresses` under the entry's `connection_list`, in whatever depth, as a list or a single text. Anything else is passed over.
//! `vlan_id` is an identifier of the exchange's own making, not an 802.1Q tag, and `ixp_list[].vlan[]` does not give the tag either: a
//! claim from an export holds in every VLAN. Nor does it say since when or how long: a claim holds as long as it is in the export.
//!
//! The entries of `member_list` are read one by one, so that memory follows the largest entry and not the file.

use std::fmt;

use schema::Asn;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::book::Directory;
use crate::builder::{Builder, Entry};
use crate::field;
use crate::member::{Dated, MacClaim};
use crate::refusal::{Place, Refusal, shortened};
use crate::validity::Validity;
use crate::warning::Warning;

/// The schema versions that this loader was written for.
const VERSIONS: [&str; 3] = ["0.6", "0.7", "1.0"];

/// Bits per second in one unit of `if_speed`, which is in Mbit/s.
const SPEED_UNIT: u64 = 1_000_000;

pub(crate) fn read(text: &str) -> Result<Directory, Refusal> {
    let mut builder = Builder::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let found = Export(&mut builder).deserialize(&mut json).and_then(|found| json.end().map(|()| found)).map_err(|error| broken(&error))?;
    if !found.member_list {
        return Err(Refusal::new(
            Place::List,
            "has no `member_list`, so it is no IX-F Member Export; export the member list of the exchange",
        ));
    }
    let version = found.version.unwrap_or_default();
    if !VERSIONS.contains(&version.as_str()) {
        builder.warn(|| Warning::UnknownVersion { version });
    }
    builder.finish()
}

fn broken(error: &serde_json::Error) -> Refusal {
    let place = if error.line() == 0 { Place::List } else { Place::Line(error.line()) };
    Refusal::new(place, format!("is no IX-F Member Export ({}); export it again", shortened(&error.to_string())))
}

/// What the top level of the file turned out to have.
#[derive(Default)]
struct Found {
    version: Option<String>,
    member_list: bool,
}

/// The top level: an object.
struct Export<'b>(&'b mut Builder);

impl<'de> DeserializeSeed<'de> for Export<'_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Export<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `member_list`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found, A::Error> {
        let mut found = Found::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "version" => found.version = version(&map.next_value()?),
                "member_list" => {
                    map.next_value_seed(MemberList { builder: &mut *self.0, read: 0 })?;
                    found.member_list = true;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

/// The version as text, though some exports write a number; in JSON 1.0 may have become 1.
fn version(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) if number.as_u64() == Some(1) => Some("1.0".to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The list of members. PHP writes a list with gaps in its numbering as an object, so that is read too.
struct MemberList<'b> {
    builder: &'b mut Builder,
    read: usize,
}

impl MemberList<'_> {
    fn add(&mut self, member: &Value) {
        let place = Place::Entry(self.read);
        self.read += 1;
        match member.get("asnum").and_then(asn) {
            None => self.builder.warn(|| Warning::NoAsn { place }),
            Some(asn) => {
                let entry = entry(place, asn, member, self.builder);
                self.builder.add(entry);
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for MemberList<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MemberList<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of members")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(member) = list.next_element::<Value>()? {
            self.add(&member);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some((_, member)) = list.next_entry::<IgnoredAny, Value>()? {
            self.add(&member);
        }
        Ok(())
    }
}

/// A number, or a text that holds one.
fn asn(value: &Value) -> Option<Asn> {
    match value {
        Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()).map(Asn),
        Value::String(text) => field::asn(text),
        _ => None,
    }
}

fn entry(place: Place, asn: Asn, member: &Value, builder: &mut Builder) -> Entry {
    let mut entry = Entry::new(place, asn);
    member.get("name").and_then(Value::as_str).unwrap_or_default().clone_into(&mut entry.name);
    if let Some(connections) = member.get("connection_list") {
        collect(connections, &mut entry, builder);
    }
    // The same router answers for IPv4 and IPv6 and in several VLANs: one claim.
    entry.macs.sort_unstable();
    entry.macs.dedup();
    entry
}

/// Goes through a connection list for addresses and speeds. serde_json reads at most 128 levels, which bounds this too.
fn collect(value: &Value, entry: &mut Entry, builder: &mut Builder) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, entry, builder)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match key.as_str() {
                    "mac_addresses" | "mac_address" => macs(value, entry, builder),
                    "if_speed" => entry.speed = entry.speed.saturating_add(speed(value)),
                    _ => collect(value, entry, builder),
                }
            }
        }
        _ => {}
    }
}

/// One address, several of them in a list, or none.
fn macs(value: &Value, entry: &mut Entry, builder: &mut Builder) {
    match value {
        Value::String(text) if text.trim().is_empty() => {}
        Value::String(text) => match text.parse() {
            Ok(mac) => entry.macs.push(Dated { claim: MacClaim { mac, vlan: None }, validity: Validity::ALWAYS }),
            Err(_) => unreadable(text.clone(), entry, builder),
        },
        Value::Array(items) => items.iter().for_each(|item| macs(item, entry, builder)),
        Value::Object(fields) => fields.values().for_each(|item| macs(item, entry, builder)),
        Value::Null => {}
        other => unreadable(other.to_string(), entry, builder),
    }
}

fn unreadable(text: String, entry: &Entry, builder: &mut Builder) {
    let (place, asn) = (entry.place, entry.asn);
    builder.warn(|| Warning::UnreadableMac { place, asn, text });
}

/// Speed of one interface, in bit/s.
fn speed(value: &Value) -> u64 {
    let megabits = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    megabits.unwrap_or(0).saturating_mul(SPEED_UNIT)
}
