//! How sure a figure is, in English.

use crate::messages::quality::Quality;

pub(super) const QUALITY: Quality = Quality {
    differs: "port counters say {factor} times as much",
    unchecked: "not checked against port counters",
    few: "a hint only, as sure as {count} samples of equal frames",
    differs_note: "The counters of the ports where it entered differ from the samples by more than a tenth; {ports} shows which.",
    unchecked_note: "No port counter could be held against at least half of it.",
    none_checked_note: "No port counter could be held against these figures.",
    few_note: "A hint only: as sure as fewer than 30 samples of equal frames.",
    raked_note: "As counted: each sender's traffic is brought to what the counters of its ports say.",
    total_agrees: "port counters agree",
    total_differs: "port counters say {factor} times as much",
    total_unchecked: "not checked against port counters",
    total_raked: "as counted by the ports",
    attributed: "{share} of it between known members{interval}",
    attributed_short: "Between known members",
    figures: "Figures",
    as_sampled: "as sampled",
    as_counted: "as counted by the ports",
    exact: "exact",
};
