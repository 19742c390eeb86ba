//! Which rows have the same keys: groups by numbers, in the order in which they are met.
//!
//! A row's keys are packed into a few words, and a text stands there by a number of its own. Journals are sorted, so the group after the one that a row belongs to
//! is nearly always that of the next row: it is compared first, and only what is not there is looked for.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use polars_core::prelude::{ChunkedArray, Column as Series, DataFrame, NamedFrom, PlSmallStr, PolarsNumericType};
use schema::columns::{Column, Kind};

use crate::error::Result;

/// Words that keys of any table take at most, which a test holds against the tables.
const MOST_WORDS: usize = 8;

/// Groups that are compared before one is looked for: that of the row before, to which the row may belong too, and those after it, of which some may have no row.
const NEAR: usize = 4;

/// Room in the index at first.
const LEAST_ROOM: usize = 64;

const WORD: u32 = u64::BITS;

/// Groups by the keys of their rows.
pub(crate) struct Keys {
    places: Vec<Place>,
    groups: Groups,
}

/// Where a key stands among the words of a row.
struct Place {
    name: &'static str,
    kind: Kind,
    word: usize,
    /// Bits of its word below it.
    shift: u32,
    texts: Texts,
}

/// Texts by the numbers that stand for them.
#[derive(Default)]
struct Texts {
    numbers: HashMap<Box<str>, u64>,
    known: Vec<Box<str>>,
}

/// The groups' words; how many words there are is known when code is compiled, so that comparing them is a few instructions.
enum Groups {
    One(Table<1>),
    Two(Table<2>),
    Four(Table<4>),
    Eight(Table<MOST_WORDS>),
}

/// Does something with the table, whatever its words are.
macro_rules! with_table {
    ($groups:expr, $table:ident => $work:expr) => {
        match $groups {
            Groups::One($table) => $work,
            Groups::Two($table) => $work,
            Groups::Four($table) => $work,
            Groups::Eight($table) => $work,
        }
    };
}

impl Keys {
    /// No groups yet, by these columns.
    pub(crate) fn new(columns: &[Column]) -> Self {
        let (places, words) = laid_out(columns);
        let groups = match words {
            0 | 1 => Groups::One(Table::default()),
            2 => Groups::Two(Table::default()),
            3 | 4 => Groups::Four(Table::default()),
            _ => Groups::Eight(Table::default()),
        };
        Self { places, groups }
    }

    /// How many groups there are.
    pub(crate) const fn len(&self) -> usize {
        with_table!(&self.groups, table => table.rows.len())
    }

    /// The group of each row; groups that were not there are added.
    pub(crate) fn groups_of(&mut self, rows: &DataFrame) -> Result<Vec<u32>> {
        with_table!(&mut self.groups, table => {
            let packed = packed(&mut self.places, rows)?;
            Ok(table.groups_of(&packed))
        })
    }

    /// The keys of each group, as columns.
    pub(crate) fn into_columns(self) -> Vec<Series> {
        with_table!(self.groups, table => self.places.iter().map(|place| place.column(&table.rows)).collect())
    }
}

/// Gives each key a place, and tells how many words this takes.
fn laid_out(columns: &[Column]) -> (Vec<Place>, usize) {
    let mut taken: Vec<u32> = Vec::new();
    let mut places = Vec::new();
    for column in columns {
        let bits = bits(column.kind);
        let word = taken.iter().position(|taken| taken + bits <= WORD).unwrap_or(taken.len());
        if word == taken.len() {
            taken.push(0);
        }
        places.push(Place { name: column.name, kind: column.kind, word, shift: taken[word], texts: Texts::default() });
        taken[word] += bits;
    }
    (places, taken.len())
}

/// Bits of a key; of a text, those of its number.
const fn bits(kind: Kind) -> u32 {
    match kind {
        Kind::U8 => u8::BITS,
        Kind::U16 => u16::BITS,
        Kind::U32 | Kind::Text => u32::BITS,
        Kind::Time | Kind::U64 | Kind::F64 => u64::BITS,
    }
}

