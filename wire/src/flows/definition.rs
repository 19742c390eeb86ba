//! Templates as they are exported: the shape of records, field by field.

use schema::Protocol;

use super::{Skip, Template};
use crate::reader::Reader;

/// Most fields of a template that is read.
///
/// Real ones have up to about 100. It keeps what is remembered of an exporter's templates small.
pub const MAX_FIELDS: usize = 1024;

/// The length that stands for "each record tells it" (RFC 7011, section 7).
pub(super) const VARIABLE: u16 = u16::MAX;

/// The bit of an element's number behind which an enterprise number follows (RFC 7011, section 3.2).
const ENTERPRISE: u16 = 0x8000;

/// The definition of a template, not yet looked into.
///
/// Its parts are public, so that one that was kept can be put together again: every content of them can be compiled or is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Definition<'a> {
    /// The protocol in whose form the fields are written: NetFlow v9 or IPFIX.
    pub protocol: Protocol,
    /// Its number in its observation domain, from 256.
    pub id: u16,
    /// Whether its records tell something of the exporter, and not of traffic.
    pub options: bool,
    /// How many of the first fields say what an options record is about.
    pub scope_fields: u16,
    /// The field specifiers, as they lie in the message.
    pub fields: &'a [u8],
}

/// One field of a template.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// Private enterprise number; 0 for the elements of IANA.
    pub enterprise: u32,
    /// Number of the element, or of the scope in an options template of NetFlow v9.
    pub element: u16,
    /// Octets in a record; 65,535 in IPFIX if each record tells it.
    pub length: u16,
    /// Whether it says what an options record is about.
    pub scope: bool,
}

/// The fields of a definition, in order.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    reader: Reader<'a>,
    protocol: Protocol,
    scope_fields: u16,
}

/// Templates that hold no longer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Withdrawal {
    /// This one.
    One(u16),
    /// Every template of data records in the observation domain.
    AllData,
    /// Every options template in the observation domain.
    AllOptions,
}

impl<'a> Definition<'a> {
    /// The fields, as far as their specifiers are whole.
    #[must_use]
    pub const fn fields(&self) -> Fields<'a> {
        Fields { reader: Reader::new(self.fields), protocol: self.protocol, scope_fields: self.scope_fields }
    }

    /// Works out once how a record is read. Nothing else here allocates.
    ///
    /// # Errors
    /// Refuses a template whose records would have no octets, or more than a message, which has too many fields, or a number below 256.
    pub fn compile(&self) -> Result<Template, Skip> {
        Template::compile(self)
    }
}

impl Fields<'_> {
    /// The octets that are not yet read.
    pub(super) const fn rest(&self) -> usize {
        self.reader.len()
    }
}

impl Iterator for Fields<'_> {
    type Item = Field;

    fn next(&mut self) -> Option<Field> {
        let mut ahead = self.reader;
        let [a, b, c, d] = ahead.octets()?;
        let (mut element, length) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let mut enterprise = 0;
        if self.protocol == Protocol::Ipfix && element & ENTERPRISE != 0 {
            enterprise = ahead.word()?;
            element &= !ENTERPRISE;
        }
        self.reader = ahead;
        let scope = self.scope_fields > 0;
        self.scope_fields = self.scope_fields.saturating_sub(1);
        Some(Field { enterprise, element, length, scope })
    }
}

impl Field {
    /// Whether it is this element, and tells of the record rather than of its scope.
    pub(super) fn is(&self, enterprise: u32, element: u16) -> bool {
        !self.scope && self.enterprise == enterprise && self.element == element
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enterprise_number_follows_its_bit_in_ipfix_alone() {
        let octets = [0, 1, 0, 8, 0x80, 2, 0, 4, 0, 0, 0x72, 0x79, 0, 58, 0xff, 0xff];
        let definition = Definition { protocol: Protocol::Ipfix, id: 256, options: true, scope_fields: 1, fields: &octets };
        let fields: Vec<Field> = definition.fields().collect();
        assert_eq!(
            fields,
            [
                Field { enterprise: 0, element: 1, length: 8, scope: true },
                Field { enterprise: 29_305, element: 2, length: 4, scope: false },
                Field { enterprise: 0, element: 58, length: VARIABLE, scope: false },
            ]
        );
        let as_v9: Vec<u16> = Definition { protocol: Protocol::Netflow9, ..definition }.fields().map(|field| field.element).collect();
        assert_eq!(as_v9, [1, 0x8002, 0, 58]);
    }

    #[test]
    fn a_cut_specifier_is_no_field() {
        let octets = [0, 1, 0, 8, 0x80, 2, 0, 4, 0, 0];
        let definition = Definition { protocol: Protocol::Ipfix, id: 256, options: false, scope_fields: 0, fields: &octets };
        let mut fields = definition.fields();
        assert_eq!(fields.by_ref().count(), 1);
        assert_eq!(fields.rest(), 6);
    }
}
