//! The one table of columns.
//!
//! A table is written once, with the macro `table!` in [`window`](crate::window): from it come the row's struct, the Arrow schema, the
//! Parquet files, how a column is rolled up, and the documentation of the fields.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::Timestamp;

/// What a roll-up does with a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Rows with the same keys become one; `time` is taken down to the longer window's start.
    Key,
    /// Added.
    Sum,
    /// The largest is kept.
    Max,
    /// The smallest above zero is kept, zero meaning none.
    Min,
}

/// The type of a column's values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Milliseconds since 1970, UTC.
    Time,
    /// UTF-8.
    Text,
    /// Unsigned, 8 bits.
    U8,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// IEEE 754, 64 bits.
    F64,
}

/// One value of a row.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Of [`Kind::Time`].
    Time(Timestamp),
    /// Of [`Kind::Text`].
    Text(Arc<str>),
    /// Of [`Kind::U8`].
    U8(u8),
    /// Of [`Kind::U16`].
    U16(u16),
    /// Of [`Kind::U32`].
    U32(u32),
    /// Of [`Kind::U64`].
    U64(u64),
    /// Of [`Kind::F64`].
    F64(f64),
}

/// One column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// Name in files, queries and answers.
    pub name: &'static str,
    /// Type.
    pub kind: Kind,
    /// What a roll-up does with it.
    pub role: Role,
    /// Unit of its values; empty where it has none.
    pub unit: &'static str,
    /// What it means, for people.
    pub doc: &'static str,
}

/// A table: its name and its columns in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Table {
    /// Name of its files.
    pub name: &'static str,
    /// Columns in order.
    pub columns: &'static [Column],
}

impl Table {
    /// The Arrow schema; each field carries its unit and meaning as metadata.
    #[must_use]
    pub fn arrow_schema(&self) -> SchemaRef {
        let fields: Vec<Field> = self.columns.iter().map(Column::arrow_field).collect();
        Arc::new(Schema::new(fields))
    }

    /// The names of the columns with this role, in order.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = &'static str> {
        self.columns.iter().filter(move |column| column.role == role).map(|column| column.name)
    }
}

impl Column {
    fn arrow_field(&self) -> Field {
        let metadata = HashMap::from([("unit".to_owned(), self.unit.to_owned()), ("doc".to_owned(), self.doc.trim().to_owned())]);
        Field::new(self.name, self.kind.arrow_type(), false).with_metadata(metadata)
    }
}

impl Kind {
    /// The Arrow type.
    #[must_use]
    pub fn arrow_type(self) -> DataType {
        match self {
            Self::Time => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            Self::Text => DataType::Utf8,
            Self::U8 => DataType::UInt8,
            Self::U16 => DataType::UInt16,
            Self::U32 => DataType::UInt32,
            Self::U64 => DataType::UInt64,
            Self::F64 => DataType::Float64,
        }
    }
}

/// A type that a column can hold.
pub trait Stored: Sized {
    /// Its column type.
    const KIND: Kind;
    /// The value for the column.
    fn to_value(&self) -> Value;
    /// The value back; `None` if it is of another type.
    fn from_value(value: Value) -> Option<Self>;
}

macro_rules! stored {
    ($($ty:ty => $kind:ident),+) => {$(
        impl Stored for $ty {
            const KIND: Kind = Kind::$kind;
            fn to_value(&self) -> Value {
                Value::$kind(self.clone())
            }
            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$kind(value) => Some(value),
                    _ => None,
                }
            }
        }
    )+};
}

stored!(Timestamp => Time, Arc<str> => Text, u8 => U8, u16 => U16, u32 => U32, u64 => U64, f64 => F64);

/// A row of a table.
pub trait Row: Sized {
    /// Its table.
    const TABLE: Table;
    /// The value of the column at `position` in the table's order; `None` past the last.
    fn value(&self, position: usize) -> Option<Value>;
    /// The row from its values in the table's order; `None` if one is missing or of another type.
    fn from_values(values: impl IntoIterator<Item = Value>) -> Option<Self>;
}

/// Writes a table once: the row's struct with its documentation, the column table, and the way between them.
macro_rules! table {
    (
        $(#[$meta:meta])*
        $row:ident, $table:ident = $name:literal {
            $( $(#[doc = $doc:literal])+ $field:ident : $ty:ty, $role:ident $(, $unit:literal)? ; )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug, Default)]
        pub struct $row {
            $( $(#[doc = $doc])+ pub $field: $ty, )+
        }

        #[doc = concat!("The table `", $name, "`.")]
        pub const $table: $crate::columns::Table = $crate::columns::Table {
            name: $name,
            columns: &[$(
                $crate::columns::Column {
                    name: stringify!($field),
                    kind: <$ty as $crate::columns::Stored>::KIND,
                    role: $crate::columns::Role::$role,
                    unit: concat!("" $(, $unit)?),
                    doc: concat!($($doc),+),
                },
            )+],
        };

        impl $crate::columns::Row for $row {
            const TABLE: $crate::columns::Table = $table;

            fn value(&self, position: usize) -> Option<$crate::columns::Value> {
                let getters: &[fn(&Self) -> $crate::columns::Value] = &[
                    $( |row| $crate::columns::Stored::to_value(&row.$field), )+
                ];
                getters.get(position).map(|get| get(self))
            }

            fn from_values(values: impl IntoIterator<Item = $crate::columns::Value>) -> Option<Self> {
                let mut values = values.into_iter();
                Some(Self {
                    $( $field: $crate::columns::Stored::from_value(values.next()?)?, )+
                })
            }
        }
    };
}

pub(crate) use table;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::{CELLS, CellRow, EXPORTERS, ExporterRow, LISTENERS, ListenerRow, PORT_SAMPLES, PORTS, PortRow, PortSampleRow};
    use crate::{Asn, CellKey, Localities, Locality, Party, Reason, Sums};

    #[test]
    fn a_row_reads_back_from_its_values() {
        let (src, dst) = (Party::member(Asn(1)), Party::member(Asn(2)));
        let localities = Localities { src: Locality::Foreign, dst: Locality::Domestic };
        let key = CellKey { src, dst, vlan: 7, ip_version: 4, reason: Reason::Attributed, localities };
        let row =
            CellRow::new(Timestamp(5), &"ix".into(), key, Sums { samples: 1, packets: 2, bytes: 3, variance: 0.5, bytes_from_flows: 0 });
        let values: Vec<Value> = (0..).map_while(|position| row.value(position)).collect();
        assert_eq!(values.len(), CELLS.columns.len());
        assert_eq!(CellRow::from_values(values.clone()), Some(row));
        assert_eq!(CellRow::from_values(values.into_iter().skip(1)), None);
    }

    #[test]
    fn every_column_is_documented_and_every_measure_has_its_unit() {
        assert_eq!((CellRow::TABLE, PortRow::TABLE, ExporterRow::TABLE), (CELLS, PORTS, EXPORTERS));
        assert_eq!((PortSampleRow::TABLE, ListenerRow::TABLE), (PORT_SAMPLES, LISTENERS));
        for table in [CELLS, PORTS, EXPORTERS, PORT_SAMPLES, LISTENERS] {
            for column in table.columns {
                assert!(!column.doc.trim().is_empty(), "{}.{}", table.name, column.name);
                assert_eq!(column.unit.is_empty(), column.role == Role::Key, "{}.{}", table.name, column.name);
            }
            assert_eq!(table.arrow_schema().fields().len(), table.columns.len());
        }
    }
}