/// The words of each row's keys.
fn packed<const WORDS: usize>(places: &mut [Place], rows: &DataFrame) -> Result<Vec<[u64; WORDS]>> {
    let mut packed = vec![[0; WORDS]; rows.height()];
    for place in places {
        place.pack(rows.column(place.name)?, &mut packed)?;
    }
    Ok(packed)
}

impl Place {
    fn pack<const WORDS: usize>(&mut self, column: &Series, packed: &mut [[u64; WORDS]]) -> Result<()> {
        match self.kind {
            Kind::U8 => self.put(packed, numbers(column.u8()?)),
            Kind::U16 => self.put(packed, numbers(column.u16()?)),
            Kind::U32 => self.put(packed, numbers(column.u32()?)),
            Kind::U64 => self.put(packed, numbers(column.u64()?)),
            Kind::Time => self.put(packed, numbers(column.i64()?).map(i64::cast_unsigned)),
            Kind::F64 => self.put(packed, numbers(column.f64()?).map(f64::to_bits)),
            Kind::Text => {
                let texts = std::mem::take(&mut self.texts).numbered(column.str()?.iter(), |numbers| self.put(packed, numbers));
                self.texts = texts;
            }
        }
        Ok(())
    }

    fn put<const WORDS: usize>(&self, packed: &mut [[u64; WORDS]], numbers: impl Iterator<Item = impl Into<u64>>) {
        for (words, number) in packed.iter_mut().zip(numbers) {
            words[self.word] |= number.into() << self.shift;
        }
    }

    /// The key's column of groups with these words.
    fn column<const WORDS: usize>(&self, groups: &[[u64; WORDS]]) -> Series {
        let name = PlSmallStr::from_static(self.name);
        let mask = u64::MAX >> (WORD - bits(self.kind));
        let numbers = groups.iter().map(|words| words[self.word] >> self.shift & mask);
        macro_rules! column {
            ($number:ty) => {
                // Nothing is lost: it is as wide as it was when it was packed.
                polars_core::prelude::Series::new(name, numbers.map(|number| number as $number).collect::<Vec<_>>()).into()
            };
        }
        match self.kind {
            Kind::U8 => column!(u8),
            Kind::U16 => column!(u16),
            Kind::U32 => column!(u32),
            Kind::U64 => column!(u64),
            Kind::Time => polars_core::prelude::Series::new(name, numbers.map(u64::cast_signed).collect::<Vec<_>>()).into(),
            Kind::F64 => polars_core::prelude::Series::new(name, numbers.map(f64::from_bits).collect::<Vec<_>>()).into(),
            Kind::Text => {
                let texts: Vec<&str> = numbers.map(|number| self.texts.known.get(number as usize).map_or("", |text| text)).collect();
                polars_core::prelude::Series::new(name, texts).into()
            }
        }
    }
}

/// The numbers of a column. No column of ours lacks any.
pub(crate) fn numbers<T: PolarsNumericType>(column: &ChunkedArray<T>) -> impl Iterator<Item = T::Native> {
    column.downcast_iter().flat_map(|chunk| chunk.values().iter().copied())
}

impl Texts {
    /// Numbers texts, and hands the numbers on; neighbours are mostly the same, and looked up once.
    fn numbered<'t>(mut self, texts: impl Iterator<Item = Option<&'t str>>, take: impl FnOnce(&mut dyn Iterator<Item = u64>)) -> Self {
        let mut last: Option<(&str, u64)> = None;
        let mut numbers = texts.map(|text| {
            let text = text.unwrap_or_default();
            match last {
                Some((same, number)) if same == text => number,
                _ => last.insert((text, self.number(text))).1,
            }
        });
        take(&mut numbers);
        drop(numbers);
        self
    }

    fn number(&mut self, text: &str) -> u64 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.known.len() as u64;
        self.known.push(text.into());
        self.numbers.insert(text.into(), number);
        number
    }
}

