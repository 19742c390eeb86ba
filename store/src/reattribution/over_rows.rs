//! Claims put over rows of the matrix.
//!
//! The columns that say who exchanged a row are replaced before anything is filtered or summed. So every question sees the rows as if the members had been known,
//! whatever it asks for, sums are only ever moved, and memory stays bounded as without claims.

use polars_core::prelude::{Column, DataFrame, IntoColumn, NewChunkedArray, PlSmallStr, UInt8Chunked, UInt32Chunked, UInt64Chunked};
use schema::{Reason, Timestamp};

use super::day::Day;
use super::in_force::InForce;
use crate::error::Result;

/// The columns that tell whether a row is claimed, and those that a claim replaces.
pub(crate) const CLAIMED_BY: [&str; 7] = ["time", "src_asn", "dst_asn", "src_mac", "dst_mac", "vlan", "reason"];

/// The columns that tell who is on one side of a row.
struct Side {
    asn: &'static str,
    mac: &'static str,
}

const SRC: Side = Side { asn: "src_asn", mac: "src_mac" };
const DST: Side = Side { asn: "dst_asn", mac: "dst_mac" };

impl InForce {
    /// The rows of the table of cells as they read with these claims.
    pub(crate) fn over_rows(&self, mut rows: DataFrame) -> Result<DataFrame> {
        let (src, dst) = (self.owners(&rows, &SRC)?, self.owners(&rows, &DST)?);
        if src.iter().chain(&dst).all(|owner| *owner == 0) {
            return Ok(rows);
        }
        let reasons = reasons(&rows, &src, &dst)?;
        rows.with_column(reasons)?;
        for (side, owners) in [(SRC, src), (DST, dst)] {
            let [asns, macs] = owned(&rows, &side, &owners)?;
            rows.with_column(asns)?.with_column(macs)?;
        }
        Ok(rows)
    }

    /// The members that claims give to one side of the rows; 0 where there is none, or where the side is a member already.
    fn owners(&self, rows: &DataFrame, side: &Side) -> Result<Vec<u32>> {
        let places = rows.column(side.mac)?.u64()?.iter().zip(rows.column("vlan")?.u16()?.iter());
        let moments = places.zip(rows.column("time")?.i64()?.iter());
        let owners = rows.column(side.asn)?.u32()?.iter().zip(moments).map(|(asn, ((mac, vlan), time))| match (asn, mac, vlan, time) {
            (Some(0), Some(mac), Some(vlan), Some(time)) if mac != 0 => {
                self.owner(mac, vlan, Day::containing(Timestamp(time))).map_or(0, |asn| asn.0)
            }
            _ => 0,
        });
        Ok(owners.collect())
    }
}

/// The columns of a side, with a member instead of an address where a claim gives that side one.
fn owned(rows: &DataFrame, side: &Side, owners: &[u32]) -> Result<[Column; 2]> {
    let asns = rows.column(side.asn)?.u32()?.iter().zip(owners);
    let asns = asns.map(|(asn, owner)| if *owner == 0 { asn.unwrap_or_default() } else { *owner });
    let macs = rows.column(side.mac)?.u64()?.iter().zip(owners);
    let macs = macs.map(|(mac, owner)| if *owner == 0 { mac.unwrap_or_default() } else { 0 });
    Ok([
        UInt32Chunked::from_iter_values(PlSmallStr::from_static(side.asn), asns).into_column(),
        UInt64Chunked::from_iter_values(PlSmallStr::from_static(side.mac), macs).into_column(),
    ])
}

/// The reasons that are left where claims give these members to the sides of the rows, which are not replaced yet.
fn reasons(rows: &DataFrame, src_owners: &[u32], dst_owners: &[u32]) -> Result<Column> {
    let sides = rows.column(SRC.asn)?.u32()?.iter().zip(rows.column(DST.asn)?.u32()?.iter());
    let owners = src_owners.iter().zip(dst_owners);
    let left = rows.column("reason")?.u8()?.iter().zip(sides.zip(owners)).map(|(reason, ((src, dst), (src_owner, dst_owner)))| {
        let [src, dst] = [src, dst].map(Option::unwrap_or_default);
        let code = reason.unwrap_or_default();
        let is_touched = *src_owner != 0 || *dst_owner != 0;
        match Reason::from_code(code) {
            Some(reason) if is_touched => left_of(reason, (src | src_owner) != 0, (dst | dst_owner) != 0).code(),
            _ => code,
        }
    });
    Ok(UInt8Chunked::from_iter_values(PlSmallStr::from_static("reason"), left).into_column())
}

/// The reason of a row of which a claim made a side known.
///
/// This is how frames are attributed when they come: what another frame carries is exchanged if both sides are members, and what was set aside or went to
/// a group stays what it is.
const fn left_of(reason: Reason, src_known: bool, dst_known: bool) -> Reason {
    match (reason, src_known, dst_known) {
        (Reason::UnknownSource | Reason::UnknownDestination | Reason::UnknownBoth | Reason::Tunnelled, true, true) => Reason::Attributed,
        (Reason::UnknownSource | Reason::UnknownDestination | Reason::UnknownBoth, false, true) => Reason::UnknownSource,
        (Reason::UnknownSource | Reason::UnknownDestination | Reason::UnknownBoth, true, false) => Reason::UnknownDestination,
        _ => reason,
    }
}
