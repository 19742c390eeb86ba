//! Sums that were made for earlier questions.
//!
//! Pages ask the same again and again, a minute later each time. Nearly all segments that answer are the same as before, and a segment never changes, so the sum of those
//! of one level and one period is kept for the next question: of a day's five minutes, those of two hours are read again. What is remembered changes no answer, not even in its
//! last bit, for every sum over several periods is made of the same sums, whether they are remembered or not.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use polars_core::prelude::DataFrame;

use crate::error::Result;
use crate::fold::Fold;

/// Octets of sums that are kept at most; those that were not asked for longest go first. Bounds memory: the matrix of 300 members takes three million for each
/// level and its ports twelve million a year, and a small exchange takes a hundredth of that.
const MOST_OCTETS: usize = 48 << 20;

/// Sums that are kept at most: bounds the time to look through them.
const MOST_SUMS: usize = 1_024;

/// Remembered sums, the one that was asked for last in front. All clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    sums: Arc<Mutex<VecDeque<Remembered>>>,
}

#[derive(Debug)]
struct Remembered {
    fold: Fold,
    segments: Vec<PathBuf>,
    sum: DataFrame,
}

impl Memory {
    /// The sum of these segments, made unless it is remembered.
    pub(crate) fn sum(&self, fold: &Fold, segments: Vec<PathBuf>, make: impl FnOnce(&[PathBuf]) -> Result<DataFrame>) -> Result<DataFrame> {
        if let Some(sum) = self.recall(fold, &segments) {
            return Ok(sum);
        }
        let sum = make(&segments)?;
        self.remember(Remembered { fold: fold.clone(), segments, sum: sum.clone() });
        Ok(sum)
    }

    fn recall(&self, fold: &Fold, segments: &[PathBuf]) -> Option<DataFrame> {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let at = sums.iter().position(|it| it.segments == segments && it.fold == *fold)?;
        let found = sums.remove(at)?;
        let sum = found.sum.clone();
        sums.push_front(found);
        Some(sum)
    }

    fn remember(&self, it: Remembered) {
        if it.octets() > MOST_OCTETS {
            return;
        }
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        sums.push_front(it);
        let mut octets = 0;
        let fitting = sums.iter().take(MOST_SUMS).take_while(|it| {
            octets += it.octets();
            octets <= MOST_OCTETS
        });
        let fitting = fitting.count();
        sums.truncate(fitting);
    }
}

impl Remembered {
    fn octets(&self) -> usize {
        let names: usize = self.segments.iter().map(|segment| segment.as_os_str().len()).sum();
        self.sum.estimated_size() + names
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars_core::prelude::{NamedFrom, Series};
    use schema::window::CELLS;

    fn sum(numbers: usize) -> DataFrame {
        DataFrame::new(numbers, vec![Series::new("n".into(), vec![7_u64; numbers]).into()]).unwrap()
    }

    fn segments(name: &str) -> Vec<PathBuf> {
        vec![PathBuf::from(name)]
    }

    #[test]
    fn a_sum_is_made_once_for_the_same_question_to_the_same_segments() {
        let (memory, all) = (Memory::default(), Fold::all(CELLS, None));
        let by_sender = all.clone().by(&["src_asn"]);
        let made = |fold: &Fold, name: &str| {
            let mut is_made = false;
            memory.sum(fold, segments(name), |_| {
                is_made = true;
                Ok(sum(1))
            })?;
            Ok::<_, crate::error::StoreError>(is_made)
        };
        let asked = [(&all, "a"), (&all, "a"), (&all, "b"), (&by_sender, "a"), (&all, "a"), (&by_sender, "a")];
        assert_eq!(asked.map(|(fold, name)| made(fold, name).unwrap()), [true, false, true, true, false, false]);
    }

    #[test]
    fn what_was_not_asked_for_longest_goes_first() {
        let (memory, fold) = (Memory::default(), Fold::all(CELLS, None));
        let third = MOST_OCTETS / 8 * 2 / 5;
        for name in ["a", "b", "c"] {
            memory.sum(&fold, segments(name), |_| Ok(sum(third))).unwrap();
            assert!(memory.recall(&fold, &segments("a")).is_some(), "{name}");
        }
        assert!(memory.recall(&fold, &segments("b")).is_none());
        assert!(memory.recall(&fold, &segments("c")).is_some());
    }

    #[test]
    fn a_sum_larger_than_the_bound_is_not_kept() {
        let (memory, fold) = (Memory::default(), Fold::all(CELLS, None));
        memory.sum(&fold, segments("small"), |_| Ok(sum(1))).unwrap();
        memory.sum(&fold, segments("large"), |_| Ok(sum(MOST_OCTETS / 8 + 1))).unwrap();
        assert!(memory.recall(&fold, &segments("large")).is_none());
        assert!(memory.recall(&fold, &segments("small")).is_some());
    }
}