/// The words of each group, and where they stand.
#[derive(Default)]
struct Table<const WORDS: usize> {
    rows: Vec<[u64; WORDS]>,
    index: HashTable<u32>,
    hasher: RandomState,
}

impl<const WORDS: usize> Table<WORDS> {
    fn groups_of(&mut self, packed: &[[u64; WORDS]]) -> Vec<u32> {
        // One goes along with what the first rows brought, the other with what later ones added.
        let (mut last, mut before) = (0, 0);
        let groups = packed.iter().map(|words| {
            if let Some(group) = self.near(last, words) {
                last = group;
            } else {
                let group = self.near(before, words).unwrap_or_else(|| self.group(words));
                (last, before) = (group, last);
            }
            last
        });
        groups.collect()
    }

    /// The group of a row, if it is this one or one of those behind it.
    #[inline(always)]
    fn near(&self, group: u32, words: &[u64; WORDS]) -> Option<u32> {
        let them = self.rows.get(group as usize..).unwrap_or_default();
        (group..).zip(them).take(NEAR).find(|(_, known)| *known == words).map(|(group, _)| group)
    }

    fn group(&mut self, words: &[u64; WORDS]) -> u32 {
        let Self { rows, index, hasher } = self;
        let hash = hasher.hash_one(words);
        let is_it = |group: &u32| rows.get(*group as usize) == Some(words);
        if let Some(group) = index.find(hash, is_it) {
            return *group;
        }
        let group = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        rows.push(*words);
        if index.len() == index.capacity() {
            // To twice as much at a time, each group would be entered twice.
            index.reserve(3 * index.len() + LEAST_ROOM, |group| hasher.hash_one(rows[*group as usize]));
        }
        index.insert_unique(hash, group, |group| hasher.hash_one(rows[*group as usize]));
        group
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::TABLES;
    use schema::columns::Role;

    fn column(name: &'static str, kind: Kind) -> Column {
        Column { name, kind, role: Role::Key, unit: "", doc: "" }
    }

    fn series<T, P: ?Sized>(name: &str, values: T) -> Series
    where
        polars_core::prelude::Series: NamedFrom<T, P>,
    {
        polars_core::prelude::Series::new(name.into(), values).into()
    }

    #[test]
    fn the_keys_of_every_table_fit() {
        for kept in TABLES {
            let keys: Vec<Column> = kept.table.columns.iter().filter(|column| column.role == Role::Key).copied().collect();
            assert!(laid_out(&keys).1 <= MOST_WORDS, "{}", kept.table.name);
        }
    }

    #[test]
    fn rows_are_told_apart_by_each_of_their_keys() {
        let columns = [column("one", Kind::U32), column("time", Kind::Time), column("text", Kind::Text), column("small", Kind::U8)];
        let rows = |texts: [&str; 5]| {
            let one = series("one", [u32::MAX, 2, u32::MAX, u32::MAX, u32::MAX]);
            let time = series("time", [-60_000_i64, -60_000, 0, -60_000, -60_000]);
            let small = series("small", [7_u8, 7, 7, 7, 255]);
            DataFrame::new(5, vec![one, time, series("text", texts), small]).unwrap()
        };
        let mut keys = Keys::new(&columns);
        assert_eq!(keys.groups_of(&rows(["a", "a", "a", "b", "a"])).unwrap(), [0, 1, 2, 3, 4]);
        assert_eq!(keys.groups_of(&rows(["b", "a", "a", "a", "a"])).unwrap(), [3, 1, 2, 0, 4]);
        assert_eq!(keys.len(), 5);
        let expected = rows(["a", "a", "a", "b", "a"]);
        for column in keys.into_columns() {
            assert_eq!(&column, expected.column(column.name()).unwrap());
        }
    }

    #[test]
    fn rows_without_keys_are_one_group() {
        let rows = DataFrame::new(3, vec![series("sum", [1_u64, 2, 3])]).unwrap();
        assert_eq!(Keys::new(&[]).groups_of(&rows).unwrap(), [0, 0, 0]);
    }
}
