//! Numbers that count records, followed under one meaning of what they count.

use super::{GAP, Step};

/// How many records behind the expected number a message is still taken for late: some sixty full messages. It keeps a restart from being
/// booked as reordering.
const LATE: u32 = 1 << 12;

/// Which records a message's number counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Counting {
    /// Those that were sent before the message (RFC 7011, section 3.1).
    Before,
    /// Its own as well, as Open vSwitch and softflowd count.
    Including,
}

/// Where the message at hand stands among the others.
#[derive(Clone, Copy, Default, Debug)]
enum Place {
    #[default]
    Newest,
    /// It makes good the loss that was booked for it.
    Late,
    /// From behind, where nothing is missing.
    Stray,
}

/// Follows the numbers as if they counted so. If they do, `lost` is right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    counting: Counting,
    /// Records that were sent until the newest message and with it, where that is known.
    expected: Option<u32>,
    /// Records booked as lost in the gaps that end at `gap_end`, which late messages may still make good.
    missing: u32,
    gap_end: u32,
    /// The same as `expected` of a message that came from behind without a gap to fill.
    stray: Option<u32>,
    place: Place,
    /// Records that are missing since the beginning.
    pub(super) lost: i64,
}

impl Chain {
    /// One that follows nothing yet.
    pub(super) const fn new(counting: Counting, lost: i64) -> Self {
        Self { counting, expected: None, missing: 0, gap_end: 0, stray: None, place: Place::Newest, lost }
    }

    /// Whether the next message bears this number if it comes in its order, as far as that is known without its records.
    pub(super) fn expects(&self, number: u32) -> bool {
        self.counting == Counting::Before && self.expected == Some(number)
    }

    /// Takes the number of the next message. How many records are missing is known when [`settle`](Self::settle) is told how many came.
    pub(super) fn follow(&mut self, number: u32) -> Step {
        self.place = Place::Newest;
        let Some(expected) = self.expected else { return Step::Ahead(1) };
        if number.wrapping_sub(expected) <= GAP {
            return Step::Ahead(1);
        }
        if expected.wrapping_sub(number) > LATE {
            return self.restart();
        }
        if self.missing > 0 && self.is_gap_near(expected) {
            self.place = Place::Late;
            return Step::Late;
        }
        if self.stray.is_some_and(|stray| self.goes_on_from(stray, number)) {
            return self.restart();
        }
        self.place = Place::Stray;
        Step::Ahead(1)
    }

    /// Takes the number of records in the message at hand; `None` where it is not known. Returns whether it is the one that was expected.
    pub(super) fn settle(&mut self, number: u32, records: Option<u32>) -> bool {
        let (start, end) = match self.counting {
            Counting::Before => (Some(number), records.map(|records| number.wrapping_add(records))),
            Counting::Including => (records.map(|records| number.wrapping_sub(records)), Some(number)),
        };
        match self.place {
            Place::Newest => {
                let is_expected = start.is_some_and(|start| self.go_on(start));
                (self.expected, self.stray) = (end, None);
                return is_expected;
            }
            Place::Late => {
                let found = records.unwrap_or(0).min(self.missing);
                self.missing -= found;
                self.lost -= i64::from(found);
            }
            Place::Stray => self.stray = end,
        }
        false
    }

    /// Takes up the newest message, before which so many records were sent.
    fn go_on(&mut self, start: u32) -> bool {
        let Some(expected) = self.expected else { return false };
        let missing = start.wrapping_sub(expected);
        // More records than the numbers advanced by: they count something else.
        if missing > 0 && missing <= GAP {
            let before = if self.is_gap_near(start) { self.missing } else { 0 };
            self.missing = before.saturating_add(missing);
            self.gap_end = start;
            self.lost += i64::from(missing);
        }
        missing == 0
    }

    /// Whether a number may be that of the message after a stray one.
    fn goes_on_from(&self, stray: u32, number: u32) -> bool {
        match self.counting {
            Counting::Before => number == stray,
            Counting::Including => (1..=LATE).contains(&number.wrapping_sub(stray)),
        }
    }

    fn restart(&mut self) -> Step {
        *self = Self::new(self.counting, self.lost);
        Step::Restart
    }

    const fn is_gap_near(&self, number: u32) -> bool {
        number.wrapping_sub(self.gap_end) <= LATE
    }
}
