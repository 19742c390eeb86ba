//! Data sets that came before their template, held for a while.

use std::time::Duration;

use schema::Timestamp;
use wire::flows::Clock;

use super::{Map, TemplateKey};

/// How long a data set waits for its template. Most exporters send templates again every minute or more seldom; UDP reorders by far less,
/// and a record that is found too late would change windows that are long closed.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Octets that may be held of one exporter, against one that never sends the template: more than the records of a busy second.
pub(super) const MAX_EXPORTER_OCTETS: usize = 64 << 10;

/// Octets that a lane may hold of all exporters together, against many of them.
pub(super) const MAX_LANE_OCTETS: usize = 256 << 10;

/// Octets that a set is reckoned with beside its own: many empty sets would be as good as a few long ones at filling the memory.
const SET_OCTETS: usize = 2 * size_of::<(TemplateKey, Vec<HeldSet>)>() + size_of::<HeldSet>();

/// One data set as it came.
pub(crate) struct HeldSet {
    /// Its records, of whatever shape.
    pub(crate) body: Box<[u8]>,
    /// By what the times of its records are understood.
    pub(crate) clock: Clock,
    /// When it came.
    pub(crate) at: Timestamp,
}

/// What is held of one exporter.
#[derive(Default)]
pub(crate) struct Held {
    sets: Map<TemplateKey, Vec<HeldSet>>,
    octets: usize,
}

impl Held {
    /// Holds a set, unless there is no room; `others` is what the lane holds of other exporters. Returns whether it is held.
    pub(crate) fn hold(&mut self, key: TemplateKey, body: &[u8], clock: Clock, at: Timestamp, others: usize) -> bool {
        let octets = self.octets + body.len() + SET_OCTETS;
        if octets > MAX_EXPORTER_OCTETS || others + octets > MAX_LANE_OCTETS {
            return false;
        }
        self.octets = octets;
        self.sets.entry(key).or_default().push(HeldSet { body: body.into(), clock, at });
        true
    }

    /// The sets that wait for this template, in the order in which they came. They are held no longer.
    #[inline]
    pub(crate) fn take(&mut self, key: &TemplateKey) -> Vec<HeldSet> {
        if self.sets.is_empty() {
            return Vec::new();
        }
        let sets = self.sets.remove(key).unwrap_or_default();
        self.octets -= sets.iter().map(HeldSet::octets).sum::<usize>();
        sets
    }

    /// Lets go what has waited too long, and tells of each.
    pub(crate) fn expire(&mut self, now: Timestamp, expired: &mut dyn FnMut(TemplateKey)) {
        let horizon = now.minus(PATIENCE);
        let octets = &mut self.octets;
        self.sets.retain(|key, sets| {
            sets.retain(|set| {
                let waits = set.at >= horizon;
                if !waits {
                    *octets -= set.octets();
                    expired(*key);
                }
                waits
            });
            !sets.is_empty()
        });
        if self.sets.is_empty() {
            self.sets = Map::default();
        }
    }

    /// What it holds, with the template that each set waits for.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = TemplateKey> {
        self.sets.iter().flat_map(|(key, sets)| sets.iter().map(|_| *key))
    }

    /// Memory that it is reckoned with.
    pub(crate) const fn octets(&self) -> usize {
        self.octets
    }
}

impl HeldSet {
    fn octets(&self) -> usize {
        self.body.len() + SET_OCTETS
    }
}

#[cfg(test)]
mod tests {
    use schema::Protocol;

    use super::*;

    const CLOCK: Clock = Clock { export_ms: 0, uptime_ms: None };

    fn key(id: u16) -> TemplateKey {
        TemplateKey { protocol: Protocol::Ipfix, domain: 0, id }
    }

    #[test]
    fn sets_come_back_in_their_order_and_only_for_their_template() {
        let mut held = Held::default();
        for (id, octet) in [(256, 1), (257, 2), (256, 3)] {
            assert!(held.hold(key(id), &[octet], CLOCK, Timestamp(0), 0));
        }
        let bodies: Vec<_> = held.take(&key(256)).into_iter().map(|set| set.body[0]).collect();
        assert_eq!(bodies, [1, 3]);
        assert_eq!((held.take(&key(256)).len(), held.take(&key(257)).len(), held.octets()), (0, 1, 0));
    }

    #[test]
    fn what_waits_too_long_is_let_go_and_told() {
        let mut held = Held::default();
        held.hold(key(256), &[1], CLOCK, Timestamp(0), 0);
        held.hold(key(257), &[1], CLOCK, Timestamp(1_000), 0);
        let mut expired = Vec::new();
        held.expire(Timestamp(60_001), &mut |key| expired.push(key.id));
        assert_eq!((expired.as_slice(), held.waiting().count()), (&[256][..], 1));
        held.expire(Timestamp(61_001), &mut |key| expired.push(key.id));
        assert_eq!((expired.as_slice(), held.octets()), (&[256, 257][..], 0));
    }

    #[test]
    fn data_whose_template_never_comes_cannot_fill_the_memory() {
        for body in [&[0; 0][..], &[0; 60_000]] {
            let mut held = Held::default();
            let taken = (0..100_000_u32).filter(|n| held.hold(key((n % 65_536) as u16), body, CLOCK, Timestamp(0), 0)).count();
            assert!(held.octets() <= MAX_EXPORTER_OCTETS && (1..1_000).contains(&taken), "{taken}");
        }
        assert!(!Held::default().hold(key(256), &[1], CLOCK, Timestamp(0), MAX_LANE_OCTETS));
    }
}
