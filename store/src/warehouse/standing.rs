//! Which windows are in the warehouse, at one moment.
//!
//! Each window has a row that says it is begun before its rows are sent, and one that says it is finished after them. So a reader that counts both before it sums rows, and
//! counts the begun ones again afterwards, knows whether what it summed is what it took stock of.

use std::collections::HashSet;
use std::time::Duration;

use schema::window::{EXPORTERS, LISTENERS, Stretch};
use schema::{Level, Timestamp, warehouse};

use super::client::Client;
use super::statement::Statement;
use super::trouble::Trouble;
use crate::segment::BaseId;

/// Windows are no longer than this: their length divides it.
const LONGEST: Duration = Level::FiveMinutes.span();

/// What lies where, as far as a plan must know.
#[derive(Clone, Debug, Default)]
pub(super) struct Extent {
    /// First moment of any window; `None` if there is none.
    pub(super) first: Option<Timestamp>,
    /// The first row of each level.
    pub(super) first_rows: [Option<Timestamp>; Level::ALL.len()],
    /// The length of the longest window of the span.
    pub(super) longest: Duration,
}

/// The windows of a span.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// The time that whole ones measured, without overlaps.
    pub(super) whole: Vec<Stretch>,
    /// The time that the others measured, without overlaps of its own.
    pub(super) parts: Vec<Stretch>,
    /// Windows whose rows are here or are being sent.
    pub(super) begun: u64,
    /// Those of them whose rows are all here.
    pub(super) finished: u64,
}

impl Extent {
    fn first_row(&mut self, level: usize, time: Timestamp) {
        if let Some(first) = self.first_rows.get_mut(level) {
            *first = Some(first.map_or(time, |known| known.min(time)));
        }
    }
}

impl Standing {
    /// Whether none of the windows is being sent.
    pub(super) const fn is_settled(&self) -> bool {
        self.begun == self.finished
    }
}

/// Asks for one exchange.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stock<'c> {
    pub(super) client: &'c Client,
    pub(super) exchange: &'c str,
}

