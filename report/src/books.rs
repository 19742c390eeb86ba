//! What is known of members beside the exchange: their links, and what they declare.

mod basis;
mod row;

use std::collections::{BTreeMap, BTreeSet};

use schema::border::Direction;
use schema::{Asn, Class, Sums};

use crate::period::Period;
use crate::savings::Price;
use crate::volumes::Volume;

pub use basis::Basis;
pub use row::Row;

/// One member's links of one class.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    /// Whose they are.
    pub member: Asn,
    /// What is beyond them.
    pub class: Class,
    /// What they carry together, in bits a second; 0 for a member that has none of this class.
    pub capacity: u64,
    /// What it pays for them.
    pub price: Option<Price>,
}

/// A network as the member list has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Its number.
    pub asn: Asn,
    /// Its name.
    pub name: String,
    /// Speed of its ports, in bits a second; 0 if that is not known.
    pub port_speed: u64,
}

/// What was measured at a member's border over links of one class. A way of which nothing was reported is `None`: it is not known, and not nothing.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Crossed {
    /// What came in.
    pub inbound: Option<Sums>,
    /// What went out. It is no part of a share, and tells nothing of what came in.
    pub outbound: Option<Sums>,
}

/// What was measured at members' borders.
pub type Measured = BTreeMap<(Asn, Class), Crossed>;

/// All that is written down about networks of the economy.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Books {
    /// Their links, of which several may be of one member and class.
    pub links: Vec<Link>,
    /// What they declare, no month, member, class and direction twice.
    pub volumes: Vec<Volume>,
    /// Members that deliver nothing to domestic users, as content networks do: they have no part in `I`, `P` and `C`.
    pub outside: BTreeSet<Asn>,
}

impl Books {
    /// What the links of a class carry together; `None` where that is not known.
    #[must_use]
    pub fn capacity(&self, member: Asn, class: Class) -> Option<u64> {
        let mut links = self.links.iter().filter(|link| (link.member, link.class) == (member, class)).map(|link| link.capacity).peekable();
        links.peek()?;
        Some(links.fold(0, u64::saturating_add))
    }

    /// All networks of the economy that are to be spoken of, by their numbers, with what is known of each: the members that are listed, and whoever else is in these books.
    #[must_use]
    pub fn rows(&self, listed: &[Listed], measured: &Measured, period: &Period) -> Vec<Row> {
        let known = Known { books: self, declared: self.declared_in(period), measured, period };
        let mut networks: BTreeMap<Asn, Listed> = BTreeMap::new();
        let others = self.links.iter().map(|link| link.member).chain(known.declared.keys().map(|(asn, _)| *asn));
        for asn in others.chain(measured.keys().map(|(asn, _)| *asn)) {
            networks.insert(asn, Listed { asn, name: asn.to_string(), port_speed: 0 });
        }
        networks.extend(listed.iter().map(|listed| (listed.asn, listed.clone())));
        networks.retain(|asn, _| !self.outside.contains(asn));
        networks.into_values().map(|listed| known.row(listed)).collect()
    }

    /// What is declared of months that lie in the period, be it in part. A declaration of what went out tells who there is, and nothing of what came in.
    fn declared_in(&self, period: &Period) -> Declarations<'_> {
        let mut declared = Declarations::new();
        for volume in self.volumes.iter().filter(|volume| period.touches(volume.month)) {
            let of = declared.entry((volume.member, volume.class)).or_default();
            of.extend(Some(volume).filter(|volume| volume.direction == Direction::Inbound));
        }
        declared
    }
}

/// What came in, as it is declared.
type Declarations<'b> = BTreeMap<(Asn, Class), Vec<&'b Volume>>;

/// All that is known of one period.
struct Known<'k> {
    books: &'k Books,
    declared: Declarations<'k>,
    measured: &'k Measured,
    period: &'k Period,
}

impl Known<'_> {
    fn row(&self, listed: Listed) -> Row {
        let basis = |class| {
            let of = (listed.asn, class);
            let declared = self.declared.get(&of).map_or(&[][..], Vec::as_slice);
            let crossed = self.measured.get(&of).copied().unwrap_or_default();
            Basis::new(declared, crossed, self.books.capacity(listed.asn, class), self.period)
        };
        Row { transit: basis(Class::Transit), private: basis(Class::Private), cache: basis(Class::Cache), listed }
    }
}
