//! Claims put over rows of the matrix.
//!
//! The columns that say who exchanged a row are replaced before anything is filtered or summed. So every question sees the rows as if the members had been known,
//! whatever it asks for, sums are only ever moved, and memory stays bounded as without claims.

use std::sync::Arc;

use polars::error::PolarsResult;
use polars::prelude::{
    Column, DataType, Expr, Field, IntoColumn, LazyFrame, NewChunkedArray, PlSmallStr, UInt8Chunked, UInt32Chunked, col, lit, when,
};
use schema::{Reason, Timestamp};

use super::day::Day;
use super::in_force::InForce;

/// The members that claims give the two sides of a row; 0 where they say nothing of it.
const SRC_OWNER: &str = "src_owner";
const DST_OWNER: &str = "dst_owner";

impl InForce {
    /// The rows of the table of cells as they read with these claims.
    pub(crate) fn over_rows(self: &Arc<Self>, rows: LazyFrame) -> LazyFrame {
        let owners = [self.owner_of("src_asn", "src_mac").alias(SRC_OWNER), self.owner_of("dst_asn", "dst_mac").alias(DST_OWNER)];
        rows.with_columns(owners).with_columns([
            owned(SRC_OWNER, col(SRC_OWNER), "src_asn"),
            owned(DST_OWNER, col(DST_OWNER), "dst_asn"),
            owned(SRC_OWNER, lit(0_u64), "src_mac"),
            owned(DST_OWNER, lit(0_u64), "dst_mac"),
            reason(),
        ])
    }

    /// The member that a claim gives a row's side; 0 where there is none, or where the side is a member already.
    fn owner_of(self: &Arc<Self>, asn: &str, mac: &str) -> Expr {
        let claims = Arc::clone(self);
        let owners = move |columns: &mut [Column]| claims.owners(columns);
        let time = col("time").cast(DataType::Int64);
        col(asn).map_many(owners, &[col(mac), col("vlan"), time], |_, fields| typed(fields, DataType::UInt32))
    }

    fn owners(&self, columns: &[Column]) -> PolarsResult<Column> {
        let [asns, macs, vlans, times] = columns else { return Err(wrong_arguments()) };
        let places = macs.u64()?.iter().zip(vlans.u16()?.iter()).zip(times.i64()?.iter());
        let owners = asns.u32()?.iter().zip(places).map(|(asn, ((mac, vlan), time))| match (asn, mac, vlan, time) {
            (Some(0), Some(mac), Some(vlan), Some(time)) if mac != 0 => {
                self.owner(mac, vlan, Day::containing(Timestamp(time))).map_or(0, |asn| asn.0)
            }
            _ => 0,
        });
        Ok(UInt32Chunked::from_iter_values(asns.name().clone(), owners).into_column())
    }
}

/// A column with a new value where a claim gives that side a member.
fn owned(owner: &str, value: Expr, column: &str) -> Expr {
    when(col(owner).neq(lit(0_u32))).then(value).otherwise(col(column)).alias(column)
}

/// The reason that is left.
fn reason() -> Expr {
    let others = ["src_asn", "dst_asn", SRC_OWNER, DST_OWNER].map(col);
    col("reason").map_many(|columns| reasons(columns), &others, |_, fields| typed(fields, DataType::UInt8))
}

fn reasons(columns: &[Column]) -> PolarsResult<Column> {
    let [reasons, src, dst, src_owner, dst_owner] = columns else { return Err(wrong_arguments()) };
    let sides = src.u32()?.iter().zip(dst.u32()?.iter());
    let owners = src_owner.u32()?.iter().zip(dst_owner.u32()?.iter());
    let left = reasons.u8()?.iter().zip(sides.zip(owners)).map(|(reason, ((src, dst), (src_owner, dst_owner)))| {
        let [src, dst, src_owner, dst_owner] = [src, dst, src_owner, dst_owner].map(Option::unwrap_or_default);
        let code = reason.unwrap_or_default();
        let is_touched = src_owner != 0 || dst_owner != 0;
        match Reason::from_code(code) {
            Some(reason) if is_touched => left_of(reason, (src | src_owner) != 0, (dst | dst_owner) != 0).code(),
            _ => code,
        }
    });
    Ok(UInt8Chunked::from_iter_values(reasons.name().clone(), left).into_column())
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

fn typed(fields: &[Field], kind: DataType) -> PolarsResult<Field> {
    let name = fields.first().map_or(PlSmallStr::EMPTY, |field| field.name().clone());
    Ok(Field::new(name, kind))
}

fn wrong_arguments() -> polars::error::PolarsError {
    polars::error::PolarsError::ComputeError("a claim was asked for other columns".into())
}
