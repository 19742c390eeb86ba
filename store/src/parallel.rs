//! Work on all processors.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::error::Result;

/// Threads that one question or roll-up works with at most. Several questions are worked on at a time, so more would only wait for each other.
const MOST_THREADS: usize = 4;

/// Does the same with every item on as many threads as there are processors; the results are in the items' order, whoever was ready first.
///
/// # Errors
/// The error of the first item that has one.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> Result<R> + Sync) -> Result<Vec<R>> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS).min(items.len());
    if threads <= 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let taken = std::iter::from_fn(|| {
            let position = next.fetch_add(1, Ordering::Relaxed);
            items.get(position).map(|item| (position, work(item)))
        });
        taken.collect::<Vec<_>>()
    };
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        let mut done = take();
        for other in others {
            match other.join() {
                Ok(of_other) => done.extend(of_other),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by_key(|(position, _)| *position);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::StoreError;

    #[test]
    fn results_are_in_the_items_order() {
        let items: Vec<usize> = (0..1_000).collect();
        assert_eq!(each(&items, |item| Ok(item * 2)).unwrap(), items.iter().map(|item| item * 2).collect::<Vec<_>>());
        assert_eq!(each(&[0_u8; 0], |_| Ok(())).unwrap(), []);
    }

    #[test]
    fn the_first_items_error_is_told() {
        let items: Vec<u64> = (0..1_000).collect();
        let error = each(&items, |item| match item {
            7 | 900 => Err(StoreError::TooManySteps { points: *item, most: 0 }),
            _ => Ok(()),
        });
        assert!(matches!(error, Err(StoreError::TooManySteps { points: 7, .. })), "{error:?}");
    }
}
