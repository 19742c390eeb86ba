//! What needs somebody's attention because figures may be wrong by it, in English.

use crate::messages::causes::Causes;

pub(super) const CAUSES: Causes = Causes {
    core_ports: "{volume} may be counted twice at {agent}",
    core_ports_detail: "{port} looks like a port between switches: {members} members were sampled coming in there, {elsewhere} of them also at other ports.{more} {ports} has the line for the configuration.",
    core_ports_more: "{count} more of its ports look so too.",
    ports_differ: "Ports whose counters and samples differ: {count}",
    ports_differ_detail: "Most of all on {port} of {agent}, where the counter says {factor} times what the samples say. {ports} shows them all.",
    in_silence: "{exporter} drops {share} of its samples in silence",
    in_silence_detail: "By its own pools {count} of {due} samples are missing that no sequence number tells of. Estimates make up for it; the switch may be overloaded by sampling.",
    implausible: "{exporter} sends sampling rates that no switch has",
    implausible_detail: "{count} samples are weighed by the rate that came before instead. If it goes on, set its rate (“sampling”) in the configuration.",
    pool_refused: "The sample pools of {exporter} contradict its sampling rate",
    pool_refused_detail: "{count} samples are weighed by rate and sequence numbers instead: drops that the switch does not tell of stay unseen.",
    unaccounted: "{count} samples are unaccounted for",
    unaccounted_detail: "What came is not what lies in the windows. This is a mistake in chorsu: please report it, with the answer of {status}.",
};
