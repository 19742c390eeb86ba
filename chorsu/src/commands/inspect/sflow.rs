//! sFlow version 5 in full.
//!
//! The details are `sflow-parser`'s, which knows far more records than the matrix needs. It follows records nested in record 0:1016 without
//! bound and allocates what a length asks for, so a datagram is first walked by its lengths, and shown by that walk alone where it cannot be
//! trusted with it.

use std::fmt::Write;

use wire::reader::Reader;

use super::tree::tree;

/// The record whose contents are records again (extended_tunnel and their like in sflow-parser's reading).
const NESTING_RECORD: u32 = 1016;

/// Octets of the header of a datagram up to the address's type, and of what follows the address up to the samples.
const BEFORE_ADDRESS: usize = 8;

/// A datagram in lines.
pub(super) fn show(payload: &[u8]) -> String {
    if let Err(refusal) = wire::sflow::header(payload) {
        return format!("  sflow5: {refusal}\n");
    }
    let outline = Outline::of(payload);
    if outline.is_sound
        && let Ok(parsed) = sflow_parser::parse_datagram(payload)
        && let Ok(value) = serde_json::to_value(&parsed)
    {
        let mut text = String::new();
        tree(&mut text, &value, 1);
        return text;
    }
    format!("  not readable in full; its structure is:\n{}", outline.text)
}

/// A datagram's samples and records by their formats and lengths alone.
struct Outline {
    text: String,
    /// Every length lies within its surroundings, and no record nests others.
    is_sound: bool,
}

impl Outline {
    fn of(payload: &[u8]) -> Self {
        let mut outline = Self { text: String::new(), is_sound: true };
        let address = if payload.get(4..BEFORE_ADDRESS) == Some(&[0, 0, 0, 2]) { 16 } else { 4 };
        // Version, address and its type, sub-agent, sequence, uptime: the samples' count comes next.
        let mut reader = Reader::new(payload.get(BEFORE_ADDRESS + address + 12..).unwrap_or_default());
        let declared = reader.word().unwrap_or(0);
        for _ in 0..declared {
            let Some(sample) = reader.block() else {
                outline.broken(1, "a sample reaches beyond the datagram");
                return outline;
            };
            outline.line(1, "sample", sample.format, sample.body.len());
            outline.records(sample.format, sample.body.rest());
        }
        outline
    }

    fn records(&mut self, format: u32, body: &[u8]) {
        // Words before the count of records: sequence and data source, then what flow samples add.
        let words = match format {
            1 => 7,
            2 => 2,
            3 => 10,
            4 => 3,
            _ => return,
        };
        let mut reader = Reader::new(body.get(words * 4..).unwrap_or_default());
        for _ in 0..reader.word().unwrap_or(0) {
            let Some(record) = reader.block() else { return self.broken(2, "a record reaches beyond its sample") };
            self.line(2, "record", record.format, record.body.len());
            self.is_sound &= record.format != NESTING_RECORD;
        }
    }

    fn line(&mut self, depth: usize, what: &str, format: u32, length: usize) {
        let _ = writeln!(self.text, "{}{what} {}:{}, {length} octets", "  ".repeat(depth + 1), format >> 12, format & 0xfff);
    }

    fn broken(&mut self, depth: usize, what: &str) {
        let _ = writeln!(self.text, "{}{what}", "  ".repeat(depth + 1));
        self.is_sound = false;
    }
}
