//! The project's own member list, in TOML.
//!
//! A person writes it, so anything that is not understood is refused, with its line. The tree is walked by hand instead of through serde:
//! so each sentence can name the key, the line and what belongs there.

use schema::{Asn, Mac, Timestamp};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::book::Directory;
use crate::builder::{Builder, Entry};
use crate::field;
use crate::member::{Dated, MacClaim, Port};
use crate::refusal::{Lines, Place, Refusal, shortened};
use crate::validity::Validity;

const LIST: &[&str] = &["member"];
const MEMBER: &[&str] = &["asn", "macs", "name", "ports"];
const MAC: &[&str] = &["from", "mac", "until", "vlan"];
const PORT: &[&str] = &["agent", "from", "if_index", "until"];

pub(crate) fn read(text: &str) -> Result<Directory, Refusal> {
    let lines = Lines::of(text.as_bytes());
    let root = DeTable::parse(text).map_err(|error| {
        let place = error.span().map_or(Place::List, |span| lines.place(span.start));
        Refusal::new(place, format!("is no TOML: {}", error.message().replace('\n', ", ")))
    })?;
    let list = Table::new(&lines, Place::List, root.get_ref(), LIST)?;
    let mut builder = Builder::default();
    let Some(members) = list.get("member") else { return builder.finish() };
    for member in members.array("a [[member]] block for each member")? {
        builder.add(entry(&member.table(MEMBER, "a [[member]] block")?)?);
    }
    builder.finish()
}

fn entry(member: &Table<'_>) -> Result<Entry, Refusal> {
    let asn = member.required("asn", "asn = 64500")?;
    let mut entry = Entry::new(asn.place(), asn.asn()?);
    if let Some(name) = member.get("name") {
        name.text("a text, as in name = \"Example Networks\"")?.clone_into(&mut entry.name);
    }
    if let Some(macs) = member.get("macs") {
        let claims = macs.array("a list, as in macs = [\"02:00:5e:00:00:01\"]")?;
        entry.macs = claims.map(|claim| mac_claim(&claim)).collect::<Result<_, _>>()?;
    }
    if let Some(ports) = member.get("ports") {
        let claims = ports.array("a list, as in ports = [{ agent = \"192.0.2.1\", if_index = 17 }]")?;
        entry.ports = claims.map(|claim| port(&claim)).collect::<Result<_, _>>()?;
    }
    Ok(entry)
}

fn mac_claim(item: &Item<'_>) -> Result<Dated<MacClaim>, Refusal> {
    if item.value.is_str() {
        return Ok(Dated { claim: MacClaim { mac: item.mac()?, vlan: None }, validity: Validity::ALWAYS });
    }
    let table = item.table(MAC, "a MAC address, or { mac = \"02:00:5e:00:00:01\", vlan = 100 }")?;
    let mac = table.required("mac", "mac = \"02:00:5e:00:00:01\"")?.mac()?;
    let vlan = table.get("vlan").map(|vlan| vlan.number(field::MAX_VLAN, "a VLAN id from 0 to 4094")).transpose()?;
    Ok(Dated { claim: MacClaim { mac, vlan }, validity: validity(&table)? })
}

fn port(item: &Item<'_>) -> Result<Dated<Port>, Refusal> {
    let table = item.table(PORT, "{ agent = \"192.0.2.1\", if_index = 17 }")?;
    let agent = table.required("agent", "agent = \"192.0.2.1\"")?;
    let expected = "the switch's IP address, as in agent = \"192.0.2.1\"";
    let address = field::agent(agent.text(expected)?).ok_or_else(|| agent.expected(expected))?;
    let if_index = table.required("if_index", "if_index = 17")?.number(u32::MAX, "an ifIndex, as in if_index = 17")?;
    Ok(Dated { claim: Port { agent: address, if_index }, validity: validity(&table)? })
}

