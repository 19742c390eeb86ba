//! Numbers that count records: each message carries how many were sent before it.

use super::{GAP, Step};

/// How many records behind the expected number a message is still taken for late: some sixty full messages. It keeps a restart from being
/// booked as reordering.
const LATE: u32 = 1 << 12;

/// Messages that are remembered to know one of them again. A network that duplicates does so within a few.
const REMEMBERED: usize = 16;

/// A repeated number means a repeated message only where the numbers were seen to count records. So often, at most, is a message of an exporter
/// whose numbers stand still taken for a duplicate by mistake before its numbers are given up.
const MOST_CREDIT: u8 = 4;

/// A message that was taken.
#[derive(Clone, Copy, Default, Debug)]
struct Message {
    number: u32,
    uptime_ms: Option<u32>,
    /// Records in it; 0 also where that is not known.
    held: u32,
}

/// What the number of records in the message at hand will be used for.
#[derive(Clone, Copy, Default, Debug)]
enum Pending {
    #[default]
    Nothing,
    /// To know the next number.
    Newest,
    /// To make good the loss that was booked for it.
    Late,
    /// To see whether the numbers go on from it.
    Stray,
}

/// Follows one sequence of numbers that count records.
///
/// Each message is taken in two steps, because its records are counted only after it was let in: [`follow`](Self::follow) with its number,
/// [`held`](Self::held) with its records. Without the second the next number is taken as it comes.
#[derive(Clone, Copy, Default, Debug)]
pub struct RecordSequence {
    started: bool,
    /// Number of the next message, where it is known.
    expected: Option<u32>,
    /// Records booked as lost in the gaps that end at `gap_end`, which late messages may still make good.
    missing: u32,
    gap_end: u32,
    /// How much the numbers are trusted to count records.
    credit: u8,
    /// Where numbers would go on from a message that came from behind without a gap to fill.
    stray: Option<u32>,
    pending: Pending,
    /// The latest messages, in a ring; `latest` is the place of the last one.
    messages: [Message; REMEMBERED],
    latest: usize,
}

impl RecordSequence {
    /// Takes the number of the next message. [`Step::Ahead`] is one more than the number of records that are missing before it.
    ///
    /// `uptime_ms` is the exporter's uptime where the message has it; two messages of different uptimes are never the same message.
    pub fn follow(&mut self, number: u32, uptime_ms: Option<u32>) -> Step {
        let message = Message { number, uptime_ms, held: 0 };
        let Some(expected) = self.expected else { return self.resume(message) };
        let ahead = number.wrapping_sub(expected);
        if ahead == 0 {
            return self.go_on(message);
        }
        if self.is_repeated(&message) {
            return self.repeat(message);
        }
        if ahead <= GAP {
            return self.skip_gap(message, ahead);
        }
        self.come_from_behind(message, expected)
    }

    /// Takes the number of records in the message at hand; `None` where it is not known. Returns how many records that were booked as lost came with it.
    pub fn held(&mut self, records: Option<u32>) -> u32 {
        let pending = std::mem::take(&mut self.pending);
        let Some(message) = self.messages.get_mut(self.latest) else { return 0 };
        let next = records.map(|records| message.number.wrapping_add(records));
        if !matches!(pending, Pending::Nothing) {
            message.held = records.unwrap_or(0);
        }
        match pending {
            Pending::Nothing => {}
            Pending::Newest => self.expected = next,
            Pending::Stray => self.stray = next,
            Pending::Late => {
                let found = message.held.min(self.missing);
                self.missing -= found;
                return found;
            }
        }
        0
    }

    fn resume(&mut self, message: Message) -> Step {
        let step = if self.started { Step::Ahead(1) } else { Step::First };
        self.started = true;
        self.accept(message, step)
    }

    /// Takes the message that was expected. If the number advanced to it, the exporter counts records.
    fn go_on(&mut self, message: Message) -> Step {
        let advanced = self.messages.get(self.latest).is_some_and(|latest| latest.number != message.number);
        self.credit = MOST_CREDIT.min(self.credit + u8::from(advanced));
        self.accept(message, Step::Ahead(1))
    }

