//! Cells of samples, each of one stream, by a key of three numbers.

use schema::{CellKey, Localities, Moments, Party, Reason};

use crate::delta::StreamCell;
use crate::table::{Key, SPREAD, Table, fold};

/// The bits of a VLAN's number.
const VLAN_BITS: u64 = 0x0fff;

/// A stream's cell as it is compared and mixed: three numbers instead of six fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Packed {
    /// From the top: 32 bits of stream, 4 of localities, 12 of VLAN, 8 of IP version, 8 of reason.
    small: u64,
    src: Party,
    dst: Party,
}

impl Key for Packed {
    #[inline(always)]
    fn mixed(&self, seed: u64) -> u64 {
        fold(self.src.bits() ^ self.small.wrapping_mul(SPREAD) ^ seed.rotate_left(32), self.dst.bits() ^ seed)
    }
}

impl Packed {
    #[inline(always)]
    const fn of(stream: u32, cell: &CellKey) -> Self {
        let CellKey { src, dst, vlan, ip_version, reason, localities } = *cell;
        // A VLAN has 12 bits.
        let tag = (localities.bits() as u64) << 12 | vlan as u64 & VLAN_BITS;
        let small = (stream as u64) << 32 | tag << 16 | (ip_version as u64) << 8 | reason.code() as u64;
        Self { small, src, dst }
    }

    fn unpacked(&self) -> StreamCell {
        let [a, b, c, d, high, vlan_low, ip_version, reason] = self.small.to_be_bytes();
        StreamCell {
            stream: u32::from_be_bytes([a, b, c, d]),
            cell: CellKey {
                src: self.src,
                dst: self.dst,
                vlan: u16::from_be_bytes([high & 0x0f, vlan_low]),
                ip_version,
                // It was packed from a reason, so it is one.
                reason: Reason::from_code(reason).unwrap_or(Reason::Overflow),
                localities: Localities::of_bits(high >> 4),
            },
        }
    }
}

/// Cells with their moments, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Cells(Table<Packed, Moments>);

impl Cells {
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The moments of a cell that is there.
    #[inline(always)]
    pub(crate) fn get_mut(&mut self, stream: u32, cell: &CellKey) -> Option<&mut Moments> {
        self.0.get_mut(&Packed::of(stream, cell))
    }

    /// Adds a cell that is not there yet.
    #[inline]
    pub(crate) fn insert_new(&mut self, stream: u32, cell: &CellKey, moments: Moments) {
        self.0.insert_new(Packed::of(stream, cell), moments);
    }

    /// Adds to a cell, which begins empty where it is not there.
    pub(crate) fn merge(&mut self, at: &StreamCell, moments: Moments) {
        let key = Packed::of(at.stream, &at.cell);
        match self.0.get_mut(&key) {
            Some(sum) => sum.merge(moments),
            None => self.0.insert_new(key, moments),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (StreamCell, &Moments)> {
        self.0.iter().map(|(key, moments)| (key.unpacked(), moments))
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Loses a cell, as nothing but a test does.
    #[cfg(test)]
    pub(crate) fn lose_one(&mut self) {
        let mut is_first = true;
        self.0.retain(|_, _| !std::mem::take(&mut is_first));
    }
}

#[cfg(test)]
mod tests {
    use schema::{Asn, Mac};

    use super::*;

    #[test]
    fn a_cell_comes_out_as_it_went_in() {
        let parties = [Party::NOBODY, Party::member(Asn(u32::MAX)), Party::unknown(Mac::from_bits(0xfeff_ffff_ffff))];
        for (src, dst) in parties.into_iter().flat_map(|src| parties.map(|dst| (src, dst))) {
            for reason in Reason::ALL {
                for localities in (0..16).map(Localities::of_bits) {
                    let cell = CellKey { src, dst, vlan: 4094, ip_version: 6, reason, localities };
                    let at = StreamCell { stream: 0xfedc_ba98, cell };
                    assert_eq!(Packed::of(at.stream, &at.cell).unpacked(), at);
                }
            }
        }
    }

    #[test]
    fn moments_of_one_cell_are_added() {
        let at = StreamCell { stream: 3, cell: CellKey::nobody(Reason::NoLayer2) };
        let mut cells = Cells::default();
        cells.merge(&at, Moments { n: 1, x: 10, xx: 100 });
        cells.get_mut(3, &at.cell).unwrap().add(20);
        assert!(cells.get_mut(4, &at.cell).is_none());
        assert_eq!(cells.iter().collect::<Vec<_>>(), [(at, &Moments { n: 2, x: 30, xx: 500 })]);
    }
}
