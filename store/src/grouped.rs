//! Rows with the same keys become one.
//!
//! Sums grow while rows come, batch by batch, so that memory is bounded by the result and one batch, and a row costs a few additions.

use polars_core::prelude::{Column as Series, DataFrame, NamedFrom, PlSmallStr};
use schema::columns::{Column, Kind};

use crate::error::Result;
use crate::keys::{Keys, numbers};

/// How the values of a column become one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum How {
    /// Added, in the order of the rows; of floating-point numbers, what rounding loses is carried along (Neumaier 1974).
    Sum,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The smallest above zero, and zero if there is none.
    MinAboveZero,
}

/// A column, the type of its values, and how they become one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) how: How,
}

/// Rows that were summed up so far.
pub(crate) struct Grouped {
    keys: Keys,
    measures: Vec<(Measure, Values)>,
}

/// One value for each group.
enum Values {
    Time(Vec<i64>),
    Text(Vec<PlSmallStr>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    F64(Vec<Carried>),
}

/// A sum, and what rounding has lost of it.
#[derive(Clone, Copy, Default)]
struct Carried {
    sum: f64,
    lost: f64,
}

impl Grouped {
    /// No rows yet.
    pub(crate) fn new(keys: &[Column], measures: Vec<Measure>) -> Self {
        let measures = measures.into_iter().map(|measure| (measure, Values::none(measure.kind))).collect();
        Self { keys: Keys::new(keys), measures }
    }

    /// Adds rows that have at least the columns of keys and measures.
    pub(crate) fn add(&mut self, rows: &DataFrame) -> Result<()> {
        let groups = self.keys.groups_of(rows)?;
        let count = self.keys.len();
        self.measures.iter_mut().try_for_each(|(measure, values)| values.add(measure, rows.column(measure.name)?, &groups, count))
    }

    /// How many rows the sum has.
    pub(crate) const fn rows(&self) -> usize {
        self.keys.len()
    }

    /// A row for each group, in the order in which they were met.
    pub(crate) fn into_rows(self) -> Result<DataFrame> {
        let count = self.keys.len();
        let mut columns = self.keys.into_columns();
        columns.extend(self.measures.into_iter().map(|(measure, values)| values.into_column(measure.name)));
        Ok(DataFrame::new(count, columns)?)
    }
}

impl Values {
    const fn none(kind: Kind) -> Self {
        match kind {
            Kind::Time => Self::Time(Vec::new()),
            Kind::Text => Self::Text(Vec::new()),
            Kind::U8 => Self::U8(Vec::new()),
            Kind::U16 => Self::U16(Vec::new()),
            Kind::U32 => Self::U32(Vec::new()),
            Kind::U64 => Self::U64(Vec::new()),
            Kind::F64 => Self::F64(Vec::new()),
        }
    }

    /// Adds a column's values to those of their groups, of which there are `count`.
    fn add(&mut self, measure: &Measure, column: &Series, groups: &[u32], count: usize) -> Result<()> {
        let how = measure.how;
        match self {
            Self::Time(values) => fold(values, groups, numbers(column.i64()?), count, how),
            Self::U8(values) => fold(values, groups, numbers(column.u8()?), count, how),
            Self::U16(values) => fold(values, groups, numbers(column.u16()?), count, how),
            Self::U32(values) => fold(values, groups, numbers(column.u32()?), count, how),
            Self::U64(values) => fold(values, groups, numbers(column.u64()?), count, how),
            Self::F64(values) => {
                values.resize(count, Carried::default());
                each(values, groups, numbers(column.f64()?), Carried::add);
            }
            Self::Text(values) => {
                values.resize(count, PlSmallStr::EMPTY);
                each(values, groups, column.str()?.iter().map(Option::unwrap_or_default), |largest, text: &str| {
                    if text > largest.as_str() {
                        *largest = text.into();
                    }
                });
            }
        }
        Ok(())
    }

    fn into_column(self, name: &'static str) -> Series {
        let name = PlSmallStr::from_static(name);
        match self {
            Self::Time(values) => polars_core::prelude::Series::new(name, values),
            Self::U8(values) => polars_core::prelude::Series::new(name, values),
            Self::U16(values) => polars_core::prelude::Series::new(name, values),
            Self::U32(values) => polars_core::prelude::Series::new(name, values),
            Self::U64(values) => polars_core::prelude::Series::new(name, values),
            Self::F64(values) => polars_core::prelude::Series::new(name, values.iter().map(Carried::whole).collect::<Vec<_>>()),
            Self::Text(values) => polars_core::prelude::Series::new(name, values.iter().map(PlSmallStr::as_str).collect::<Vec<_>>()),
        }
        .into()
    }
}

/// Whole numbers as they become one.
trait Number: Copy + Ord {
    const ZERO: Self;
    /// What any number is smaller than, or the same.
    const LARGEST: Self;
    /// What any number is larger than, or the same.
    const SMALLEST: Self;
    fn plus(self, other: Self) -> Self;
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Number for $number {
            const ZERO: Self = 0;
            const LARGEST: Self = Self::MAX;
            const SMALLEST: Self = Self::MIN;
            #[inline]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
        }
    )+};
}