impl Stock<'_> {
    /// What must be known before a span is planned.
    pub(super) fn extent(&self, from: Timestamp, to: Timestamp) -> Result<Extent, Trouble> {
        let mut statement = Statement::default();
        let exchange = statement.bind("String", &self.exchange);
        let first = |table: &str, number: usize| {
            let time = "toUnixTimestamp64Milli(time)";
            format!(
                "SELECT {number} AS kind, {time} AS value FROM (SELECT time FROM {table} WHERE exchange = {exchange} ORDER BY time LIMIT 1)"
            )
        };
        // Of a service's windows each has a row of a listener, of others each has one of an exporter; and there are few of them.
        let tables = [EXPORTERS, LISTENERS];
        let of_level = |(number, level): (usize, &Level)| tables.map(|table| first(&warehouse::name(&table, *level), number));
        let mut parts: Vec<String> = Level::ALL.iter().enumerate().flat_map(of_level).collect();
        parts.push(first(WINDOWS, FIRST_WINDOW));
        let within = self.within(&mut statement, from, to);
        parts.push(format!("SELECT {LONGEST_WINDOW} AS kind, toInt64(max(length_ms)) AS value FROM {WINDOWS} WHERE {within}"));
        statement.text = parts.join(" UNION ALL ");
        let mut extent = Extent::default();
        for row in self.numbers(&statement)? {
            let [kind, value] = row[..] else { continue };
            match usize::try_from(kind).unwrap_or(usize::MAX) {
                FIRST_WINDOW => extent.first = Some(Timestamp(value)),
                LONGEST_WINDOW => extent.longest = Duration::from_millis(value.try_into().unwrap_or_default()),
                level => extent.first_row(level, Timestamp(value)),
            }
        }
        Ok(extent)
    }

    /// First moment of any finished window, and the moment after the last.
    pub(super) fn bounds(&self) -> Result<Option<(Timestamp, Timestamp)>, Trouble> {
        let mut statement = Statement::default();
        let exchange = statement.bind("String", &self.exchange);
        let (first, end) = ("toUnixTimestamp64Milli(min(time))", "max(toUnixTimestamp64Milli(time) + toInt64(length_ms))");
        statement.text = format!("SELECT {first}, {end}, toInt64(count()) FROM {WINDOWS} WHERE exchange = {exchange} AND finished = 1");
        let rows = self.numbers(&statement)?;
        Ok(rows.first().and_then(|row| match row[..] {
            [first, end, count] if count > 0 => Some((Timestamp(first), Timestamp(end))),
            _ => None,
        }))
    }

    /// The windows that overlap a span.
    pub(super) fn standing(&self, from: Timestamp, to: Timestamp) -> Result<Standing, Trouble> {
        let mut statement = Statement::default();
        let within = self.within(&mut statement, from, to);
        let (parts, whole) = (islands(PARTS, &within, " AND whole = 0"), islands(WHOLE, &within, " AND whole = 1"));
        let counts = format!("SELECT {COUNTS} AS kind, {BEGUN} AS a, {FINISHED} AS b FROM {WINDOWS} WHERE {within}");
        statement.text = format!("{parts} UNION ALL {whole} UNION ALL {counts}");
        let mut standing = Standing::default();
        for row in self.numbers(&statement)? {
            let [kind, a, b] = row[..] else { continue };
            let stretch = Stretch { from: Timestamp(a), to: Timestamp(b) };
            match kind {
                PARTS => standing.parts.push(stretch),
                WHOLE => standing.whole.push(stretch),
                _ => (standing.begun, standing.finished) = (a.try_into().unwrap_or_default(), b.try_into().unwrap_or_default()),
            }
        }
        Ok(standing)
    }

    /// How many windows of a span are here or are being sent.
    pub(super) fn begun(&self, from: Timestamp, to: Timestamp) -> Result<u64, Trouble> {
        let mut statement = Statement::default();
        let within = self.within(&mut statement, from, to);
        statement.text = format!("SELECT {BEGUN} FROM {WINDOWS} WHERE {within}");
        let rows = self.numbers(&statement)?;
        Ok(rows.first().and_then(|row| row.first()).and_then(|count| (*count).try_into().ok()).unwrap_or_default())
    }

    /// The finished windows that start between two moments, both included.
    pub(super) fn finished(&self, first: Timestamp, last: Timestamp) -> Result<HashSet<BaseId>, Trouble> {
        let mut statement = Statement::default();
        let (exchange, first, last) = (statement.bind("String", &self.exchange), statement.moment(first), statement.moment(last));
        statement.text = format!(
            "SELECT DISTINCT toUnixTimestamp64Milli(time), reinterpretAsInt64(serial) FROM {WINDOWS} \
             WHERE exchange = {exchange} AND finished = 1 AND time >= {first} AND time <= {last}"
        );
        let rows = self.numbers(&statement)?;
        let id = |row: Vec<i64>| match row[..] {
            [time, serial] => Some(BaseId { start: Timestamp(time), serial: serial.cast_unsigned() }),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(id).collect())
    }

    fn within(&self, statement: &mut Statement, from: Timestamp, to: Timestamp) -> String {
        let exchange = statement.bind("String", &self.exchange);
        let (earliest, end) = (statement.moment(from.minus(LONGEST)), statement.moment(to));
        let from = statement.bind("Int64", &from.millis());
        let ends_later = format!("toUnixTimestamp64Milli(time) + toInt64(length_ms) > {from}");
        format!("exchange = {exchange} AND time > {earliest} AND time < {end} AND {ends_later}")
    }

    /// The rows of an answer of whole numbers.
    fn numbers(&self, statement: &Statement) -> Result<Vec<Vec<i64>>, Trouble> {
        let text = self.client.ask(&statement.text, &statement.values(), "TabSeparated")?;
        let text = String::from_utf8_lossy(&text);
        let row = |line: &str| line.split('\t').map(str::parse).collect::<Result<Vec<i64>, _>>();
        let refused = |_| Trouble::Answer {
            url: self.client.access().url.clone(),
            detail: format!("whole numbers were asked for, and it holds {:?}", text.chars().take(60).collect::<String>()),
        };
        text.lines().map(row).collect::<Result<_, _>>().map_err(refused)
    }
}

const WINDOWS: &str = warehouse::WINDOWS.name;

const BEGUN: &str = "toInt64(uniqExact(cityHash64(time, serial)))";
const FINISHED: &str = "toInt64(uniqExactIf(cityHash64(time, serial), finished = 1))";

/// What the rows of the two answers are.
const FIRST_WINDOW: usize = 10;
const LONGEST_WINDOW: usize = 11;
const PARTS: i64 = 0;
const WHOLE: i64 = 1;
const COUNTS: i64 = 2;

/// The time that finished windows cover, without overlaps: a stretch begins where no earlier one reaches. So an answer is as short as its gaps are few.
fn islands(kind: i64, within: &str, and: &str) -> String {
    let stretch = "toUnixTimestamp64Milli(measured_from) AS f, toUnixTimestamp64Milli(measured_to) AS t";
    let windows = format!("SELECT DISTINCT {stretch} FROM {WINDOWS} WHERE {within} AND finished = 1{and}");
    let reached = "max(t) OVER (ORDER BY f, t ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)";
    let begins = format!("SELECT f, t, f > {reached} AS begins FROM ({windows})");
    let island = "sum(begins) OVER (ORDER BY f, t ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island";
    format!("SELECT {kind} AS kind, min(f) AS a, max(t) AS b FROM (SELECT f, t, {island} FROM ({begins})) GROUP BY island")
}
