//! How much memory reading an input may take.

use allocation_counter::measure;

/// The most memory that may be held at any moment while an input is read.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// Octets, whatever the input's length.
    pub fixed: u64,
    /// Octets for each octet of input.
    pub per_octet: u64,
}

/// What a step gave, and the memory that it went on holding.
#[derive(Clone, Copy, Debug)]
pub struct Kept<T> {
    /// What it gave.
    pub result: T,
    /// Octets on the heap that it took and did not give back.
    pub octets: u64,
}

impl Bound {
    /// Nothing is allocated at all.
    pub const NOTHING: Self = Self { fixed: 0, per_octet: 0 };

    /// Runs what reads an input of so many octets.
    ///
    /// # Panics
    /// If it held more memory than the bound at any moment.
    pub fn keep<T>(self, octets: usize, read: impl FnOnce() -> T) -> Kept<T> {
        let mut result = None;
        let memory = measure(|| result = Some(read()));
        let most = self.fixed + self.per_octet * octets as u64;
        assert!(memory.bytes_max <= most, "an input of {octets} octets took {} octets of memory; the bound is {most}", memory.bytes_max);
        match result {
            Some(result) => Kept { result, octets: memory.bytes_current.try_into().unwrap_or(0) },
            None => unreachable!("what is measured has run"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: Bound = Bound { fixed: 100, per_octet: 10 };

    #[test]
    fn memory_that_is_given_back_counts_at_its_highest() {
        let kept = BOUND.keep(4, || [60, 140].map(|octets| Vec::<u8>::with_capacity(octets).capacity()));
        assert_eq!((kept.result, kept.octets), ([60, 140], 0));
    }

    #[test]
    fn memory_that_stays_is_told() {
        assert_eq!(BOUND.keep(0, || Vec::<u16>::with_capacity(7)).octets, 14);
    }

    #[test]
    #[should_panic(expected = "the bound is 140")]
    fn memory_beyond_the_bound_is_noticed() {
        BOUND.keep(4, || Vec::<u8>::with_capacity(141));
    }

    #[test]
    #[should_panic(expected = "the bound is 0")]
    fn nothing_is_nothing() {
        Bound::NOTHING.keep(1_000, || Box::new(1_u8));
    }
}
