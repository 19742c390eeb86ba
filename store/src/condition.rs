//! Which rows are meant, told as data.
//!
//! A condition is one comparison of a column of numbers, and rows are meant if they meet all of them. That is all that questions need, and little enough for
//! any executor to follow it: here columns are compared by polars.

use polars_core::prelude::{BooleanChunked, ChunkCompareEq, Column, DataFrame};
use schema::Reason;

use crate::error::Result;
use crate::question::Question;

/// A comparison that a row must meet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Condition {
    column: &'static str,
    comparison: Comparison,
    number: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Comparison {
    Equal,
    Unequal,
}

impl Condition {
    /// The column is this number.
    pub(crate) fn is(column: &'static str, number: impl Into<u64>) -> Self {
        Self { column, comparison: Comparison::Equal, number: number.into() }
    }

    /// The column is any other number.
    pub(crate) fn is_not(column: &'static str, number: impl Into<u64>) -> Self {
        Self { column, comparison: Comparison::Unequal, number: number.into() }
    }

    /// The column that is looked at.
    pub(crate) const fn column(&self) -> &'static str {
        self.column
    }

    /// The number that the column must be; `None` where any but one will do, which hardly leaves anything out.
    pub(crate) const fn equal_to(&self) -> Option<u64> {
        match self.comparison {
            Comparison::Equal => Some(self.number),
            Comparison::Unequal => None,
        }
    }

    /// The number that the column is held against, and whether it must be that number or must not.
    pub(crate) const fn number(&self) -> (u64, bool) {
        (self.number, matches!(self.comparison, Comparison::Equal))
    }

    fn met_by(&self, rows: &DataFrame) -> Result<BooleanChunked> {
        let numbers = rows.column(self.column).map(Column::as_materialized_series)?;
        Ok(match self.comparison {
            Comparison::Equal => numbers.equal(self.number),
            Comparison::Unequal => numbers.not_equal(self.number),
        }?)
    }
}

/// The rows that meet all conditions.
pub(crate) fn meeting(rows: DataFrame, conditions: &[Condition]) -> Result<DataFrame> {
    let mut met: Option<BooleanChunked> = None;
    for condition in conditions {
        let these = condition.met_by(&rows)?;
        met = Some(met.map_or_else(|| these.clone(), |met| &met & &these));
    }
    Ok(met.map(|met| rows.filter(&met)).transpose()?.unwrap_or(rows))
}

/// Which rows of the matrix a question means.
pub(crate) fn of_question(question: &Question) -> Vec<Condition> {
    let conditions = [
        question.ip_version.map(|version| Condition::is("ip_version", version)),
        question.vlan.map(|vlan| Condition::is("vlan", vlan)),
        question.src.map(|src| Condition::is("src_asn", src.0)),
        question.dst.map(|dst| Condition::is("dst_asn", dst.0)),
        question.src_locality.map(|locality| Condition::is("src_locality", locality.code())),
        question.dst_locality.map(|locality| Condition::is("dst_locality", locality.code())),
    ];
    conditions.into_iter().flatten().collect()
}

/// Which rows of the matrix are exchanged traffic, attributed or not.
pub(crate) fn exchanged() -> impl Iterator<Item = Condition> {
    Reason::ALL.into_iter().filter(|reason| reason.is_set_aside()).map(|reason| Condition::is_not("reason", reason.code()))
}
