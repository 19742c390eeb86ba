//! Sequence numbers: what is loss, and what only looks like it.
//!
//! A number that is missing is lost; one that comes late was only reordered; one that comes twice is a duplicate; and a number far
//! from the last is an exporter that started again (sFlow v5, section 5: `sequence_number` in the datagram and in the sample; RFC 3954, section 5.1).
//!
//! NetFlow v5 and IPFIX (RFC 7011, section 3.1) number records instead: see [`RecordSequence`].

mod chain;
mod records;

pub use records::RecordSequence;

/// What the number in a datagram's header counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Numbering {
    /// Datagrams, as in sFlow and in NetFlow v9.
    Datagrams(u32),
    /// Records sent before this datagram, as in NetFlow v5 and in IPFIX; some exporters count its own, too, which is found out.
    Records(u32),
}

/// How far behind the newest number a late one is still taken for late. It keeps a restart from being counted as reordering, and
/// fits the bitmap that tells late from duplicate.
const LATE: u32 = 64;

/// How far ahead a number may jump and be called loss. It keeps an exporter that restarts at a random number from being
/// booked as sixteen million lost datagrams.
const GAP: u32 = 1 << 24;

/// What a number says about those before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The first of this sequence.
    First,
    /// Ahead of the newest by this many, 1 if none is missing.
    Ahead(u32),
    /// Missing until now, and here after all.
    Late,
    /// Seen before.
    Duplicate,
    /// Nothing to do with the numbers before it.
    Restart,
}

/// Follows one sequence of 32-bit numbers.
#[derive(Clone, Copy, Default, Debug)]
pub struct Sequence {
    newest: u32,
    /// Bit i: the number `newest − i` was seen. Zero before the first.
    seen: u64,
}

impl Sequence {
    /// Takes the next number.
    #[inline(always)]
    pub const fn follow(&mut self, number: u32) -> Step {
        if self.go_on(number) {
            return Step::Ahead(1);
        }
        if self.seen == 0 {
            return self.restart(number, Step::First);
        }
        self.follow_irregular(number, number.wrapping_sub(self.newest))
    }

    /// Takes the number if it is the one after the newest; `false` for any other, and then nothing is taken.
    #[inline(always)]
    pub(crate) const fn go_on(&mut self, number: u32) -> bool {
        let goes_on = self.expects(number);
        if goes_on {
            self.newest = number;
            self.seen = self.seen << 1 | 1;
        }
        goes_on
    }

    #[cold]
    const fn follow_irregular(&mut self, number: u32, ahead: u32) -> Step {
        if ahead == 0 {
            return Step::Duplicate;
        }
        if ahead <= GAP {
            self.newest = number;
            self.seen = if ahead < u64::BITS { self.seen << ahead | 1 } else { 1 };
            return Step::Ahead(ahead);
        }
        let behind = self.newest.wrapping_sub(number);
        if behind >= LATE {
            return self.restart(number, Step::Restart);
        }
        let bit = 1 << behind;
        if self.seen & bit != 0 {
            return Step::Duplicate;
        }
        self.seen |= bit;
        Step::Late
    }

    /// Whether this number is the one after the newest.
    #[inline(always)]
    pub(crate) const fn expects(&self, number: u32) -> bool {
        self.seen != 0 && number == self.newest.wrapping_add(1)
    }

    const fn restart(&mut self, number: u32, step: Step) -> Step {
        self.newest = number;
        self.seen = 1;
        step
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn steps(numbers: &[u32]) -> Vec<Step> {
        let mut sequence = Sequence::default();
        numbers.iter().map(|number| sequence.follow(*number)).collect()
    }

    #[test]
    fn loss_lateness_and_duplicates_are_told_apart() {
        use Step::{Ahead, Duplicate, First, Late};
        assert_eq!(steps(&[10, 11, 14, 12, 12, 14, 15]), [First, Ahead(1), Ahead(3), Late, Duplicate, Duplicate, Ahead(1)]);
    }

    #[test]
    fn numbers_wrap_without_loss() {
        assert_eq!(steps(&[u32::MAX, 0, 1]), [Step::First, Step::Ahead(1), Step::Ahead(1)]);
    }

    #[test]
    fn a_restart_is_no_loss() {
        assert_eq!(steps(&[5_000_000, 1, 2]), [Step::First, Step::Restart, Step::Ahead(1)]);
        assert_eq!(steps(&[1, 3_000_000_000]), [Step::First, Step::Restart]);
    }

    proptest! {
        #[test]
        fn shuffled_by_little_nothing_is_lost(start: u32, order in Just((0..500_u32).collect::<Vec<_>>()).prop_shuffle()) {
            // Sorting blocks of 40 shuffled numbers keeps each within the reach of lateness.
            let mut numbers: Vec<u32> = (0..500).collect();
            for (block, chunk) in numbers.chunks_mut(40).enumerate() {
                let shuffled: Vec<u32> = order.iter().filter(|n| (**n as usize) / 40 == block).copied().collect();
                chunk.copy_from_slice(&shuffled);
            }
            let mut sequence = Sequence::default();
            let (mut ahead, mut late, mut before) = (0_i64, 0_i64, 0_i64);
            for number in &numbers {
                match sequence.follow(start.wrapping_add(*number)) {
                    Step::First => before = i64::from(*number),
                    Step::Ahead(by) => ahead += i64::from(by) - 1,
                    Step::Late => late += 1,
                    Step::Duplicate | Step::Restart => prop_assert!(false),
                }
            }
            // Those that came before the first one seen were never missed.
            prop_assert_eq!(ahead - late, -before);
        }
    }
}
