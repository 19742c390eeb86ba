//! Ports between switches.

use std::ops::RangeInclusive;
use std::sync::Arc;

/// Ranges of core ports that an exporter may have, against a list that was made by mistake: a chassis has some tens of core ports.
pub const MAX_CORE_RANGES: usize = 1_024;

/// The ports of an exporter that join switches, as ranges of ifIndex.
///
/// A frame that is sampled there was sampled where it entered the fabric, too, so that it must not count again.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct CorePorts(Arc<[RangeInclusive<u32>]>);

impl CorePorts {
    /// These ranges, which may overlap and come in any order. Once they are joined, those above [`MAX_CORE_RANGES`] are left out: whoever reads them from a
    /// file refuses more.
    #[must_use]
    pub fn new(ranges: impl IntoIterator<Item = RangeInclusive<u32>>) -> Self {
        let mut given: Vec<_> = ranges.into_iter().filter(|range| !range.is_empty()).collect();
        given.sort_unstable_by_key(|range| (*range.start(), *range.end()));
        let mut joined: Vec<RangeInclusive<u32>> = Vec::new();
        for range in given {
            match joined.last_mut() {
                Some(last) if *range.start() <= last.end().saturating_add(1) => *last = *last.start()..=*last.end().max(range.end()),
                _ => joined.push(range),
            }
        }
        joined.truncate(MAX_CORE_RANGES);
        Self(joined.into())
    }

    /// Whether the port with this ifIndex joins switches.
    #[inline]
    #[must_use]
    pub fn contains(&self, if_index: u32) -> bool {
        let place = self.0.partition_point(|range| *range.end() < if_index);
        self.0.get(place).is_some_and(|range| range.contains(&if_index))
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ranges in order; no two of them touch.
    #[must_use]
    pub fn ranges(&self) -> &[RangeInclusive<u32>] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_joined_where_they_touch() {
        #[expect(clippy::reversed_empty_ranges, reason = "what is given may be empty")]
        let ports = CorePorts::new([7..=9, 49..=49, 1..=3, 4..=5, 50..=60, 9..=8, u32::MAX..=u32::MAX, 8..=8]);
        assert_eq!(ports.ranges(), [1..=5, 7..=9, 49..=60, u32::MAX..=u32::MAX]);
        assert!(CorePorts::default().is_empty() && !CorePorts::default().contains(0) && !ports.is_empty());
    }

    #[test]
    fn ranges_above_the_bound_are_left_out() {
        let ports = CorePorts::new((0..2 * MAX_CORE_RANGES as u32).map(|place| 2 * place..=2 * place));
        assert_eq!(ports.ranges().len(), MAX_CORE_RANGES);
    }

    proptest! {
        #[test]
        fn a_port_is_contained_where_a_range_has_it(ranges in prop::collection::vec((0..200_u32, 0..20_u32), 0..20), port in 0..230_u32) {
            let ranges: Vec<_> = ranges.into_iter().map(|(start, more)| start..=start + more).collect();
            let expected = ranges.iter().any(|range| range.contains(&port));
            prop_assert_eq!(CorePorts::new(ranges).contains(port), expected);
        }
    }
}
