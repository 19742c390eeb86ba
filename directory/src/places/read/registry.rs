//! What a regional registry gave to whom: its statistics `delegated-REGISTRY-extended-latest`, one record a line:
//! `registry|cc|type|start|value|date|status|opaque-id`.
//!
//! `value` is a count of addresses (not always a power of two) or of AS numbers, and for IPv6 the length of a prefix. The country is that of the
//! holder's registration; `ZZ`, `EU`, `AP` and nothing say none. Summary lines say how many records there are, which tells a file that was cut.

use std::net::{Ipv4Addr, Ipv6Addr};

use schema::{Asn, Economy, Timestamp};

use super::super::address::{AnyPrefix, Bits, Prefix, covering};
use super::super::layer::{Layer, LayerBuilder};
use super::Refused;
use super::input::Input;
use super::lines::{self, Fault};
use crate::refusal::shortened;

/// Types of records, in the order of [`Counts`].
const TYPES: [&str; 3] = ["asn", "ipv4", "ipv6"];

/// What stands in the place of an economy where the registry names none.
const NO_ECONOMY: [&str; 4] = ["", "ZZ", "EU", "AP"];

/// Fields of a record, without the holder's id, which only the extended format has.
const FIELDS: usize = 7;

/// Of ten records that the summary announces, so many must be there; registries' own counts are not always exact.
const IN_TEN: u64 = 9;

/// Records of each type.
type Counts = [u64; TYPES.len()];

pub(super) fn read(input: Input<'_>) -> Result<Layer, Refused> {
    let mut builder = LayerBuilder::flat();
    let mut seen = Seen::default();
    lines::each(input, &mut builder, |builder, line| seen.line(builder, line))?;
    if !seen.has_version {
        return Err(Refused::new(
            "is no registry's statistics: the line with their version is missing, as in 2|ripencc|…; fetch delegated-…-extended-latest",
        ));
    }
    seen.complete()?;
    lines::finish(builder, "a registry's statistics")
}

/// What came so far.
#[derive(Default)]
struct Seen {
    has_version: bool,
    records: Counts,
    announced: Counts,
}

impl Seen {
    fn line(&mut self, builder: &mut LayerBuilder, line: &str) -> Result<(), Fault> {
        let mut fields = [""; FIELDS];
        let count = line.split('|').zip(&mut fields).map(|(text, field)| *field = text.trim()).count();
        let [first, economy, sort, start, value, sixth, status] = fields;
        if first.starts_with(|letter: char| letter.is_ascii_digit()) {
            self.has_version = true;
            // Format, registry, serial, records, first day, last day, zone: the serial is a day with some registries only.
            builder.made = builder.made.max(day(sixth).or_else(|| day(sort)));
            return Ok(());
        }
        let place = TYPES.iter().position(|known| *known == sort);
        if economy == "*" && sixth == "summary" {
            if let Some((announced, count)) = place.and_then(|place| self.announced.get_mut(place)).zip(value.parse::<u64>().ok()) {
                *announced = announced.saturating_add(count);
            }
            return Ok(());
        }
        if let Some(records) = place.and_then(|place| self.records.get_mut(place)) {
            *records += 1;
        }
        if count < FIELDS {
            return Err(Fault::Line(format!("has {count} fields and was left out; a record has {FIELDS} or more, divided by |")));
        }
        match status {
            "allocated" | "assigned" => record(builder, economy, sort, start, value),
            // Nobody's yet.
            "available" | "reserved" => Ok(()),
            other => Err(Fault::Line(format!("has the status `{}`, which is not known, and was left out", shortened(other)))),
        }
    }

    /// Refuses a file that lacks much of what its summary announces: where it ends, all addresses would be unknown.
    fn complete(&self) -> Result<(), Refused> {
        for ((sort, announced), records) in TYPES.iter().zip(self.announced).zip(self.records) {
            if records < announced / 10 * IN_TEN {
                return Err(Refused::new(format!(
                    "announces {announced} records of type {sort} and has {records}: it is cut; fetch it again"
                )));
            }
        }
        Ok(())
    }
}

fn record(builder: &mut LayerBuilder, economy: &str, sort: &str, start: &str, value: &str) -> Result<(), Fault> {
    if NO_ECONOMY.iter().any(|none| economy.eq_ignore_ascii_case(none)) {
        return Ok(());
    }
    let economy = economy.parse().map(Economy::number).map_err(|no| format!("{no}, and was left out"))?;
    let wrong = || Fault::Line(format!("`{}|{}` are no {} and were left out", shortened(start), shortened(value), shortened(sort)));
    match sort {
        "ipv4" => {
            let (first, last) = addresses(start, value).ok_or_else(wrong)?;
            for prefix in covering(first, last) {
                builder.add_4(prefix, economy.into())?;
            }
        }
        "ipv6" => builder.add(prefix_6(start, value).ok_or_else(wrong)?, economy.into())?,
        "asn" => {
            let (first, last) = numbers(start, value).ok_or_else(wrong)?;
            builder.add_networks(first, last, economy)?;
        }
        other => return Err(Fault::Line(format!("`{}` is none of {} and was left out", shortened(other), TYPES.join(", ")))),
    }
    Ok(())
}

/// So many addresses from the first on.
fn addresses(start: &str, count: &str) -> Option<(u32, u32)> {
    let first = start.parse::<Ipv4Addr>().ok()?.to_bits();
    let behind = u32::try_from(count.parse::<u64>().ok()?.checked_sub(1)?).ok()?;
    Some((first, first.checked_add(behind)?))
}

fn prefix_6(start: &str, len: &str) -> Option<AnyPrefix> {
    let first = start.parse::<Ipv6Addr>().ok()?.to_bits();
    let len = len.parse().ok().filter(|len| *len <= u128::WIDTH && first.first_of(*len) == first)?;
    Some(AnyPrefix::V6(Prefix { first, len }))
}

fn numbers(start: &str, count: &str) -> Option<(Asn, Asn)> {
    let first: u32 = start.parse().ok()?;
    let behind = count.parse::<u32>().ok()?.checked_sub(1)?;
    Some((Asn(first), Asn(first.checked_add(behind)?)))
}

/// A day written as eight digits, at its midnight in UTC.
fn day(text: &str) -> Option<Timestamp> {
    let digits = text.len() == 8 && text.bytes().all(|octet| octet.is_ascii_digit());
    digits.then(|| format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]).parse().ok()).flatten()
}
