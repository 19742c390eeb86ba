//! Where the fields of a record lie: worked out once for a template, so that a record is read by a few loads.
//!
//! Up to the first field of variable length every field has its place, counted from the record's start. Each field of variable length begins a
//! new segment, and so does what follows it. Only segments in which something is wanted are remembered while a record is read.

use super::Skip;
use super::definition::{Definition, Field, MAX_FIELDS, VARIABLE};
use super::message::{FIRST_TEMPLATE, is_padding};

/// Most octets of a record: what a set of the longest message can hold.
const MAX_RECORD: usize = u16::MAX as usize - 4;

/// Most segments of a record in which something is wanted. A plan wants no more fields than this; it keeps what a walk remembers on the stack.
pub(super) const MAX_SEGMENTS: usize = 64;

/// The name of a segment that nobody wants.
const UNWANTED: u8 = u8::MAX;

/// One field of a template, with its place in a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) field: Field,
    /// For the n-th field of variable length its octets are segment 2n + 1, and what follows it is segment 2n + 2.
    segment: u16,
    offset: u16,
}

/// The place of octets in a record: in which of the wanted segments, and how far from its start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    segment: u8,
    offset: u16,
}

/// The segments that are wanted, and the names that they have in [`Place`]s.
#[derive(Debug)]
pub(super) struct Wanted(Vec<u16>);

/// How one record is stepped over, and its segments are found on the way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Layout {
    /// All records have so many octets.
    Fixed(u16),
    /// Each record tells the length of some fields.
    Variable(Hops),
}

/// The fields of variable length of a template, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Hops {
    hops: Box<[Hop]>,
    /// Octets behind the last of them.
    tail: u16,
    /// Octets of the shortest record.
    shortest: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Hop {
    /// Octets of fixed length before it.
    skip: u16,
    content: u8,
    behind: u8,
}

/// The segments of a record, in the octets of its data set.
pub(super) trait Segments {
    /// What begins with a segment, and goes on to the end of the data set.
    fn from(&self, segment: u8) -> &[u8];

    /// The octets at a place, as a number; `None` where the data set ends before them.
    #[inline(always)]
    fn number(&self, place: Place) -> Option<u64> {
        let offset = usize::from(place.offset);
        let octets = self.from(place.segment).get(offset..offset + 8)?;
        octets.first_chunk().map(|octets| u64::from_be_bytes(*octets))
    }

    /// What begins with a place, and goes on to the end of the data set.
    fn rest(&self, place: Place) -> &[u8] {
        self.from(place.segment).get(usize::from(place.offset)..).unwrap_or_default()
    }
}

/// A record without fields of variable length is one segment.
#[derive(Clone, Copy)]
struct Start<'a>(&'a [u8]);

/// Where each wanted segment begins.
#[derive(Clone, Copy)]
struct Starts<'a> {
    body: &'a [u8],
    starts: [u32; MAX_SEGMENTS],
}

/// Whom the walk over a data set tells of each record.
pub(super) trait Visit {
    /// A record whose segments begin here.
    fn record<S: Segments>(&mut self, segments: &S);
}

impl Segments for Start<'_> {
    #[inline(always)]
    fn from(&self, _: u8) -> &[u8] {
        self.0
    }
}

impl Segments for Starts<'_> {
    #[inline(always)]
    fn from(&self, segment: u8) -> &[u8] {
        let start = self.starts.get(usize::from(segment)).copied().unwrap_or(u32::MAX);
        self.body.get(start as usize..).unwrap_or_default()
    }
}

impl Starts<'_> {
    #[inline(always)]
    fn set(&mut self, segment: u8, at: usize) {
        if let Some(start) = self.starts.get_mut(usize::from(segment)) {
            *start = at as u32;
        }
    }
}

/// The fields of a definition with their places.
pub(super) fn place(definition: &Definition<'_>) -> Result<Vec<Placed>, Skip> {
    let mut fields = definition.fields();
    let mut placed = Vec::with_capacity(MAX_FIELDS.min(definition.fields.len() / 4));
    let (mut segment, mut offset, mut octets) = (0, 0, 0);
    for field in fields.by_ref().take(MAX_FIELDS + 1) {
        let variable = is_variable(definition, &field);
        octets += if variable { 1 } else { usize::from(field.length) };
        if octets > MAX_RECORD || placed.len() == MAX_FIELDS {
            return Err(Skip::OversizedTemplate);
        }
        if variable {
            placed.push(Placed { field: Field { length: VARIABLE, ..field }, segment: segment + 1, offset: 0 });
            (segment, offset) = (segment + 2, 0);
        } else {
            placed.push(Placed { field, segment, offset });
            offset += field.length;
        }
    }
    match octets {
        _ if fields.rest() > 0 || definition.id < FIRST_TEMPLATE || usize::from(definition.scope_fields) > placed.len() => {
            Err(Skip::BrokenTemplate)
        }
        0 => Err(Skip::EmptyTemplate),
        _ => Ok(placed),
    }
}

fn is_variable(definition: &Definition<'_>, field: &Field) -> bool {
    field.length == VARIABLE && definition.protocol == schema::Protocol::Ipfix
}

impl Placed {
    /// Whether each record tells its length.
    pub(super) const fn is_variable(&self) -> bool {
        self.segment % 2 == 1
    }
}

