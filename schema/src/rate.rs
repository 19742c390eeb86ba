//! Sampling rates.

use std::fmt;

/// One frame in so many is sampled. Not always a whole number: a sampler may take 3 of 10, or say what it attained.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Rate(u64);

impl Rate {
    /// Nobody said.
    pub const UNKNOWN: Self = Self(0);

    /// One in `frames`; unknown for 0.
    #[inline]
    #[must_use]
    pub const fn whole(frames: u32) -> Self {
        Self((frames as u64) << 32)
    }

    /// `selected` of `observed` frames; unknown where that is no sampling: none selected, more than observed, or fewer than one in 2³².
    #[must_use]
    pub const fn of(observed: u64, selected: u64) -> Self {
        if selected == 0 || selected > observed {
            return Self::UNKNOWN;
        }
        let scaled = ((observed as u128) << 32) / selected as u128;
        if scaled > u64::MAX as u128 { Self::UNKNOWN } else { Self(scaled as u64) }
    }

    /// Frames that one sample stands for; 0 where it is unknown.
    #[must_use]
    pub const fn frames(self) -> f64 {
        self.0 as f64 / (1_u64 << 32) as f64
    }

    /// The nearest whole number; 0 where it is unknown.
    #[must_use]
    pub const fn rounded(self) -> u32 {
        let [a, b, c, d, ..] = self.0.saturating_add(1 << 31).to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    /// Whether nobody said it.
    #[inline]
    #[must_use]
    pub const fn is_unknown(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1:{}", self.frames())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_need_not_be_whole() {
        assert_eq!((Rate::of(10, 3).frames() * 3.0).round(), 10.0);
        assert_eq!((Rate::of(10, 3).rounded(), Rate::of(11, 4).rounded(), Rate::whole(u32::MAX).rounded()), (3, 3, u32::MAX));
        assert_eq!(Rate::of(2_048_000, 1_000), Rate::whole(2_048));
        for (observed, selected) in [(10, 0), (3, 10), (0, 0), (u64::MAX, 1)] {
            assert!(Rate::of(observed, selected).is_unknown(), "{observed} {selected}");
        }
    }
}
