//! What options records say of sampling.

use schema::{Protocol, Rate};

use super::definition::{Definition, Field};
use super::element as ie;
use super::layout::{Layout, Placed, Segments, Visit};
use super::plan::{Planner, Slot, Steps, Values};
use super::rate::RateForm;

/// The rate of a sampler, of an interface, or of whatever a template's observation domain has only one of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sampling {
    /// The sampler that records name (selectorId, element 302, else samplerId, element 48), where the record is about one.
    pub sampler: Option<u64>,
    /// The interface that the record is about, where it is about one.
    pub interface: Option<u32>,
    /// One in so many packets; [`Rate::UNKNOWN`] where packets are sampled by time or nonsense is said.
    pub rate: Rate,
}

/// How options records are read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SamplingPlan {
    steps: Steps,
    rate: RateForm,
    has_sampler: bool,
    has_interface: bool,
}

impl SamplingPlan {
    /// Plans the reading of these fields of an options template.
    pub(super) fn new(definition: &Definition<'_>, placed: &[Placed]) -> (Self, Layout) {
        let mut planner = Planner::new(placed);
        let rate = RateForm::plan(&mut planner);
        let mut plan = Self { steps: Steps::default(), rate, has_sampler: false, has_interface: false };
        if rate.is_told() {
            plan.has_sampler = plan_sampler(&mut planner, definition.protocol);
            plan.has_interface = plan_interface(&mut planner, definition.protocol);
            plan.steps = planner.steps();
        }
        (plan, Layout::new(placed, &planner.wanted))
    }

    /// Octets on the heap.
    pub(super) fn heap(&self) -> usize {
        self.steps.heap()
    }

    /// Reads a data set; how many records it holds.
    pub(super) fn read(&self, layout: &Layout, body: &[u8], listener: &mut impl FnMut(Sampling)) -> u32 {
        layout.walk(body, &mut Reading { plan: self, values: Values::new(), listener }).0
    }
}

struct Reading<'a, F> {
    plan: &'a SamplingPlan,
    values: Values,
    listener: &'a mut F,
}

impl<F: FnMut(Sampling)> Visit for Reading<'_, F> {
    fn record<S: Segments>(&mut self, segments: &S) {
        let plan = self.plan;
        if !plan.rate.is_told() {
            return;
        }
        plan.steps.read(segments, &mut self.values);
        let values = &self.values;
        let interface = plan.has_interface.then(|| u32::try_from(values.get(Slot::Input)).ok()).flatten();
        (self.listener)(Sampling {
            sampler: plan.has_sampler.then(|| values.get(Slot::Sampler)),
            interface: interface.filter(|index| *index != 0),
            rate: plan.rate.read(values),
        });
    }
}

/// Reads the sampler that a record is about, whether it is its scope or beside it.
fn plan_sampler(planner: &mut Planner<'_>, protocol: Protocol) -> bool {
    if planner.first(Slot::Sampler, &[ie::SELECTOR_ID, ie::SAMPLER_ID]).is_some() {
        return true;
    }
    let is_sampler =
        |field: &Field| protocol == Protocol::Ipfix && field.enterprise == 0 && matches!(field.element, ie::SELECTOR_ID | ie::SAMPLER_ID);
    take_scope(planner, Slot::Sampler, is_sampler)
}

/// Reads the interface that a record is about. In NetFlow v9 it is a scope of its own, in IPFIX an element in the scope.
fn plan_interface(planner: &mut Planner<'_>, protocol: Protocol) -> bool {
    let is_interface = |field: &Field| match protocol {
        Protocol::Ipfix => field.enterprise == 0 && is_interface_element(field.element),
        _ => field.element == ie::SCOPE_INTERFACE,
    };
    take_scope(planner, Slot::Input, is_interface)
}

fn take_scope(planner: &mut Planner<'_>, slot: Slot, wanted: impl Fn(&Field) -> bool) -> bool {
    let found = planner.index.scope(wanted);
    found.is_some_and(|placed| planner.take(slot, placed))
}

const fn is_interface_element(element: u16) -> bool {
    matches!(element, ie::INGRESS_INTERFACE | ie::EGRESS_INTERFACE | ie::INGRESS_PHYSICAL_INTERFACE | ie::EGRESS_PHYSICAL_INTERFACE)
}

#[cfg(test)]
mod tests {
    use schema::Protocol::{Ipfix, Netflow9};

    use super::*;
    use crate::flows::builder::sampling;