impl Wanted {
    /// Nothing but the start of the record.
    pub(super) fn new() -> Self {
        Self(vec![0])
    }

    /// The place of a field; `None` where too many segments are wanted.
    pub(super) fn place(&mut self, placed: &Placed) -> Option<Place> {
        Some(Place { segment: self.segment(placed.segment)?, offset: placed.offset })
    }

    /// The place just behind a field of variable length.
    pub(super) fn behind(&mut self, placed: &Placed) -> Option<Place> {
        Some(Place { segment: self.segment(placed.segment + 1)?, offset: 0 })
    }

    fn segment(&mut self, segment: u16) -> Option<u8> {
        let known = self.0.iter().position(|wanted| *wanted == segment);
        let name = known.unwrap_or(self.0.len());
        if name == MAX_SEGMENTS {
            return None;
        }
        if known.is_none() {
            self.0.push(segment);
        }
        u8::try_from(name).ok()
    }

    fn name(&self, segment: u16) -> u8 {
        self.0.iter().position(|wanted| *wanted == segment).and_then(|name| u8::try_from(name).ok()).unwrap_or(UNWANTED)
    }
}

impl Place {
    /// How far from the start of its segment it lies.
    pub(super) const fn offset(self) -> u16 {
        self.offset
    }

    /// So many octets further on.
    pub(super) const fn plus(self, octets: u16) -> Self {
        Self { segment: self.segment, offset: self.offset + octets }
    }
}

impl Layout {
    /// The layout of these fields, which finds the wanted segments.
    pub(super) fn new(placed: &[Placed], wanted: &Wanted) -> Self {
        let (mut hops, mut skip) = (Vec::new(), 0_u16);
        for place in placed {
            if place.is_variable() {
                hops.push(Hop { skip, content: wanted.name(place.segment), behind: wanted.name(place.segment + 1) });
                skip = 0;
            } else {
                skip += place.field.length;
            }
        }
        if hops.is_empty() {
            return Self::Fixed(skip);
        }
        let shortest = hops.iter().map(|hop| hop.skip + 1).sum::<u16>() + skip;
        Self::Variable(Hops { hops: hops.into(), tail: skip, shortest })
    }

    /// Tells of every whole record of a data set: how many there are, and what is amiss with the octets behind them.
    #[inline]
    pub(super) fn walk<V: Visit>(&self, body: &[u8], visitor: &mut V) -> (u32, Option<Skip>) {
        let (records, end, amiss) = match self {
            Self::Fixed(octets) => {
                let octets = usize::from(*octets);
                let (mut rest, mut records) = (body, 0);
                while let Some((_, behind)) = rest.split_at_checked(octets).filter(|_| octets > 0) {
                    visitor.record(&Start(rest));
                    records += 1;
                    rest = behind;
                }
                (records, body.len() - rest.len(), Skip::TrailingOctets)
            }
            Self::Variable(hops) => hops.walk(body, visitor),
        };
        (u32::try_from(records).unwrap_or(u32::MAX), amiss_behind(end, body, amiss))
    }

    /// How many octets every record has; `None` if they differ.
    pub(super) const fn fixed(&self) -> Option<u16> {
        match self {
            Self::Fixed(octets) => Some(*octets),
            Self::Variable(_) => None,
        }
    }

    /// Octets on the heap.
    pub(super) fn heap(&self) -> usize {
        match self {
            Self::Fixed(_) => 0,
            Self::Variable(hops) => size_of_val(&*hops.hops),
        }
    }
}

/// What is amiss with the octets behind the last record, which ends at `end`: nothing, if they may be padding.
#[inline]
pub(super) fn amiss_behind(end: usize, body: &[u8], amiss: Skip) -> Option<Skip> {
    (!is_padding(body.get(end..).unwrap_or_default())).then_some(amiss)
}

impl Hops {
    fn walk<V: Visit>(&self, body: &[u8], visitor: &mut V) -> (usize, usize, Skip) {
        let mut starts = Starts { body, starts: [0; MAX_SEGMENTS] };
        let (mut records, mut at) = (0, 0);
        while body.len() - at >= usize::from(self.shortest) {
            let Some(end) = self.record(at, &mut starts) else { return (records, at, Skip::BrokenRecord) };
            visitor.record(&starts);
            records += 1;
            at = end;
        }
        (records, at, Skip::TrailingOctets)
    }

    /// Finds the segments of the record at `start`, and its end; `None` if it ends behind the data set.
    fn record(&self, start: usize, starts: &mut Starts<'_>) -> Option<usize> {
        let (body, mut at) = (starts.body, start);
        starts.set(0, at);
        for hop in &self.hops {
            let content = content(body, at + usize::from(hop.skip))?;
            starts.set(hop.content, content.start);
            starts.set(hop.behind, content.end);
            at = content.end;
        }
        Some(at + usize::from(self.tail)).filter(|end| *end <= body.len())
    }
}

/// The octets of the field of variable length at `at` (RFC 7011, section 7): a length in one octet, or 255 and a length in two.
#[inline]
fn content(body: &[u8], at: usize) -> Option<std::ops::Range<usize>> {
    let (start, length) = match *body.get(at..)? {
        [255, high, low, ..] => (at + 3, usize::from(u16::from_be_bytes([high, low]))),
        [255, ..] | [] => return None,
        [length, ..] => (at + 1, usize::from(length)),
    };
    (length <= body.len() - start).then_some(start..start + length)
}
