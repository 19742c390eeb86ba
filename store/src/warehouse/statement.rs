//! A sum as a statement of SQL. Every value in it is bound; what is written into its text are names of tables and columns, and numbers of parameters.

use std::fmt::Write as _;

use schema::Timestamp;
use schema::columns::{Column, Role};
use schema::warehouse::name;

use super::ranges::Range;
use crate::condition::Condition;
use crate::fold::Told;

/// A statement and the values that it is sent with.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) bound: Vec<(String, String)>,
}

/// How Arrow comes back: as columns are laid out here, and packed by the connection if at all.
pub(super) const ARROW: &str = "SETTINGS output_format_arrow_compression_method = 'none', output_format_arrow_string_as_string = 1, \
     output_format_arrow_low_cardinality_as_dictionary = 0";

impl Statement {
    /// Binds a value and gives what stands for it in the text.
    pub(super) fn bind(&mut self, kind: &str, value: &dyn ToString) -> String {
        let name = format!("p{}", self.bound.len());
        self.bound.push((name.clone(), value.to_string()));
        format!("{{{name}:{kind}}}")
    }

    /// Binds a moment.
    pub(super) fn moment(&mut self, time: Timestamp) -> String {
        let millis = self.bind("Int64", &time.millis());
        format!("fromUnixTimestamp64Milli({millis}, 'UTC')")
    }

    /// The values by name, as they are sent.
    pub(super) fn values(&self) -> Vec<(&str, String)> {
        self.bound.iter().map(|(name, value)| (name.as_str(), value.clone())).collect()
    }
}

/// Which rows of the ranges are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'r> {
    pub(super) exchange: &'r str,
    pub(super) ranges: &'r [Range],
}

/// The sum of all rows, or of those without a claimed MAC address.
pub(super) fn sums(told: &Told<'_>, rows: Rows<'_>, claimed: Option<&[u64]>) -> Statement {
    let mut statement = Statement::default();
    let columns: Vec<Column> = told.keys.iter().chain(told.measures).copied().collect();
    let needs_time = told.latest.is_some() && !told.keys.iter().any(|key| key.name == "time");
    let time = told.table.columns.iter().find(|column| needs_time && column.name == "time");
    let columns: Vec<Column> = columns.into_iter().chain(time.copied()).collect();
    let unclaimed = claimed.map(|macs| Macs { macs, touched: false });
    let from = union(&mut statement, told, rows, &columns, told.conditions, unclaimed.as_ref());
    let mut values: Vec<String> = told.keys.iter().map(|key| key_value(&mut statement, key, told.step)).collect();
    values.extend(told.measures.iter().map(|measure| format!("{} AS {}", aggregate(measure), measure.name)));
    values.extend(told.latest.map(|name| format!("max(r_time) AS {name}")));
    values.extend(told.earliest.map(|name| format!("min(r_time) AS {name}")));
    let keys: Vec<&str> = told.keys.iter().map(|key| key.name).collect();
    statement.text = format!("SELECT {} FROM ({from}) GROUP BY {} {ARROW}", values.join(", "), keys.join(", "));
    statement
}

/// The rows with a claimed MAC address, as they are, for whoever knows what they read as.
pub(super) fn claimed_rows(told: &Told<'_>, rows: Rows<'_>, columns: &[Column], macs: &[u64]) -> Statement {
    let mut statement = Statement::default();
    let from = union(&mut statement, told, rows, columns, &[], Some(&Macs { macs, touched: true }));
    let values: Vec<String> = columns.iter().map(|column| format!("r_{0} AS {0}", column.name)).collect();
    statement.text = format!("SELECT {} FROM ({from}) {ARROW}", values.join(", "));
    statement
}

/// MAC addresses, and whether rows with them are wanted or the others.
struct Macs<'m> {
    macs: &'m [u64],
    touched: bool,
}

/// The rows of all ranges under names of their own, so that a result's column is never taken for the one that it was made of.
fn union(
    statement: &mut Statement,
    told: &Told<'_>,
    rows: Rows<'_>,
    columns: &[Column],
    conditions: &[Condition],
    macs: Option<&Macs<'_>>,
) -> String {
    let values: Vec<String> = columns.iter().map(|column| format!("{} AS r_{}", raw(column), column.name)).collect();
    let values = values.join(", ");
    let exchange = statement.bind("String", &rows.exchange);
    let mut common = String::new();
    for condition in conditions {
        let (number, equal) = condition.number();
        let number = statement.bind("UInt64", &number);
        let _ = write!(common, " AND {} {} {number}", condition.column(), if equal { "=" } else { "!=" });
    }
    if let Some(Macs { macs, touched }) = macs {
        let numbers: Vec<String> = macs.iter().map(ToString::to_string).collect();
        let list = statement.bind("Array(UInt64)", &format!("[{}]", numbers.join(",")));
        let not = if *touched { "" } else { "NOT " };
        let is_claimed = |asn: &str, mac: &str| format!("{asn} = 0 AND {mac} IN (SELECT arrayJoin({list}))");
        let _ = write!(common, " AND {not}({} OR {})", is_claimed("src_asn", "src_mac"), is_claimed("dst_asn", "dst_mac"));
    }
    let branch = |range: &Range| {
        let (from, to) = (statement.moment(range.from), statement.moment(range.to));
        let table = name(told.table, range.level);
        format!("SELECT {values} FROM {table} WHERE exchange = {exchange} AND time >= {from} AND time < {to}{common}")
    };
    rows.ranges.iter().map(branch).collect::<Vec<_>>().join(" UNION ALL ")
}

/// A column's value in a row; none is zero.
fn raw(column: &Column) -> String {
    match column.role {
        Role::Min => format!("ifNull({}, 0)", column.name),
        _ => column.name.to_owned(),
    }
}

fn key_value(statement: &mut Statement, key: &Column, step: Option<i64>) -> String {
    match step.filter(|_| key.name == "time") {
        Some(step) => {
            let step = statement.bind("Int64", &step);
            format!("fromUnixTimestamp64Milli(intDiv(toUnixTimestamp64Milli(r_time), {step}) * {step}, 'UTC') AS time")
        }
        None => format!("r_{0} AS {0}", key.name),
    }
}

/// How a column is summed. Variances are added with what rounding loses carried along (Kahan), as polars does it.
fn aggregate(column: &Column) -> String {
    let name = column.name;
    match (column.role, column.kind) {
        (Role::Sum, schema::columns::Kind::F64) => format!("sumKahan(r_{name})"),
        (Role::Sum, _) => format!("sum(r_{name})"),
        (Role::Min, _) => format!("ifNull(min(nullIf(r_{name}, 0)), 0)"),
        (Role::Max | Role::Key, _) => format!("max(r_{name})"),
    }
}