    /// The rate of the sampling of a whole exporter.
    fn rate(fields: &[(u16, u16, u64)]) -> Option<Rate> {
        let fields = [&[(149, 4, 1)], fields].concat();
        let told = sampling(Ipfix, &fields)?;
        assert_eq!((told.sampler, told.interface), (None, None));
        Some(told.rate)
    }

    #[test]
    fn every_form_of_a_rate_is_read() {
        for (fields, expected) in [
            (&[(34, 4, 1_000), (35, 1, 2)][..], Rate::whole(1_000)),
            (&[(50, 4, 2_048), (49, 1, 2)], Rate::whole(2_048)),
            (&[(305, 4, 1), (306, 4, 1_023), (304, 2, 1)], Rate::whole(1_024)),
            (&[(305, 4, 3), (306, 4, 7)], Rate::of(10, 3)),
            (&[(309, 4, 1), (310, 4, 500), (304, 2, 3)], Rate::whole(500)),
            (&[(309, 4, 2), (310, 4, 5)], Rate::of(5, 2)),
            (&[(311, 8, 0.001_f64.to_bits()), (304, 2, 4)], Rate::of(1 << 48, 281_474_976_711)),
            (&[(311, 4, u64::from(0.25_f32.to_bits()))], Rate::whole(4)),
            (&[(318, 8, 1_030_000), (319, 8, 1_000), (310, 4, 1_000), (309, 4, 1)], Rate::whole(1_030)),
            (&[(318, 8, 0), (319, 8, 0), (310, 4, 1_000), (309, 4, 1)], Rate::whole(1_000)),
            (&[(34, 4, 1)], Rate::whole(1)),
        ] {
            assert_eq!(rate(fields), Some(expected), "{fields:?}");
        }
        assert_eq!(rate(&[(311, 8, 0.001_f64.to_bits())]).map(Rate::rounded), Some(1_000));
    }

    #[test]
    fn what_is_no_rate_of_packets_is_unknown() {
        for fields in [
            &[(304, 2, 2), (307, 4, 100), (308, 4, 900)][..],
            &[(304, 2, 2), (305, 4, 1), (306, 4, 9)],
            &[(307, 4, 100), (308, 4, 900)],
            &[(34, 4, 0)],
            &[(34, 8, 1 << 40)],
            &[(306, 4, 9)],
            &[(309, 4, 9), (310, 4, 3)],
            &[(311, 8, 2.0_f64.to_bits())],
            &[(311, 8, f64::NAN.to_bits())],
            &[(311, 8, (-0.5_f64).to_bits())],
            &[(311, 8, 1e-300_f64.to_bits())],
        ] {
            assert_eq!(rate(fields), Some(Rate::UNKNOWN), "{fields:?}");
        }
    }

    #[test]
    fn options_of_anything_else_tell_no_sampling() {
        assert_eq!(rate(&[(41, 8, 5), (42, 8, 6)]), None);
        assert_eq!(rate(&[(304, 2, 1)]), None);
    }

    #[test]
    fn the_sampler_is_named_in_the_scope_or_beside_it() {
        let told = |protocol, fields: &[_]| sampling(protocol, fields).map(|told| (told.sampler, told.interface, told.rate.rounded()));
        assert_eq!(told(Netflow9, &[(1, 4, 9), (48, 1, 3), (49, 1, 2), (50, 4, 400)]), Some((Some(3), None, 400)));
        assert_eq!(told(Ipfix, &[(302, 8, 5), (305, 4, 1), (306, 4, 9)]), Some((Some(5), None, 10)));
        assert_eq!(told(Ipfix, &[(149, 4, 9), (302, 8, 5), (34, 4, 10)]), Some((Some(5), None, 10)));
        assert_eq!(told(Netflow9, &[(48, 4, 9), (34, 4, 10)]), Some((None, None, 10)), "48 is no scope of NetFlow v9");
    }

    #[test]
    fn the_interface_is_named_in_the_scope() {
        let interface = |protocol, fields: &[_]| sampling(protocol, fields).and_then(|told| told.interface);
        for scope in [10, 14, 252, 253] {
            assert_eq!(interface(Ipfix, &[(scope, 4, 7), (34, 4, 10)]), Some(7));
        }
        assert_eq!(interface(Netflow9, &[(2, 2, 7), (34, 4, 10)]), Some(7));
        for scope in [1, 3, 4, 5, 10] {
            assert_eq!(interface(Netflow9, &[(scope, 4, 7), (34, 4, 10)]), None);
        }
        assert_eq!(interface(Ipfix, &[(2, 4, 7), (34, 4, 10)]), None);
        assert_eq!(interface(Ipfix, &[(10, 4, 0), (34, 4, 10)]), None);
    }
}