numbers!(u8, u16, u32, u64, i64);

/// Adds numbers to those of their groups.
fn fold<N: Number>(values: &mut Vec<N>, groups: &[u32], numbers: impl Iterator<Item = N>, count: usize, how: How) {
    match how {
        How::Sum => {
            values.resize(count, N::ZERO);
            each(values, groups, numbers, |sum, number| *sum = sum.plus(number));
        }
        How::Max => {
            values.resize(count, N::SMALLEST);
            each(values, groups, numbers, |largest, number| *largest = (*largest).max(number));
        }
        How::Min => {
            values.resize(count, N::LARGEST);
            each(values, groups, numbers, |smallest, number| *smallest = (*smallest).min(number));
        }
        How::MinAboveZero => {
            values.resize(count, N::ZERO);
            each(values, groups, numbers, |smallest, number| {
                if number != N::ZERO && (*smallest == N::ZERO || number < *smallest) {
                    *smallest = number;
                }
            });
        }
    }
}

#[inline]
fn each<V, T>(values: &mut [V], groups: &[u32], them: impl Iterator<Item = T>, mut add: impl FnMut(&mut V, T)) {
    for (group, it) in groups.iter().zip(them) {
        if let Some(value) = values.get_mut(*group as usize) {
            add(value, it);
        }
    }
}

impl Carried {
    #[inline]
    fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        self.lost += if self.sum.abs() >= number.abs() { (self.sum - sum) + number } else { (number - sum) + self.sum };
        self.sum = sum;
    }

    /// What was added; beyond all numbers, nothing can be told of what was lost.
    fn whole(&self) -> f64 {
        if self.lost.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::columns::Role;

    const KEY: Column = Column { name: "key", kind: Kind::U32, role: Role::Key, unit: "", doc: "" };

    fn measures() -> Vec<Measure> {
        [
            ("sum", Kind::U64, How::Sum),
            ("variance", Kind::F64, How::Sum),
            ("max", Kind::U8, How::Max),
            ("name", Kind::Text, How::Max),
            ("first", Kind::Time, How::Min),
            ("rate", Kind::U32, How::MinAboveZero),
        ]
        .map(|(name, kind, how)| Measure { name, kind, how })
        .to_vec()
    }

    fn rows() -> DataFrame {
        let columns = [
            polars_core::prelude::Series::new("key".into(), [1_u32, 2, 1, 2, 1]).into(),
            polars_core::prelude::Series::new("sum".into(), [1_u64, 10, 2, 20, 4]).into(),
            polars_core::prelude::Series::new("max".into(), [3_u8, 0, 200, 0, 1]).into(),
            polars_core::prelude::Series::new("name".into(), ["a", "", "Ethernet1", "", "Ethernet"]).into(),
            polars_core::prelude::Series::new("first".into(), [5_i64, -7, 4, 8, 6]).into(),
            polars_core::prelude::Series::new("rate".into(), [0_u32, 0, u32::MAX, 0, 7]).into(),
            polars_core::prelude::Series::new("variance".into(), [0.1, 1e100, 0.2, 2.0, 0.3]).into(),
        ];
        DataFrame::new(5, columns.to_vec()).unwrap()
    }

    fn check(sums: &DataFrame) {
        let column = |name: &str| sums.column(name).unwrap();
        assert_eq!(column("key").u32().unwrap().to_vec(), [Some(1), Some(2)]);
        assert_eq!(column("sum").u64().unwrap().to_vec(), [Some(7), Some(30)]);
        assert_eq!(column("max").u8().unwrap().to_vec(), [Some(200), Some(0)]);
        assert_eq!(column("name").str().unwrap().iter().collect::<Vec<_>>(), [Some("a"), Some("")]);
        assert_eq!(column("first").i64().unwrap().to_vec(), [Some(4), Some(-7)]);
        assert_eq!(column("rate").u32().unwrap().to_vec(), [Some(7), Some(0)], "zero is none");
        assert_eq!(column("variance").f64().unwrap().to_vec(), [Some(0.6), Some(1e100)], "with what rounding loses made good");
    }

    #[test]
    fn rows_with_the_same_keys_become_one_column_by_column() {
        let mut whole = Grouped::new(&[KEY], measures());
        whole.add(&rows()).unwrap();
        check(&whole.into_rows().unwrap());
        let mut in_parts = Grouped::new(&[KEY], measures());
        (0..5).for_each(|row| in_parts.add(&rows().slice(row, 1)).unwrap());
        check(&in_parts.into_rows().unwrap());
    }

    #[test]
    fn what_is_lost_in_rounding_comes_back() {
        let mut sum = Carried::default();
        [1.0, 1e100, 1.0, -1e100].into_iter().for_each(|number| sum.add(number));
        assert!((sum.whole() - 2.0).abs() < f64::EPSILON);
        [f64::MAX, f64::MAX].into_iter().for_each(|number| sum.add(number));
        assert!(sum.whole().is_infinite());
    }

    #[test]
    fn no_rows_become_none() {
        let mut none = Grouped::new(&[KEY], measures());
        none.add(&rows().head(Some(0))).unwrap();
        assert_eq!(none.into_rows().unwrap().shape(), (0, 7));
    }
}
