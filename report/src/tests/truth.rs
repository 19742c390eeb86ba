//! Whatever of a known economy is not told, the bounds hold its true shares.

use proptest::prelude::*;
use schema::Locality::{self, Domestic, Foreign, LocalCache, Unknown};

use super::*;
use crate::{Bounds, Shares};

/// Seconds of the period: eight bits a second are as many octets.
const SECONDS: u64 = 1_000;

/// How much of one class is told.
#[derive(Clone, Copy, Debug)]
enum Telling {
    Measured,
    /// Between two ends, the truth so far from each.
    Declared(u64, u64),
    /// Not at all, but its links carry so much more.
    Capacity(u64),
    Nothing,
}

impl Telling {
    fn of(self, truth: u64) -> Told {
        match self {
            Self::Measured => measured(truth),
            Self::Declared(below, above) => declared(truth.saturating_sub(below), truth + above),
            // Rounded up to whole bits a second.
            Self::Capacity(more) => Told::Nothing { capacity: Some(((truth + more) * 8).div_ceil(SECONDS)) },
            Self::Nothing => Told::default(),
        }
    }
}

fn telling() -> impl Strategy<Value = Telling> {
    prop_oneof![
        3 => Just(Telling::Measured),
        2 => (0_u64..5_000, 0_u64..5_000).prop_map(|(below, above)| Telling::Declared(below, above)),
        2 => (0_u64..5_000).prop_map(Telling::Capacity),
        1 => Just(Telling::Nothing),
    ]
}

/// A member's true transit, private peering and caches, and how each is told.
type Truth = [(u64, Telling); 3];

fn members() -> impl Strategy<Value = Vec<Truth>> {
    prop::collection::vec([(0_u64..10_000, telling()), (0_u64..10_000, telling()), (0_u64..10_000, telling())], 1..8)
}

/// What truly went from where to where, whether each end is known, and whether the frames were attributed.
fn cells() -> impl Strategy<Value = Vec<(Locality, Locality, u64, [bool; 3])>> {
    let locality = || prop::sample::select(vec![Domestic, Foreign, LocalCache]);
    prop::collection::vec((locality(), locality(), 0_u64..10_000, any::<[bool; 3]>()), 1..20)
}

fn hold(bounds: Option<Bounds>, part: u64, whole: u64) {
    if let Some(bounds) = bounds.filter(|_| whole > 0) {
        let truth = part as f64 / whole as f64;
        // A rounding of the last digit is no mistake of the bounds.
        assert!(bounds.low.share - 1e-12 <= truth && truth <= bounds.high.share + 1e-12, "{truth} is not within {bounds:?}");
        assert!(bounds.low.share <= bounds.high.share + 1e-12 && bounds.hold(bounds.low.share));
    }
}

proptest! {
    #[test]
    fn the_bounds_hold_the_truth_whatever_is_not_told(cells in cells(), members in members()) {
        let (mut seen, mut local, mut domestic, mut total) = (Exchange::default(), 0, 0, 0);
        for (source, destination, bytes, [source_known, destination_known, attributed]) in &cells {
            total += bytes;
            local += if matches!(source, Domestic | LocalCache) && *destination == Domestic { *bytes } else { 0 };
            domestic += if (*source, *destination) == (Domestic, Domestic) { *bytes } else { 0 };
            let shown = |known: bool, end| if known { end } else { Unknown };
            if *attributed {
                seen.add(shown(*source_known, *source), shown(*destination_known, *destination), exactly(*bytes));
            } else {
                seen.add_unattributed(exactly(*bytes));
            }
        }
        let told: Vec<Member> = members.iter().map(|[transit, private, cache]| {
            member(1, transit.1.of(transit.0), private.1.of(private.0), cache.1.of(cache.0))
        }).collect();
        let shares = Shares::of(&seen, &told, SECONDS);
        let sum = |class: usize| members.iter().map(|member| member[class].0).sum::<u64>();
        let (transit, inside) = (sum(0), sum(1) + sum(2));
        hold(shares.exchanged, local, local + transit);
        hold(shares.accessible, local + inside, local + inside + transit);
        hold(shares.domestic, domestic, total);
    }

    #[test]
    fn who_tells_more_is_never_less_sure(cells in cells(), members in members(), which in any::<prop::sample::Index>()) {
        let mut seen = Exchange::default();
        cells.iter().for_each(|(source, destination, bytes, _)| seen.add(*source, *destination, exactly(*bytes)));
        let told = |more: Option<usize>| -> Vec<Member> {
            members.iter().enumerate().map(|(place, [transit, private, cache])| {
                let transit = if more == Some(place) { measured(transit.0) } else { transit.1.of(transit.0) };
                member(1, transit, private.1.of(private.0), cache.1.of(cache.0))
            }).collect()
        };
        let before = Shares::of(&seen, &told(None), SECONDS);
        let after = Shares::of(&seen, &told(Some(which.index(members.len()))), SECONDS);
        if let Some((before, after)) = before.accessible.zip(after.accessible) {
            prop_assert!(after.width() <= before.width() + 1e-12, "{:?} {:?}", before, after);
        }
    }
}
