//! Picks one in N of the frames that enter a port.

use rand::RngExt;
use rand_pcg::Pcg64;

/// Random 1-in-N sampling as switches do it: a counter says how many frames still pass before the next one is taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sampler {
    rate: u32,
    passing: u64,
}

impl Sampler {
    pub(crate) fn new(rate: u32, rng: &mut Pcg64) -> Self {
        Self { rate, passing: skip(rate, rng) }
    }

    /// Lets `frames` frames pass and adds to `taken` the positions, from 1, of those that are sampled.
    pub(crate) fn pass(&mut self, frames: u64, rng: &mut Pcg64, taken: &mut Vec<u64>) {
        let mut position = 0;
        while self.passing < frames - position {
            position += self.passing + 1;
            taken.push(position);
            self.passing = skip(self.rate, rng);
        }
        self.passing -= frames - position;
    }
}

/// Frames that pass before one is taken: geometric, so that each is taken with 1/N whatever was taken before.
fn skip(rate: u32, rng: &mut Pcg64) -> u64 {
    if rate <= 1 {
        return 0;
    }
    // In (0, 1], so that its logarithm is finite.
    let uniform = 1.0 - rng.random::<f64>();
    let frames = (uniform.ln() / (-1.0 / f64::from(rate)).ln_1p()).floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "finite, not negative, below 37·2³²")]
    let frames = frames as u64;
    frames
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn taken(rate: u32, slices: &[u64]) -> Vec<u64> {
        let mut rng = Pcg64::seed_from_u64(5);
        let mut sampler = Sampler::new(rate, &mut rng);
        let (mut all, mut before) = (Vec::new(), 0);
        for frames in slices {
            let mut taken = Vec::new();
            sampler.pass(*frames, &mut rng, &mut taken);
            all.extend(taken.iter().map(|position| before + position));
            before += frames;
        }
        all
    }

    #[test]
    fn slicing_time_changes_no_choice() {
        assert_eq!(taken(100, &[1_000_000]), taken(100, &[1, 0, 99, 400_000, 7, 599_893]));
    }

    #[test]
    fn one_in_n_is_taken_everywhere_in_the_sequence() {
        let positions = taken(64, &[6_400_000]);
        // 100,000 expected; the standard deviation is 314.
        assert!((98_600..101_400).contains(&positions.len()), "{}", positions.len());
        assert!(positions.windows(2).all(|pair| pair[0] < pair[1]));
        let neighbours = positions.windows(2).filter(|pair| pair[1] - pair[0] == 1).count();
        // A frame right after a sampled one is as likely as any other: 1,562 expected, standard deviation 40.
        assert!((1_380..1_740).contains(&neighbours), "{neighbours}");
    }

    #[test]
    fn one_in_one_takes_all() {
        assert_eq!(taken(1, &[3, 2]), [1, 2, 3, 4, 5]);
    }
}
