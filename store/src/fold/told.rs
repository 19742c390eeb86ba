//! A sum as another executor reads it, and how its rows come back.

use polars_core::prelude::DataFrame;
use schema::columns::{Column, Table};

use super::{FIRST_TIME, Fold, TIME, Times};
use crate::condition::Condition;
use crate::error::Result;
use crate::frame::Frame;
use crate::reattribution::InForce;

/// What a [`Fold`] says, for whoever sums rows elsewhere.
pub(crate) struct Told<'f> {
    pub(crate) table: &'f Table,
    /// Columns of which rows with the same values become one, in the order of the result.
    pub(crate) keys: Vec<Column>,
    /// Measures that are kept.
    pub(crate) measures: &'f [Column],
    /// To the multiple of what the time is taken down where it is a key, in milliseconds.
    pub(crate) step: Option<i64>,
    pub(crate) conditions: &'f [Condition],
    /// The column that keeps the latest time, and the one that keeps the earliest, where they are kept.
    pub(crate) latest: Option<&'static str>,
    pub(crate) earliest: Option<&'static str>,
    /// Claims that say whose unknown MAC addresses were.
    pub(crate) claims: Option<&'f InForce>,
}

impl Fold {
    /// What it says.
    pub(crate) fn told(&self) -> Told<'_> {
        let key = |name: &&'static str| self.table.columns.iter().find(|column| column.name == *name).copied();
        let times = if self.keys.contains(&TIME) { Times::None } else { self.times };
        Told {
            table: &self.table,
            keys: self.keys.iter().filter_map(key).collect(),
            measures: &self.measures,
            step: self.step.filter(|_| self.keys.contains(&TIME)),
            conditions: &self.conditions,
            latest: (times != Times::None).then_some(TIME),
            earliest: (times == Times::Both).then_some(FIRST_TIME),
            claims: self.claims.as_deref(),
        }
    }

    /// The columns of rows that are summed here after all, because only here it is known what they read as.
    pub(crate) fn raw_columns(&self) -> Vec<Column> {
        self.columns()
    }

    /// Sums such rows.
    pub(crate) fn of_raw(&self, rows: Frame) -> Result<DataFrame> {
        let mut sum = self.nothing();
        self.add(&mut sum, rows)?;
        sum.into_rows()
    }

    /// One sum of several that were made in different places, which may have their columns in different orders. There is at least the empty one.
    pub(crate) fn one_of(&self, sums: &[DataFrame]) -> Result<DataFrame> {
        let nothing = self.run(&[], Vec::new())?;
        let names: Vec<String> = nothing.get_column_names().into_iter().map(ToString::to_string).collect();
        let aligned: Result<Vec<DataFrame>> = sums.iter().map(|sum| Ok(sum.select(names.iter().map(String::as_str))?)).collect();
        self.joined(aligned?)
    }
}

impl Told<'_> {
    /// The columns of the result as they come back.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let times = self.latest.into_iter().chain(self.earliest);
        let time = |name| self.table.columns.iter().find(|column| column.name == TIME).map(|column| Column { name, ..*column });
        self.keys.iter().chain(self.measures).copied().chain(times.filter_map(time)).collect()
    }
}
