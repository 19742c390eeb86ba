//! A member list from a spreadsheet: one row for each MAC address or port, several rows for one member.

use csv::{Position, ReaderBuilder, StringRecord};
use schema::Asn;

use crate::book::Directory;
use crate::builder::{Builder, Entry};
use crate::field;
use crate::member::{Dated, MacClaim, Port};
use crate::refusal::{Lines, Place, Refusal, shortened};
use crate::validity::Validity;

/// The columns, in the order of [`Column`].
pub(crate) const COLUMNS: &[&str] = &["asn", "name", "mac", "vlan", "agent", "if_index", "from", "until"];

#[derive(Clone, Copy)]
enum Column {
    Asn,
    Name,
    Mac,
    Vlan,
    Agent,
    IfIndex,
    From,
    Until,
}

impl Column {
    const fn name(self) -> &'static str {
        COLUMNS[self as usize]
    }
}

pub(crate) fn read(text: &str) -> Result<Directory, Refusal> {
    let rows = Rows::of(text);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter(text)).from_reader(text.as_bytes());
    let mut builder = Builder::default();
    let mut header: Option<Header> = None;
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| rows.unreadable(&error))? {
        let place = rows.place(record.position());
        match &header {
            None => header = Some(Header::read(place, &record)?),
            Some(header) => {
                let row = Row { place, header, record: &record };
                if !row.is_empty() {
                    builder.add(row.entry()?);
                }
            }
        }
    }
    if header.is_none() {
        return Err(Refusal::new(Place::List, format!("is empty; its first line must name the columns {}", COLUMNS.join(", "))));
    }
    builder.finish()
}

/// Spreadsheets write a semicolon where the comma is the decimal sign; the header tells, for no column's name holds either.
fn delimiter(text: &str) -> u8 {
    let header = first_line(text).unwrap_or_default();
    if header.contains(';') { b';' } else { b',' }
}

/// The first line that is not empty.
pub(crate) fn first_line(text: &str) -> Option<&str> {
    text.lines().find(|line| !line.trim().is_empty())
}

/// Whether a line is this format's header, whatever its delimiter.
pub(crate) fn is_header(line: &str) -> bool {
    line.split([',', ';']).any(|name| column_name(name) == Column::Asn.name())
}

fn column_name(text: &str) -> String {
    text.trim().trim_matches('"').trim().to_lowercase()
}

/// Tells the line of a record. The `csv` crate counts the empty lines before a record to it, so its first octet is looked for.
struct Rows<'t> {
    text: &'t [u8],
    lines: Lines,
}

impl<'t> Rows<'t> {
    fn of(text: &'t str) -> Self {
        Self { text: text.as_bytes(), lines: Lines::of(text.as_bytes()) }
    }

    fn place(&self, position: Option<&Position>) -> Place {
        let start = position.and_then(|position| usize::try_from(position.byte()).ok());
        let Some((start, rest)) = start.and_then(|start| Some((start, self.text.get(start..)?))) else { return Place::List };
        let empty = rest.iter().take_while(|octet| matches!(octet, b'\r' | b'\n')).count();
        self.lines.place(start + empty)
    }

    fn unreadable(&self, error: &csv::Error) -> Refusal {
        Refusal::new(self.place(error.position()), format!("is no CSV row ({error}); quote fields that hold delimiters or line breaks"))
    }
}

/// Where each column stands.
struct Header {
    positions: [Option<usize>; COLUMNS.len()],
    width: usize,
}

impl Header {
    fn read(place: Place, record: &StringRecord) -> Result<Self, Refusal> {
        let mut positions = [None; COLUMNS.len()];
        for (position, text) in record.iter().enumerate() {
            let name = column_name(text);
            if name.is_empty() {
                continue;
            }
            let column =
                COLUMNS.iter().position(|known| *known == name).ok_or_else(|| Refusal::unknown(place, "column", &name, COLUMNS))?;
            if positions[column].replace(position).is_some() {
                return Err(Refusal::new(place, format!("the column `{name}` stands there twice; delete one")));
            }
        }
        if positions[Column::Asn as usize].is_none() {
            return Err(Refusal::new(
                place,
                format!("there is no column `asn`; the first line must name the columns {}", COLUMNS.join(", ")),
            ));
        }
        Ok(Self { positions, width: record.len() })
    }
}

