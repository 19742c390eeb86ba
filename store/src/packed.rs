//! Keys of several columns, packed into one number.
//!
//! polars groups by one number several times as fast as by several columns, which it lays out as strings of octets first. The numbers of our keys are small, or
//! near each other, so that those of a batch nearly always fit into 64 bits together.

use std::collections::HashMap;

use polars_core::prelude::{Column, DataType, IntoColumn, PlSmallStr, UInt64Chunked};

use crate::error::Result;

/// Bits of a packed key.
const BITS: u32 = u64::BITS;

/// One column of packed keys, in which two rows are the same where they are in all of `keys`; `None` if they do not fit.
pub(crate) fn packed(keys: &[Column]) -> Result<Option<Column>> {
    let mut packed: Vec<u64> = Vec::new();
    let mut taken = 0;
    for key in keys {
        let (numbers, bits) = narrowed(numbers(key)?);
        taken += bits;
        if taken > BITS {
            return Ok(None);
        }
        if packed.is_empty() {
            packed = numbers;
        } else {
            // All 64 bits taken at once leave nothing for another key, so a shift of 64 is by a key of no bits at most.
            packed.iter_mut().zip(numbers).for_each(|(packed, number)| *packed = packed.checked_shl(bits).unwrap_or_default() | number);
        }
    }
    Ok(Some(UInt64Chunked::from_vec(PlSmallStr::EMPTY, packed).into_column()))
}

/// Numbers that tell a key's values apart, the same for the same value.
fn numbers(key: &Column) -> Result<Vec<u64>> {
    Ok(match key.dtype() {
        DataType::UInt8 => key.u8()?.iter().map(|number| number.unwrap_or_default().into()).collect(),
        DataType::UInt16 => key.u16()?.iter().map(|number| number.unwrap_or_default().into()).collect(),
        DataType::UInt32 => key.u32()?.iter().map(|number| number.unwrap_or_default().into()).collect(),
        DataType::UInt64 => key.u64()?.iter().map(Option::unwrap_or_default).collect(),
        DataType::Int64 => key.i64()?.iter().map(|number| ordered(number.unwrap_or_default())).collect(),
        _ => {
            let mut known = HashMap::new();
            let texts = key.str()?.iter().map(|text| {
                let next = known.len() as u64;
                *known.entry(text.unwrap_or_default()).or_insert(next)
            });
            texts.collect()
        }
    })
}

/// Signed numbers in the same order as unsigned ones, so that neighbours stay neighbours around zero.
const fn ordered(number: i64) -> u64 {
    number.cast_unsigned() ^ (1 << 63)
}

/// The numbers less the smallest of them, and how many bits these take.
fn narrowed(mut numbers: Vec<u64>) -> (Vec<u64>, u32) {
    let smallest = numbers.iter().copied().min().unwrap_or_default();
    numbers.iter_mut().for_each(|number| *number -= smallest);
    let bits = BITS - numbers.iter().copied().max().unwrap_or_default().leading_zeros();
    (numbers, bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars_core::prelude::{NamedFrom, Series};

    fn keys(columns: &[Series]) -> Option<Vec<u64>> {
        let columns: Vec<Column> = columns.iter().map(|column| column.clone().into_column()).collect();
        packed(&columns).unwrap().map(|keys| keys.u64().unwrap().iter().flatten().collect())
    }

    #[test]
    fn rows_are_told_apart_by_each_of_their_keys() {
        let one = Series::new("one".into(), [4_000_000_001_u32, 4_000_000_002, 4_000_000_001, 4_000_000_001]);
        let time = Series::new("time".into(), [-60_000_i64, -60_000, 0, -60_000]);
        let text = Series::new("text".into(), ["a", "a", "a", "b"]);
        let same = Series::new("same".into(), [7_u16; 4]);
        let mut found = keys(&[one, time, same, text]).unwrap();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn keys_that_do_not_fit_are_not_packed() {
        let wide = Series::new("wide".into(), [0, u64::MAX]);
        assert_eq!(keys(std::slice::from_ref(&wide)), Some(vec![0, u64::MAX]));
        assert_eq!(keys(&[wide.clone(), Series::new("same".into(), [9_u8, 9])]), Some(vec![0, u64::MAX]));
        assert_eq!(keys(&[wide, Series::new("other".into(), [8_u8, 9])]), None);
        let (src, dst) = (Series::new("src".into(), [0, u32::MAX]), Series::new("dst".into(), [0, u32::MAX]));
        assert_eq!(keys(&[src.clone(), dst.clone()]), Some(vec![0, u64::MAX]));
        assert_eq!(keys(&[src, dst, Series::new("reason".into(), [0_u8, 1])]), None);
        assert_eq!(keys(&[Series::new("none".into(), [0_u32; 0])]), Some(vec![]));
    }
}
