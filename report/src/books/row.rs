//! What is known of one network.

use schema::Class;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::{Basis, Listed};
use crate::amount::Declared;
use crate::member::Member;

/// One network, and how each class of what came to it is known.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// Who it is.
    pub listed: Listed,
    /// What came by transit.
    pub transit: Basis,
    /// What came by private peering.
    pub private: Basis,
    /// What came from caches inside it.
    pub cache: Basis,
}

impl Row {
    /// What shares are made of.
    #[must_use]
    pub const fn member(&self) -> Member {
        let Listed { asn, port_speed, .. } = self.listed;
        Member { asn, port_speed, transit: self.transit.told, private: self.private.told, cache: self.cache.told }
    }

    /// Its three classes.
    pub fn classes(&self) -> [(Class, &Basis); 3] {
        [(Class::Transit, &self.transit), (Class::Private, &self.private), (Class::Cache, &self.cache)]
    }

    /// What has to be said of it in words: what was cut, set aside, or told of the wrong way.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.classes().into_iter().flat_map(|(class, basis)| self.notes_on(class, basis)).collect()
    }

    fn notes_on(&self, class: Class, basis: &Basis) -> Vec<String> {
        let mut notes = Vec::new();
        let of = format!("{class} of {}", self.listed.asn);
        if let Some(Declared { low, high }) = basis.set_aside {
            let high = high.map_or_else(|| "an unknown end".to_owned(), |high| high.to_string());
            notes.push(format!("{of} was measured and declared; the measurement counts, and the declared {low} to {high} octets do not"));
        }
        if basis.outbound_only {
            notes.push(format!("{of} was reported outbound only, which tells nothing of what came in: it counts as not told"));
        }
        if basis.cut_month {
            notes.push(format!(
                "{of} is declared for a month of which only a part is asked for, and that month does not count; ask for whole months"
            ));
        }
        if basis.name() == "partly_declared" {
            notes.push(format!("{of} is declared for a part of the time only; for the rest it is bounded by what its links carry"));
        }
        notes
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("Row", 7)?;
        row.serialize_field("asn", &self.listed.asn)?;
        row.serialize_field("name", &self.listed.name)?;
        row.serialize_field("port_speed_bits_per_second", &self.listed.port_speed)?;
        row.serialize_field("reports", &self.member().reports())?;
        row.serialize_field("transit", &self.transit)?;
        row.serialize_field("private", &self.private)?;
        row.serialize_field("cache", &self.cache)?;
        row.end()
    }
}
