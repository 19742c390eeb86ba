//! Numbers that count records: each message carries how many were sent before it.

use super::Step;
use super::chain::{Chain, Counting};

/// Messages that are remembered to know one of them again. A network that duplicates does so within a few.
const REMEMBERED: usize = 16;

/// A repeated number means a repeated message only where the numbers were seen to count records. So often, at most, is a message of an exporter
/// whose numbers stand still taken for a duplicate by mistake before its numbers are given up.
const MOST_CREDIT: u8 = 4;

/// So many more messages must speak for one way of counting than for the other. Where half of the messages are lost, one in four that tells anything speaks for
/// the wrong way by chance, and so many more of them come once in seven thousand exporters.
const SURE: i8 = 8;

/// Evidence above this is not kept, so that an exporter which changes its ways is understood again soon.
const MOST_EVIDENCE: i8 = 2 * SURE;

/// A message that was taken.
#[derive(Clone, Copy, Debug)]
struct Message {
    number: u32,
    uptime_ms: Option<u32>,
    /// Records in it, where that is known.
    held: Option<u32>,
}

/// Follows one sequence of numbers that count records.
///
/// Each message is taken in two steps, because its records are counted only after it was let in: [`follow`](Self::follow) with its number,
/// [`held`](Self::held) with its records. Without the second, they are taken for unknown.
///
/// Some exporters count a message's own records, too, against RFC 7011, section 3.1. Then the difference to the number before it is what this message holds,
/// and not what the other one held; so numbers are followed both ways until it is clear which one is right. Until then the smaller loss counts: the right one
/// or less.
#[derive(Clone, Debug)]
pub struct RecordSequence {
    before: Chain,
    including: Chain,
    /// How the exporter counts, where that is clear.
    counting: Option<Counting>,
    /// How many more messages speak for [`Counting::Including`].
    evidence: i8,
    /// Records that callers know to be missing.
    told: i64,
    /// How much the numbers are trusted to count records.
    credit: u8,
    /// Whether the records of the message at hand are still to come.
    is_open: bool,
    /// The latest messages, in a ring; `latest` is the place of the last one.
    messages: [Option<Message>; REMEMBERED],
    latest: usize,
}

impl Default for RecordSequence {
    fn default() -> Self {
        Self {
            before: Chain::new(Counting::Before, 0),
            including: Chain::new(Counting::Including, 0),
            counting: None,
            evidence: 0,
            told: 0,
            credit: 0,
            is_open: false,
            messages: [None; REMEMBERED],
            latest: 0,
        }
    }
}

impl RecordSequence {
    /// Takes the number of the next message. [`Step::Ahead`] is 1 whether records are missing or not: [`held`](Self::held) says that.
    ///
    /// `uptime_ms` is the exporter's uptime where the message has it; two messages of different uptimes are never the same message.
    pub fn follow(&mut self, number: u32, uptime_ms: Option<u32>) -> Step {
        let message = Message { number, uptime_ms, held: None };
        if !self.expects(number) && self.is_repeated(&message) && self.credit > 0 {
            self.credit -= 1;
            return Step::Duplicate;
        }
        self.settle(None);
        let is_first = self.latest().is_none();
        let steps = (self.before.follow(number), self.including.follow(number));
        let step = match self.counting {
            Some(Counting::Before) => steps.0,
            Some(Counting::Including) => steps.1,
            None if steps.0 == steps.1 => steps.0,
            None => Step::Ahead(1),
        };
        if step == Step::Restart {
            self.start_again(number, uptime_ms);
            return step;
        }
        self.remember(message);
        if is_first { Step::First } else { step }
    }

    /// Takes the number of records in the message at hand; `None` where it is not known. Returns how many more records are known to be missing: less than
    /// none where a late message brought them, or where it became clear that they never were.
    pub fn held(&mut self, records: Option<u32>) -> i64 {
        self.settle(records);
        let lost = self.lost();
        lost - std::mem::replace(&mut self.told, lost)
    }

    /// Whether this is certainly the number of the next message: where its own records are counted, too, that is known only with them.
    pub(crate) fn expects(&self, number: u32) -> bool {
        self.counting != Some(Counting::Including) && self.before.expects(number)
    }