    /// Takes or refuses a message with the number of an earlier one.
    fn repeat(&mut self, message: Message) -> Step {
        if let Some(less) = self.credit.checked_sub(1) {
            self.credit = less;
            return Step::Duplicate;
        }
        self.accept(message, Step::Ahead(1))
    }

    fn skip_gap(&mut self, message: Message, missing: u32) -> Step {
        let before = if self.is_gap_near(message.number) { self.missing } else { 0 };
        self.missing = before.saturating_add(missing);
        self.gap_end = message.number;
        self.accept(message, Step::Ahead(missing + 1))
    }

    /// A number behind the expected one: late where something is missing, else perhaps the second message after a restart.
    fn come_from_behind(&mut self, message: Message, expected: u32) -> Step {
        if expected.wrapping_sub(message.number) > LATE {
            return self.restart(message);
        }
        if self.missing > 0 && self.is_gap_near(expected) {
            self.remember(message, Pending::Late);
            return Step::Late;
        }
        if self.stray == Some(message.number) {
            return self.restart(message);
        }
        self.remember(message, Pending::Stray);
        Step::Ahead(1)
    }

    /// Forgets all numbers before this message.
    pub(crate) fn start_again(&mut self, number: u32, uptime_ms: Option<u32>) {
        self.restart(Message { number, uptime_ms, held: 0 });
    }

    fn restart(&mut self, message: Message) -> Step {
        *self = Self { started: true, ..Self::default() };
        self.accept(message, Step::Restart)
    }

    fn accept(&mut self, message: Message, step: Step) -> Step {
        self.expected = None;
        self.stray = None;
        self.remember(message, Pending::Newest);
        step
    }

    fn remember(&mut self, message: Message, pending: Pending) {
        self.latest = (self.latest + 1) % REMEMBERED;
        if let Some(place) = self.messages.get_mut(self.latest) {
            *place = message;
        }
        self.pending = pending;
    }

    const fn is_gap_near(&self, number: u32) -> bool {
        number.wrapping_sub(self.gap_end) <= LATE
    }

