//! Rows with the same keys become one.
//!
//! This is what polars is here for. Its eager half does it: the lazy one would make most of the program's size and of the time to build it, for plans that
//! are never more than "these rows, these keys, these sums".

use polars_core::prelude::{ChunkApply, Column, DataFrame, DataType, GroupBy, IntoColumn, PlSmallStr};

use crate::error::Result;
use crate::packed::packed;

/// How the values of a column become one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum How {
    /// Added, in the order of the rows; of floating-point numbers, what rounding loses is carried along (Kahan).
    Sum,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The smallest above zero, and zero if there is none.
    MinAboveZero,
}

/// A column, and how its values become one.
pub(crate) type Measure = (&'static str, How);

/// Makes one row of all rows with the same keys; the rows that are left come in any order.
pub(crate) fn grouped(mut rows: DataFrame, keys: &[&'static str], measures: &[Measure]) -> Result<DataFrame> {
    let above_zero: Vec<&str> = measures.iter().filter(|(_, how)| *how == How::MinAboveZero).map(|(name, _)| *name).collect();
    for name in &above_zero {
        let zero_last = turned(rows.column(name)?, Turn::Down)?;
        rows.with_column(zero_last)?;
    }
    let groups = groups(&rows, keys)?;
    let mut columns = groups.keys();
    for (these, of) in OPERATIONS {
        let names: Vec<&str> = measures.iter().filter(|(_, how)| these.contains(how)).map(|(name, _)| *name).collect();
        if !names.is_empty() {
            columns.extend(named(of(&groups.clone().select(names.iter().copied()))?, &names));
        }
    }
    let mut sums = DataFrame::new(columns.first().map_or(0, Column::len), columns)?;
    for name in &above_zero {
        let zero_first = turned(sums.column(name)?, Turn::Up)?;
        sums.with_column(zero_first)?;
    }
    Ok(sums)
}

/// Finds the rows with the same keys, on this thread alone: there is one for each batch.
fn groups<'r>(rows: &'r DataFrame, keys: &[&str]) -> Result<GroupBy<'r>> {
    let keys = rows.select_to_vec(keys.iter().copied())?;
    Ok(match packed(&keys)? {
        Some(packed) => {
            let groups = rows.group_by_with_series(vec![packed], false, false)?.into_groups();
            GroupBy::new(rows, keys, groups, None)
        }
        None => rows.group_by_with_series(keys, false, false)?,
    })
}

type Operation = fn(&GroupBy<'_>) -> polars_core::error::PolarsResult<DataFrame>;

/// polars has one pass for all columns of a kind.
const OPERATIONS: [(&[How], Operation); 3] = [(&[How::Sum], sum), (&[How::Max], max), (&[How::Min, How::MinAboveZero], min)];

#[expect(deprecated, reason = "polars would have the lazy engine used, which is what is avoided here")]
fn sum(groups: &GroupBy<'_>) -> polars_core::error::PolarsResult<DataFrame> {
    groups.sum()
}

#[expect(deprecated, reason = "polars would have the lazy engine used, which is what is avoided here")]
fn max(groups: &GroupBy<'_>) -> polars_core::error::PolarsResult<DataFrame> {
    groups.max()
}

#[expect(deprecated, reason = "polars would have the lazy engine used, which is what is avoided here")]
fn min(groups: &GroupBy<'_>) -> polars_core::error::PolarsResult<DataFrame> {
    groups.min()
}

/// The last columns of a result, which are in the order of these names, under these names.
fn named(result: DataFrame, names: &[&'static str]) -> Vec<Column> {
    let columns = result.into_columns();
    let keys = columns.len().saturating_sub(names.len());
    let renamed = columns.into_iter().skip(keys).zip(names).map(|(mut column, name)| {
        column.rename(PlSmallStr::from_static(name));
        column
    });
    renamed.collect()
}

/// Which way a column's numbers are turned by one.
#[derive(Clone, Copy)]
enum Turn {
    Down,
    Up,
}

/// A column's numbers turned by one, around their type's end: taken down, zero comes after all others, and the smallest is the smallest above it.
fn turned(column: &Column, turn: Turn) -> Result<Column> {
    macro_rules! turned {
        ($numbers:expr) => {
            $numbers
                .apply_values(|number| match turn {
                    Turn::Down => number.wrapping_sub(1),
                    Turn::Up => number.wrapping_add(1),
                })
                .into_column()
        };
    }
    Ok(match column.dtype() {
        DataType::UInt8 => turned!(column.u8()?),
        DataType::UInt16 => turned!(column.u16()?),
        DataType::UInt32 => turned!(column.u32()?),
        _ => turned!(column.u64()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars_core::prelude::{NamedFrom, Series};

    fn rows() -> DataFrame {
        let columns = [
            Series::new("key".into(), [1_u32, 2, 1, 2, 1]).into_column(),
            Series::new("sum".into(), [1_u64, 10, 2, 20, 4]).into_column(),
            Series::new("max".into(), [3_u8, 0, 200, 0, 1]).into_column(),
            Series::new("first".into(), [5_i64, -7, 4, 8, 6]).into_column(),
            Series::new("rate".into(), [0_u32, 0, u32::MAX, 0, 7]).into_column(),
            Series::new("variance".into(), [0.1, 1.0, 0.2, 2.0, 0.3]).into_column(),
        ];
        DataFrame::new(5, columns.to_vec()).unwrap()
    }

    #[test]
    fn rows_with_the_same_keys_become_one_column_by_column() {
        let measures = [("sum", How::Sum), ("variance", How::Sum), ("max", How::Max), ("first", How::Min), ("rate", How::MinAboveZero)];
        let sums = grouped(rows(), &["key"], &measures).unwrap();
        let sums = sums.sort(["key"], polars_core::prelude::SortMultipleOptions::default()).unwrap();
        let column = |name: &str| sums.column(name).unwrap();
        assert_eq!(column("key").u32().unwrap().to_vec(), [Some(1), Some(2)]);
        assert_eq!(column("sum").u64().unwrap().to_vec(), [Some(7), Some(30)]);
        assert_eq!(column("max").u8().unwrap().to_vec(), [Some(200), Some(0)]);
        assert_eq!(column("first").i64().unwrap().to_vec(), [Some(4), Some(-7)]);
        assert_eq!(column("rate").u32().unwrap().to_vec(), [Some(7), Some(0)], "zero is none");
        assert_eq!(column("variance").f64().unwrap().to_vec(), [Some(0.6), Some(3.0)], "with what rounding loses made good");
    }

    #[test]
    fn no_rows_become_none() {
        let sums = grouped(rows().head(Some(0)), &["key", "first"], &[("sum", How::Sum)]).unwrap();
        assert_eq!(sums.shape(), (0, 3));
    }
}