    /// Forgets all numbers before this message. How the exporter counts is remembered.
    pub(crate) fn start_again(&mut self, number: u32, uptime_ms: Option<u32>) {
        let Self { counting, evidence, told, .. } = *self;
        let lost = self.lost();
        let (before, including) = (Chain::new(Counting::Before, lost), Chain::new(Counting::Including, lost));
        *self = Self { before, including, counting, evidence, told, ..Self::default() };
        self.remember(Message { number, uptime_ms, held: None });
    }

    /// Records that are missing since the beginning.
    fn lost(&self) -> i64 {
        match self.counting {
            Some(Counting::Before) => self.before.lost,
            Some(Counting::Including) => self.including.lost,
            None => self.before.lost.min(self.including.lost),
        }
    }

    /// Ends the message at hand.
    fn settle(&mut self, records: Option<u32>) {
        let Some(message) = self.latest().filter(|_| std::mem::take(&mut self.is_open)) else { return };
        let is_expected = (self.before.settle(message.number, records), self.including.settle(message.number, records));
        let has_advanced = self.previous().is_some_and(|previous| previous.number != message.number);
        let goes_on = match self.counting {
            Some(Counting::Before) => is_expected.0,
            Some(Counting::Including) => is_expected.1,
            None => is_expected.0 || is_expected.1,
        };
        self.credit = MOST_CREDIT.min(self.credit + u8::from(goes_on && has_advanced));
        if let Some(records) = records {
            self.learn(message.number, records);
        }
        if let Some(Some(message)) = self.messages.get_mut(self.latest) {
            message.held = records;
        }
    }

    /// Looks whether the message at hand goes on from an earlier one in one way of counting only.
    fn learn(&mut self, number: u32, records: u32) {
        let others = || self.messages.iter().flatten().filter(|message| message.held.is_some());
        let before = others().any(|earlier| earlier.held.map(|held| earlier.number.wrapping_add(held)) == Some(number));
        let including = others().any(|earlier| earlier.number.wrapping_add(records) == number);
        let evidence = self.evidence + i8::from(including) - i8::from(before);
        self.evidence = evidence.clamp(-MOST_EVIDENCE, MOST_EVIDENCE);
        if self.evidence >= SURE {
            self.counting = Some(Counting::Including);
        }
        if self.evidence <= -SURE {
            self.counting = Some(Counting::Before);
        }
    }

    fn remember(&mut self, message: Message) {
        self.latest = (self.latest + 1) % REMEMBERED;
        if let Some(place) = self.messages.get_mut(self.latest) {
            *place = Some(message);
        }
        self.is_open = true;
    }

    fn latest(&self) -> Option<Message> {
        self.messages.get(self.latest).copied().flatten()
    }

    fn previous(&self) -> Option<Message> {
        self.messages.get((self.latest + REMEMBERED - 1) % REMEMBERED).copied().flatten()
    }