/// One row under its header.
struct Row<'r> {
    place: Place,
    header: &'r Header,
    record: &'r StringRecord,
}

impl Row<'_> {
    /// Spreadsheets write rows of nothing but delimiters.
    fn is_empty(&self) -> bool {
        self.record.iter().all(|field| field.trim().is_empty())
    }

    /// The column's text; `None` where it is empty or missing.
    fn get(&self, column: Column) -> Option<&str> {
        let position = self.header.positions[column as usize]?;
        self.record.get(position).map(str::trim).filter(|text| !text.is_empty())
    }

    fn entry(&self) -> Result<Entry, Refusal> {
        if self.record.iter().skip(self.header.width).any(|field| !field.trim().is_empty()) {
            let (fields, width) = (self.record.len(), self.header.width);
            return Err(self.refused(format!("has {fields} fields under {width} columns; quote a field that holds the delimiter")));
        }
        let mut entry = Entry::new(self.place, self.asn()?);
        self.get(Column::Name).unwrap_or_default().clone_into(&mut entry.name);
        let validity = self.validity()?;
        entry.macs.extend(self.mac()?.map(|claim| Dated { claim, validity }));
        entry.ports.extend(self.port()?.map(|claim| Dated { claim, validity }));
        if entry.name.is_empty() && entry.macs.is_empty() && entry.ports.is_empty() {
            return Err(self.refused(format!("says nothing of {}; give a name, a MAC address or a port", entry.asn)));
        }
        if validity != Validity::ALWAYS && entry.macs.is_empty() && entry.ports.is_empty() {
            return Err(self.refused("a time stands without `mac` or a port; it only bounds one of these, so give both".to_owned()));
        }
        Ok(entry)
    }

    fn asn(&self) -> Result<Asn, Refusal> {
        self.parsed(Column::Asn, "an AS number, as in 64500", field::asn)?
            .ok_or_else(|| self.refused("`asn` is empty; every row needs the member's number".to_owned()))
    }

    fn mac(&self) -> Result<Option<MacClaim>, Refusal> {
        let mac = self.parsed(Column::Mac, "six pairs of hexadecimal digits, as in 02:00:5e:00:00:01", |text| text.parse().ok())?;
        let vlan = self.parsed(Column::Vlan, "a VLAN id from 0 to 4094, or empty for every VLAN", field::vlan)?;
        match (mac, vlan) {
            (None, Some(_)) => Err(self.refused("`vlan` stands without `mac`; a VLAN only narrows a MAC address, so give both".to_owned())),
            (mac, vlan) => Ok(mac.map(|mac| MacClaim { mac, vlan })),
        }
    }

    fn port(&self) -> Result<Option<Port>, Refusal> {
        let agent = self.parsed(Column::Agent, "the switch's IP address, as in 192.0.2.1", field::agent)?;
        let if_index = self.parsed(Column::IfIndex, "an ifIndex, as in 17", |text| text.parse().ok())?;
        match (agent, if_index) {
            (Some(agent), Some(if_index)) => Ok(Some(Port { agent, if_index })),
            (None, None) => Ok(None),
            _ => Err(self.refused("`agent` and `if_index` only together name a port; give both or neither".to_owned())),
        }
    }

    /// When the row's claims hold.
    fn validity(&self) -> Result<Validity, Refusal> {
        let from = self.parsed(Column::From, field::MOMENT, field::moment)?;
        let until = self.parsed(Column::Until, field::MOMENT, field::moment)?;
        Validity::new(from, until).ok_or_else(|| self.refused(format!("`until` {}", field::NEVER)))
    }

    fn parsed<T>(&self, column: Column, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Refusal> {
        let Some(text) = self.get(column) else { return Ok(None) };
        let value = parse(text);
        let refused = || self.refused(format!("`{}` is `{}`; it must be {expected}", column.name(), shortened(text)));
        value.map(Some).ok_or_else(refused)
    }

    fn refused(&self, what: String) -> Refusal {
        Refusal::new(self.place, what)
    }
}
