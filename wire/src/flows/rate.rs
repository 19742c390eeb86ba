//! Sampling rates, in all the forms in which templates tell them.

use schema::Rate;

use super::element as ie;
use super::plan::{Planner, Slot, Values};

/// The value of selectorAlgorithm (element 304) for sampling by time, which says nothing of packets.
const BY_TIME: u64 = 2;

/// A rate is a ratio of whole numbers: of so many packets a probability selects a whole number, near enough for all the digits of a rate.
const OBSERVED: u64 = 1 << 48;

/// How a template tells a rate.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct RateForm {
    told: bool,
    /// samplingProbability has four octets, and not eight (RFC 7011, section 6.2).
    short_probability: bool,
}

/// The numbers that say how packets were sampled.
const NUMBERS: [(Slot, u16); 10] = [
    (Slot::Observed, ie::SELECTOR_PACKETS_OBSERVED),
    (Slot::Selected, ie::SELECTOR_PACKETS_SELECTED),
    (Slot::Size, ie::SAMPLING_SIZE),
    (Slot::Population, ie::SAMPLING_POPULATION),
    (Slot::PacketInterval, ie::SAMPLING_PACKET_INTERVAL),
    (Slot::PacketSpace, ie::SAMPLING_PACKET_SPACE),
    (Slot::Probability, ie::SAMPLING_PROBABILITY),
    (Slot::RandomInterval, ie::SAMPLER_RANDOM_INTERVAL),
    (Slot::Interval, ie::SAMPLING_INTERVAL),
    (Slot::Algorithm, ie::SELECTOR_ALGORITHM),
];

impl RateForm {
    /// Plans the reading of every number that a rate can be made of.
    pub(super) fn plan(planner: &mut Planner<'_>) -> Self {
        let mut form = Self::default();
        for (slot, element) in NUMBERS {
            let told = planner.first(slot, &[element]).is_some();
            form.told |= told && slot != Slot::Algorithm;
        }
        let by_time = [ie::SAMPLING_TIME_INTERVAL, ie::SAMPLING_TIME_SPACE];
        form.told |= by_time.iter().any(|element| planner.index.find(*element).is_some());
        let probability = planner.index.find(ie::SAMPLING_PROBABILITY);
        form.short_probability = probability.is_some_and(|placed| placed.field.length == 4);
        form
    }

    /// Whether records tell how packets were sampled at all.
    pub(super) const fn is_told(self) -> bool {
        self.told
    }

    /// The rate: what the sampler attained, if it says so; else what it was set to, the most exact form first.
    pub(super) fn read(self, values: &Values) -> Rate {
        if values.get(Slot::Algorithm) == BY_TIME {
            return Rate::UNKNOWN;
        }
        let interval = values.get(Slot::PacketInterval);
        let in_every = interval.saturating_add(values.get(Slot::PacketSpace));
        let forms = [
            Rate::of(values.get(Slot::Observed), values.get(Slot::Selected)),
            Rate::of(values.get(Slot::Population), values.get(Slot::Size)),
            Rate::of(in_every, interval),
            self.probability(values.get(Slot::Probability)),
            whole(values.get(Slot::RandomInterval)),
            whole(values.get(Slot::Interval)),
        ];
        forms.into_iter().find(|rate| !rate.is_unknown()).unwrap_or(Rate::UNKNOWN)
    }

    /// One in 1/p: a floating-point number of four or eight octets.
    fn probability(self, bits: u64) -> Rate {
        let probability = if self.short_probability { f64::from(f32::from_bits(bits as u32)) } else { f64::from_bits(bits) };
        if !(probability > 0.0 && probability <= 1.0) {
            return Rate::UNKNOWN;
        }
        #[expect(clippy::cast_sign_loss, reason = "a probability is not negative")]
        let selected = (probability * OBSERVED as f64).round() as u64;
        Rate::of(OBSERVED, selected)
    }
}

/// One in so many; unknown for more than any exporter can be set to.
fn whole(interval: u64) -> Rate {
    u32::try_from(interval).map_or(Rate::UNKNOWN, Rate::whole)
}