    /// Whether this message may be one that came before. A message without records does not advance the number, so the next one bears it too.
    fn is_repeated(&self, message: &Message) -> bool {
        self.messages.iter().any(|seen| seen.held > 0 && (seen.number, seen.uptime_ms) == (message.number, message.uptime_ms))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Feeds messages of (number, records) without an uptime. Returns the steps and the records lost in the end.
    fn run(messages: &[(u32, Option<u32>)]) -> (Vec<Step>, i64) {
        let mut sequence = RecordSequence::default();
        let mut lost = 0;
        let mut steps = Vec::new();
        for (number, records) in messages {
            let step = sequence.follow(*number, None);
            if let Step::Ahead(by) = step {
                lost += i64::from(by) - 1;
            }
            if step != Step::Duplicate {
                lost -= i64::from(sequence.held(*records));
            }
            steps.push(step);
        }
        (steps, lost)
    }

    #[test]
    fn the_gap_in_the_numbers_is_the_number_of_records_lost() {
        let (steps, lost) = run(&[(100, Some(30)), (130, Some(30)), (190, Some(7)), (197, Some(1))]);
        assert_eq!((steps, lost), (vec![Step::First, Step::Ahead(1), Step::Ahead(31), Step::Ahead(1)], 30));
    }

    #[test]
    fn a_late_message_makes_good_what_was_booked_for_it() {
        let (steps, lost) = run(&[(0, Some(10)), (10, Some(10)), (40, Some(5)), (20, Some(10)), (30, Some(10)), (45, Some(5))]);
        assert_eq!((steps[3], steps[4], lost), (Step::Late, Step::Late, 0));
    }

    #[test]
    fn a_message_that_comes_twice_is_refused_once_the_numbers_are_known_to_count_records() {
        let (steps, lost) = run(&[(0, Some(10)), (10, Some(10)), (20, Some(10)), (20, Some(10)), (10, Some(10)), (30, Some(10))]);
        assert_eq!((&steps[3..], lost), (&[Step::Duplicate, Step::Duplicate, Step::Ahead(1)][..], 0));
    }

    #[test]
    fn a_number_that_never_advances_is_not_refused_for_ever() {
        let (steps, lost) = run(&[(0, Some(10)); 100]);
        assert!(!steps.contains(&Step::Duplicate));
        assert_eq!(lost, 0);
        let stuck: Vec<_> = (0..50).map(|turn| (turn * 10, Some(10))).chain([(500, Some(10)); 50]).collect();
        let refused = run(&stuck).0.iter().filter(|step| **step == Step::Duplicate).count();
        assert_eq!(refused, usize::from(MOST_CREDIT));
    }

    #[test]
    fn messages_of_different_uptimes_are_not_the_same() {
        let mut sequence = RecordSequence::default();
        for turn in 0..20 {
            assert_ne!(sequence.follow(turn * 10, Some(turn)), Step::Duplicate);
            sequence.held(Some(10));
        }
        assert_ne!(sequence.follow(190, Some(20)), Step::Duplicate);
        assert_eq!(sequence.follow(190, Some(19)), Step::Duplicate);
    }

    #[test]
    fn a_message_without_records_is_followed_by_one_of_the_same_number() {
        let (steps, lost) = run(&[(0, Some(10)), (10, Some(0)), (10, Some(0)), (10, Some(4)), (14, Some(2))]);
        assert_eq!((&steps[1..], lost), (&[Step::Ahead(1); 4][..], 0));
    }

    #[test]
    fn after_records_that_nobody_could_count_the_next_number_is_taken_as_it_comes() {
        let (steps, lost) = run(&[(0, Some(10)), (10, None), (500, Some(10)), (510, Some(1))]);
        assert_eq!((&steps[1..], lost), (&[Step::Ahead(1); 3][..], 0));
    }

    #[test]
    fn a_restart_is_told_from_loss_and_from_lateness() {
        let far = run(&[(5_000_000, Some(10)), (0, Some(10)), (10, Some(10))]);
        assert_eq!(far, (vec![Step::First, Step::Restart, Step::Ahead(1)], 0));
        let near = run(&[(500, Some(10)), (0, Some(10)), (10, Some(10)), (20, Some(10))]);
        assert_eq!(near, (vec![Step::First, Step::Ahead(1), Step::Restart, Step::Ahead(1)], 0), "known by its second message");
    }

    #[test]
    fn an_exporter_that_counts_messages_instead_is_neither_refused_nor_called_lossy() {
        let messages: Vec<_> = (0..1_000).map(|number| (number, Some(20))).collect();
        let (steps, lost) = run(&messages);
        assert!(steps[1..].iter().all(|step| *step == Step::Ahead(1)), "{steps:?}");
        assert_eq!(lost, 0);
    }

    #[test]
    fn numbers_wrap_without_loss() {
        let (steps, lost) = run(&[(u32::MAX - 4, Some(10)), (5, Some(10)), (15, Some(1))]);
        assert_eq!((&steps[1..], lost), (&[Step::Ahead(1); 2][..], 0));
    }

    proptest! {
        #[test]
        fn shuffled_by_little_nothing_is_lost(
            start in any::<u32>(),
            held in prop::collection::vec(1..40_u32, 2..200),
            order in Just((0..200_usize).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let mut number = start;
            let mut messages = Vec::new();
            for records in held {
                messages.push((number, Some(records)));
                number = number.wrapping_add(records);
            }
            // Blocks of twelve in any order, behind a first message in its place.
            for (block, chunk) in messages[1..].chunks_mut(12).enumerate() {
                let first = block * 12;
                let copy = chunk.to_vec();
                let places = order.iter().filter(|place| (first..first + copy.len()).contains(place));
                chunk.iter_mut().zip(places).for_each(|(message, place)| *message = copy[place - first]);
            }
            let (steps, lost) = run(&messages);
            prop_assert_eq!(lost, 0);
            prop_assert!(!steps.contains(&Step::Duplicate) && !steps.contains(&Step::Restart));
        }

        #[test]
        fn whatever_comes_nothing_overflows(messages in prop::collection::vec((any::<u32>(), any::<Option<u32>>()), 0..100)) {
            let (_, lost) = run(&messages);
            prop_assert!(lost.unsigned_abs() < u64::from(GAP) * 100);
        }
    }
}
