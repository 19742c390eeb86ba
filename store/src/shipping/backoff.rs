//! How long to wait before trying again.

use std::time::Duration;

use rand::RngExt;

/// The first wait: about as long as a restart of ClickHouse takes at least.
const FIRST: Duration = Duration::from_secs(1);

/// The longest: after an outage of days, windows go on within a minute.
const MOST: Duration = Duration::from_secs(60);

/// Doublings beyond which the longest wait is reached anyway.
const MOST_DOUBLINGS: u32 = 16;

/// Waits that grow from failure to failure.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Begins anew after a success.
    pub(crate) const fn reset(&mut self) {
        self.failures = 0;
    }

    /// How long to wait after one more failure: twice as long as after the one before, and between the half and the whole of that, by chance, so that many exchanges
    /// which lost one ClickHouse do not come back in the same moment.
    pub(crate) fn next(&mut self) -> Duration {
        let whole = FIRST.saturating_mul(1 << self.failures.min(MOST_DOUBLINGS)).min(MOST);
        self.failures = self.failures.saturating_add(1);
        whole.mul_f64(rand::rng().random_range(0.5..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_are_spread() {
        let mut backoff = Backoff::default();
        for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
            let (wait, whole) = (backoff.next(), Duration::from_secs(expected));
            assert!(wait >= whole / 2 && wait <= whole, "{wait:?} for {whole:?}");
        }
        let mut long = Backoff { failures: u32::MAX };
        assert!(long.next() <= MOST);
        long.reset();
        assert!(long.next() <= FIRST);
        let waits: std::collections::HashSet<Duration> = (0..20).map(|_| Backoff::default().next()).collect();
        assert!(waits.len() > 10, "{waits:?}");
    }
}
