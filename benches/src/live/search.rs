//! The highest rate that is taken without loss: up in steps, then by halves.

/// The first rate, in datagrams a second; any machine takes it.
const FIRST: f64 = 50_000.0;

/// Each rate to the one before it, on the way up.
const STEP: f64 = 1.5;

/// The search ends when what was lost and what was not are so near to each other.
const NEAR: f64 = 1.04;

/// A rate at which the sender attained less than that of what was wanted is the sender's own limit.
pub const ATTAINED: f64 = 0.97;

/// How far the search has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Search {
    /// The highest rate without loss, as it was attained.
    passed: Option<f64>,
    /// The lowest rate with loss.
    failed: Option<f64>,
    /// The sender could send no faster.
    at_senders_limit: bool,
}

impl Search {
    /// The rate to try next; `None` if the search is over.
    #[must_use]
    pub fn next(&self) -> Option<f64> {
        match (self.passed, self.failed) {
            (None, None) => Some(FIRST),
            (Some(_), _) if self.at_senders_limit => None,
            (Some(passed), None) => Some(passed * STEP),
            (Some(passed), Some(failed)) => (failed > passed * NEAR).then(|| (passed * failed).sqrt()),
            (None, Some(failed)) => (failed > 1.0).then(|| failed / STEP),
        }
    }

    /// Notes whether a rate was taken without loss. `attained` is what was really sent.
    pub fn note(&mut self, wanted: f64, attained: f64, lossless: bool) {
        if !lossless {
            self.failed = Some(self.failed.map_or(wanted, |failed| failed.min(wanted)));
            return;
        }
        self.passed = Some(self.passed.map_or(attained, |passed| passed.max(attained)));
        self.at_senders_limit |= attained < wanted * ATTAINED;
    }

    /// The highest rate without loss, in datagrams a second; 0 if there is none.
    #[must_use]
    pub fn highest(&self) -> f64 {
        self.passed.unwrap_or(0.0)
    }

    /// Whether the sender could send no faster, so that the highest rate is only a lower bound.
    #[must_use]
    pub const fn is_senders_limit(&self) -> bool {
        self.at_senders_limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches against a receiver that takes `limit`, with a sender that attains `most`.
    fn search(limit: f64, most: f64) -> (Search, usize) {
        let (mut search, mut tries) = (Search::default(), 0);
        while let Some(wanted) = search.next() {
            let attained = wanted.min(most);
            search.note(wanted, attained, attained <= limit);
            tries += 1;
            assert!(tries < 100, "the search does not end");
        }
        (search, tries)
    }

    #[test]
    fn the_highest_rate_is_found_whatever_it_is() {
        for limit in [2_000.0, 60_000.0, 431_000.0, 2_500_000.0] {
            let (found, tries) = search(limit, f64::INFINITY);
            assert!(found.highest() <= limit && found.highest() * NEAR >= limit * 0.999, "{found:?} of {limit}");
            assert!(tries < 20 && !found.is_senders_limit(), "{tries} tries for {limit}");
        }
    }

    #[test]
    fn a_sender_that_is_the_limit_ends_the_search() {
        let (found, _) = search(1e9, 1_100_000.0);
        assert!(found.is_senders_limit() && (found.highest() - 1_100_000.0).abs() < 1.0, "{found:?}");
    }

    #[test]
    fn a_receiver_that_takes_nothing_ends_the_search() {
        assert!(search(0.0, f64::INFINITY).0.highest().abs() < 1e-9);
    }
}
