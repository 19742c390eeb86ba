//! A part of rows: what cuts a sum that would be too large at once.

use polars_core::prelude::{BooleanChunked, DataFrame, DataType};

use crate::error::Result;

/// The rows of which some columns, added, leave one remainder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    pub(crate) number: u64,
    /// How many parts there are.
    pub(crate) of: u64,
    /// The columns that are added.
    pub(crate) columns: Vec<&'static str>,
}

impl Part {
    /// The rows that are in it.
    pub(crate) fn of_rows(&self, rows: &DataFrame) -> Result<DataFrame> {
        let mut sums = vec![0_u64; rows.height()];
        for column in &self.columns {
            let numbers = rows.column(column)?.cast(&DataType::UInt64)?;
            sums.iter_mut().zip(numbers.u64()?.iter()).for_each(|(sum, number)| *sum = sum.wrapping_add(number.unwrap_or_default()));
        }
        let mask = sums.iter().map(|sum| sum % self.of.max(1) == self.number);
        Ok(rows.filter(&mask.collect::<BooleanChunked>())?)
    }
}