/// When a claim holds.
fn validity(claim: &Table<'_>) -> Result<Validity, Refusal> {
    let from = claim.get("from").map(|from| from.moment()).transpose()?;
    let Some(until) = claim.get("until") else { return Ok(Validity::new(from, None).unwrap_or_default()) };
    Validity::new(from, Some(until.moment()?)).ok_or_else(|| Refusal::new(until.place(), format!("`until` {}", field::NEVER)))
}

/// A table of which every key is known.
struct Table<'a> {
    lines: &'a Lines,
    place: Place,
    table: &'a DeTable<'a>,
}

impl<'a> Table<'a> {
    fn new(lines: &'a Lines, place: Place, table: &'a DeTable<'a>, known: &[&str]) -> Result<Self, Refusal> {
        let unknown = table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())).min_by_key(|key| key.span().start);
        match unknown {
            Some(key) => Err(Refusal::unknown(lines.place(key.span().start), "key", key.get_ref(), known)),
            None => Ok(Self { lines, place, table }),
        }
    }

    fn get(&self, key: &'a str) -> Option<Item<'a>> {
        let value = self.table.get(key)?;
        Some(Item { lines: self.lines, key, value: value.get_ref(), offset: value.span().start })
    }

    fn required(&self, key: &'a str, example: &str) -> Result<Item<'a>, Refusal> {
        self.get(key).ok_or_else(|| Refusal::new(self.place, format!("`{key}` is missing; write {example}")))
    }
}

/// A value, the key under which it stands, and where.
struct Item<'a> {
    lines: &'a Lines,
    key: &'a str,
    value: &'a DeValue<'a>,
    offset: usize,
}

impl<'a> Item<'a> {
    fn place(&self) -> Place {
        self.lines.place(self.offset)
    }

    fn expected(&self, what: &str) -> Refusal {
        let found = match self.value {
            DeValue::String(text) => format!("`{}`", shortened(text)),
            DeValue::Integer(number) => format!("`{}`", shortened(&number.to_string())),
            DeValue::Datetime(time) => format!("`{time}`"),
            other => format!("of type {}", other.type_str()),
        };
        Refusal::new(self.place(), format!("`{}` is {found}; it must be {what}", self.key))
    }

    fn table(&self, known: &[&str], what: &str) -> Result<Table<'a>, Refusal> {
        let table = self.value.as_table().ok_or_else(|| self.expected(what))?;
        Table::new(self.lines, self.place(), table, known)
    }

    fn array(&self, what: &str) -> Result<impl Iterator<Item = Item<'a>> + use<'a>, Refusal> {
        let array = self.value.as_array().ok_or_else(|| self.expected(what))?;
        let (lines, key) = (self.lines, self.key);
        Ok(array.iter().map(move |item: &'a Spanned<DeValue<'a>>| Item { lines, key, value: item.get_ref(), offset: item.span().start }))
    }

    fn text(&self, what: &str) -> Result<&'a str, Refusal> {
        self.value.as_str().ok_or_else(|| self.expected(what))
    }

    fn mac(&self) -> Result<Mac, Refusal> {
        let what = "six pairs of hexadecimal digits, as in \"02:00:5e:00:00:01\"";
        self.text(what)?.parse().map_err(|_| self.expected(what))
    }

    fn number<N: TryFrom<u64> + PartialOrd + Copy>(&self, max: N, what: &str) -> Result<N, Refusal> {
        let number = self.value.as_integer().and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
        number.and_then(|number| N::try_from(number).ok()).filter(|number| *number <= max).ok_or_else(|| self.expected(what))
    }

    /// TOML has times of its own, which need no quotes.
    fn moment(&self) -> Result<Timestamp, Refusal> {
        let moment = match self.value {
            DeValue::String(text) => field::moment(text),
            DeValue::Datetime(time) => field::moment(&time.to_string()),
            _ => None,
        };
        moment.ok_or_else(|| self.expected(field::MOMENT))
    }

    fn asn(&self) -> Result<Asn, Refusal> {
        let what = "a number up to 4294967295, as in asn = 64500";
        match self.value.as_str() {
            Some(text) => field::asn(text).ok_or_else(|| self.expected(what)),
            None => self.number(u32::MAX, what).map(Asn),
        }
    }
}
