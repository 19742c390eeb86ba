//! The additive sums of a cell.
//!
//! Every roll-up is a plain sum of these; figures are made from them once, at the end, by the [`estimator`](crate::estimator).

/// What the hot path adds for each sample of a cell: three integers, before any weight is known.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Moments {
    /// Σx: their frames' octets.
    pub x: u64,
    /// Σx²: the squares of their frames' octets.
    pub xx: u64,
    /// Samples.
    pub n: u64,
}

impl Moments {
    /// Those of one sampled frame of `octets`.
    #[inline]
    #[must_use]
    pub const fn of(octets: u32) -> Self {
        let x = octets as u64;
        Self { n: 1, x, xx: x * x }
    }

    /// Adds one sampled frame of `octets`.
    #[inline(always)]
    pub const fn add(&mut self, octets: u32) {
        let x = octets as u64;
        self.n += 1;
        self.x += x;
        // A frame of 2¹⁶ octets could be added 2³² times in one window before this wraps.
        self.xx = self.xx.wrapping_add(x.wrapping_mul(x));
    }

    /// Adds another cell's moments.
    pub const fn merge(&mut self, other: Self) {
        self.n = self.n.saturating_add(other.n);
        self.x = self.x.saturating_add(other.x);
        self.xx = self.xx.saturating_add(other.xx);
    }

    /// The part that lies between `from` and `to` of `of` equal steps. The parts of a whole add up to it exactly.
    #[must_use]
    pub fn part(self, from: u64, to: u64, of: u64) -> Self {
        let of = u128::from(of.max(1));
        let until = |total: u64, step: u64| u64::try_from(u128::from(total) * u128::from(step).min(of) / of).unwrap_or(total);
        let between = |total: u64| until(total, to).saturating_sub(until(total, from));
        Self { n: between(self.n), x: between(self.x), xx: between(self.xx) }
    }

    /// The four sums of these samples when each stands for `weight` frames.
    ///
    /// Packets and bytes are rounded to whole numbers here, once for each data source and window, so that every later
    /// sum of them is exact in any order.
    #[must_use]
    pub fn weighed(self, weight: f64) -> Sums {
        Sums {
            samples: self.n,
            packets: whole(weight * self.n as f64),
            bytes: whole(weight * self.x as f64),
            variance: (weight * (weight - 1.0)).max(0.0) * self.xx as f64,
            bytes_from_flows: 0,
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and no estimate is negative")]
fn whole(estimate: f64) -> u64 {
    estimate.round() as u64
}

/// The four additive sums of a cell.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Sums {
    /// n: samples.
    pub samples: u64,
    /// P = Σw: estimated frames.
    pub packets: u64,
    /// B = Σw·x: estimated octets of layer 2 with FCS (Horvitz–Thompson).
    pub bytes: u64,
    /// S = Σw(w−1)x²: estimated variance of B, in octets².
    pub variance: f64,
    /// That part of `bytes` which came in flow records without their packets' lengths: its part of `variance` is a lower bound.
    pub bytes_from_flows: u64,
}

impl Sums {
    /// The same sums, as those of flow records that tell no packet's length.
    #[must_use]
    pub const fn from_flows(self) -> Self {
        Self { bytes_from_flows: self.bytes, ..self }
    }

    /// Adds another cell's sums. A sum that would overflow stays at its largest: only numbers that are made up come so far.
    pub fn merge(&mut self, other: Self) {
        self.samples = self.samples.saturating_add(other.samples);
        self.packets = self.packets.saturating_add(other.packets);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.variance += other.variance;
        self.bytes_from_flows = self.bytes_from_flows.saturating_add(other.bytes_from_flows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(frames: &[u32], weight: f64) -> Sums {
        let mut moments = Moments::default();
        frames.iter().for_each(|octets| moments.add(*octets));
        moments.weighed(weight)
    }

    #[test]
    fn weights_scale_as_the_method_says() {
        let sums = sampled(&[100, 1500], 1000.0);
        assert_eq!((sums.samples, sums.packets, sums.bytes), (2, 2_000, 1_600_000));
        assert_eq!(sums.variance, 1000.0 * 999.0 * (100.0 * 100.0 + 1500.0 * 1500.0));
    }

    #[test]
    fn parts_add_up_to_the_whole_exactly() {
        let whole = Moments { n: 7, x: 1_001, xx: 999_999 };
        let mut sum = Moments::default();
        for (from, to) in [(0, 1), (1, 4), (4, 9), (9, 13)] {
            sum.merge(whole.part(from, to, 13));
        }
        assert_eq!(sum, whole);
        assert_eq!(whole.part(0, 5, 0), whole);
    }
}