    /// Whether this message may be one that came before. A message without records does not advance the number, so the next one bears it too.
    fn is_repeated(&self, message: &Message) -> bool {
        let is_same = |seen: &Message| (seen.number, seen.uptime_ms) == (message.number, message.uptime_ms);
        self.messages.iter().flatten().any(|seen| seen.held > Some(0) && is_same(seen))
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
            if step != Step::Duplicate {
                lost += sequence.held(*records);
            }
            steps.push(step);
        }
        (steps, lost)
    }

    #[test]
    fn the_gap_in_the_numbers_is_the_number_of_records_lost() {
        let (steps, lost) = run(&[(100, Some(30)), (130, Some(30)), (190, Some(7)), (197, Some(1))]);
        assert_eq!((steps, lost), (vec![Step::First, Step::Ahead(1), Step::Ahead(1), Step::Ahead(1)], 30));
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

    /// Messages of these many records, each numbered with its own, as Open vSwitch and softflowd number them.
    fn including(held: impl IntoIterator<Item = u32>) -> Vec<(u32, Option<u32>)> {
        let number = |sum: &mut u32, records: u32| {
            *sum += records;
            Some((*sum, Some(records)))
        };
        held.into_iter().scan(1_000, number).collect()
    }

    #[test]
    fn an_exporter_that_numbers_messages_with_their_own_records_is_not_called_lossy() {
        let (steps, lost) = run(&including([20, 20, 3, 17, 1, 30]));
        assert_eq!((&steps[1..], lost), (&[Step::Ahead(1); 5][..], 0), "not even before that is clear");
        let (steps, lost) = run(&including((0..200).map(|turn| 1 + turn * 7 % 31)));
        assert!(lost == 0 && steps[1..].iter().all(|step| *step == Step::Ahead(1)), "{steps:?}");
    }

    #[test]
    fn its_loss_its_late_messages_and_its_duplicates_are_told_all_the_same() {
        let mut messages = including((0..60).map(|turn| 1 + turn * 7 % 31));
        messages.swap(40, 41);
        messages.insert(31, messages[30]);
        let lost: u32 = messages.drain(25..28).filter_map(|(_, held)| held).sum();
        let (steps, told) = run(&messages);
        assert_eq!(told, i64::from(lost));
        let irregular: Vec<_> = steps.into_iter().enumerate().filter(|(_, step)| *step != Step::Ahead(1)).collect();
        assert_eq!(irregular, [(0, Step::First), (28, Step::Duplicate), (39, Step::Late)]);
    }

    #[test]
    fn its_records_that_nobody_could_count_hide_no_later_loss() {
        let mut messages = including((0..60).map(|turn| 1 + turn * 7 % 31));
        messages[50].1 = None;
        let (_, lost) = messages.remove(51);
        assert_eq!(Some(run(&messages).1), lost.map(i64::from));
    }

    #[test]
    fn its_restart_is_a_restart_and_needs_no_new_lesson() {
        let mut second = including((0..40).map(|turn| 1 + turn * 7 % 31));
        let mut first: Vec<_> = second.iter().map(|(number, held)| (number + 1_000_000, *held)).collect();
        let lost = [first.remove(30), second.remove(3)].iter().filter_map(|(_, held)| *held).sum::<u32>();
        let (steps, told) = run(&[&first[..], &second].concat());
        assert_eq!(told, i64::from(lost));
        assert_eq!(steps.iter().filter(|step| **step == Step::Restart).count(), 1);
    }

    #[test]
    fn what_loss_made_look_like_the_other_way_of_counting_is_put_right() {
        // One record is lost after each message, and each holds one more than the one before: just as if it counted its own.
        let mut number = 0;
        let mut messages = Vec::new();
        for held in 1..=12 {
            messages.push((number, Some(held)));
            number += held + 1;
        }
        assert_eq!(run(&messages).1, 0);
        for held in (0..60).map(|turn| 1 + turn * 7 % 31) {
            messages.push((number, Some(held)));
            number += held;
        }
        assert_eq!(run(&messages).1, 12);
    }

    proptest! {
        /// Loss is known exactly once it is clear how an exporter counts, and is never made up before that.
        #[test]
        fn loss_is_right_however_an_exporter_counts(
            start in any::<u32>(),
            is_including in any::<bool>(),
            messages in prop::collection::vec((1..40_u32, prop::bool::weighted(0.3)), 100..300),
        ) {
            let mut sequence = RecordSequence::default();
            let (mut number, mut missing, mut told) = (start, 0, 0);
            for (place, (records, is_lost)) in messages.iter().enumerate() {
                let before = number;
                number = number.wrapping_add(*records);
                if place > 0 && *is_lost {
                    missing += i64::from(*records);
                    continue;
                }
                let step = sequence.follow(if is_including { number } else { before }, None);
                prop_assert!(matches!(step, Step::First | Step::Ahead(1)), "{:?}", step);
                told += sequence.held(Some(*records));
                prop_assert!(told <= missing);
            }
            let after_the_last = messages.iter().rev().take_while(|(_, is_lost)| *is_lost).map(|(records, _)| i64::from(*records)).sum::<i64>();
            prop_assert_eq!(told, missing - after_the_last);
        }

        #[test]
        fn shuffled_by_little_nothing_is_lost(
            is_including in any::<bool>(),
            start in any::<u32>(),
            held in prop::collection::vec(1..40_u32, 2..200),
            order in Just((0..200_usize).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let mut number = start;
            let mut messages = Vec::new();
            for records in held {
                let before = number;
                number = number.wrapping_add(records);
                messages.push((if is_including { number } else { before }, Some(records)));
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
            prop_assert!(lost.unsigned_abs() < u64::from(super::super::GAP) * 100);
        }
    }
}
