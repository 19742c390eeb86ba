//! The parameters of a request, as a typed question or as a sentence that says what to write instead.

use std::time::Duration;

use schema::time::parse_span;
use schema::{Asn, Locality, Month, Timestamp};
use store::MOST_POINTS;
use store::question::{By, Question};

use crate::formats::Format;
use crate::problem::Problem;

/// The span of a question that names none.
pub(crate) const DEFAULT_RANGE: Duration = Duration::from_secs(3_600);

/// The longest span of a question: a slip in a year must not read the journal from 1970.
const LONGEST_RANGE: Duration = Duration::from_secs(3_700 * 86_400);

/// The most cells, members or ports in one answer: keeps its size within memory.
const MOST_ROWS: usize = 100_000;

/// The order of the rows and columns of the matrix on its page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Order {
    /// The largest first.
    #[default]
    Volume,
    /// By name.
    Name,
    /// By ASN.
    Asn,
}

/// What a request asks for.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Asked {
    /// Span and filters.
    pub(crate) question: Question,
    /// How far the span reaches back from now; `None` where its ends are fixed.
    pub(crate) range: Option<Duration>,
    /// Distance of the points of a time series.
    pub(crate) step: Option<Duration>,
    /// How many rows.
    pub(crate) top: Option<usize>,
    /// By what a time series is split.
    pub(crate) by: By,
    /// In what format the answer is wanted.
    pub(crate) format: Option<Format>,
    /// In what order the matrix is shown.
    pub(crate) order: Order,
}

/// Puts the ends of a calendar month in the place of the parameter `month`.
///
/// # Errors
/// Refuses what is no month, and a month beside another span.
pub(crate) fn month(pairs: Vec<(String, String)>) -> Result<Vec<(String, String)>, Problem> {
    let Some((_, text)) = pairs.iter().find(|(name, value)| name == "month" && !value.is_empty()) else { return Ok(pairs) };
    if let Some((other, _)) = pairs.iter().find(|(name, _)| ["from", "to", "range"].contains(&name.as_str())) {
        return Err(Problem::bad_request(format!("parameters `month` and `{other}` exclude each other; give one of them")));
    }
    let month: Month = text
        .trim()
        .parse()
        .map_err(|_| Problem::bad_request(format!("parameter `month`: `{}` is no month; write one as in 2026-11", shortened(text))))?;
    let ends = [("from", month.start()), ("to", month.end())].map(|(name, time)| (name.to_owned(), time.to_string()));
    Ok(pairs.into_iter().filter(|(name, _)| name != "month").chain(ends).collect())
}

/// Names that select a span and a part of the traffic.
pub(crate) const FILTERS: [&str; 9] = ["from", "to", "range", "ip_version", "vlan", "src", "dst", "src_locality", "dst_locality"];

/// The parameters of a request as they came, checked against the names that the place knows.
struct Given<'a> {
    pairs: &'a [(String, String)],
}

/// Reads the parameters of a place that knows [`FILTERS`] and `more` names.
///
/// # Errors
/// Refuses unknown names, names given twice, and values that cannot be read. An empty value counts as not given, as forms send it.
pub(crate) fn asked(pairs: &[(String, String)], more: &[&str], now: Timestamp) -> Result<Asked, Problem> {
    let given = Given::checked(pairs, more)?;
    let (question, range) = given.question(now)?;
    let step = given.parsed("step", |text| parse_span(text).map_err(|refused| refused.to_string()))?;
    let asked = Asked {
        step,
        range,
        top: given.parsed("top", top)?,
        by: given.parsed("by", by)?.unwrap_or_default(),
        format: given.parsed("format", |text| Format::named(text).ok_or_else(|| one_of(&Format::NAMES)))?,
        order: given.parsed("order", order)?.unwrap_or_default(),
        question,
    };
    asked.check_points()?;
    Ok(asked)
}

impl<'a> Given<'a> {
    fn checked(pairs: &'a [(String, String)], more: &[&str]) -> Result<Self, Problem> {
        for (position, (name, _)) in pairs.iter().enumerate() {
            let known = || FILTERS.iter().chain(more).copied();
            if !known().any(|known| known == name) {
                let names: Vec<&str> = known().collect();
                let detail = format!("parameter `{}` is not known here; it takes {}", shortened(name), names.join(", "));
                return Err(Problem::bad_request(detail));
            }
            if pairs.iter().take(position).any(|(earlier, _)| earlier == name) {
                return Err(Problem::bad_request(format!("parameter `{name}` is given twice; give it once")));
            }
        }
        Ok(Self { pairs })
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.pairs.iter().find(|(given, value)| given == name && !value.is_empty())?;
        Some(value.trim())
    }

    fn parsed<T>(&self, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let explain = |expected| Problem::bad_request(format!("parameter `{name}`: {expected}"));
        parse(text).map(Some).map_err(|expected| explain(expected.replace(text, shortened(text))))
    }

    fn time(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        self.parsed(name, |text| text.parse().map_err(|refused: schema::time::NotATime| refused.to_string()))
    }

    fn question(&self, now: Timestamp) -> Result<(Question, Option<Duration>), Problem> {
        let range = self.parsed("range", |text| parse_span(text).map_err(|refused| refused.to_string()))?;
        let (from, to) = (self.time("from")?, self.time("to")?);
        if range.is_some() && from.is_some() {
            return Err(Problem::bad_request("parameters `range` and `from` exclude each other; give one of them"));
        }
        let open = to.is_none() && from.is_none();
        let length = range.unwrap_or(DEFAULT_RANGE);
        let to = to.unwrap_or(now);
        let from = from.unwrap_or_else(|| to.minus(length));
        if from >= to {
            return Err(Problem::bad_request(format!("parameter `from` ({from}) is not before `to` ({to}); swap or change them")));
        }
        if to.since(from) > LONGEST_RANGE {
            return Err(Problem::bad_request(format!("the span from {from} to {to} is longer than ten years; ask for less")));
        }
        let question = Question {
            raked: self.parsed("raked", yes_or_no)?.unwrap_or_default(),
            from,
            to,
            ip_version: self.parsed("ip_version", ip_version)?,
            vlan: self.parsed("vlan", vlan)?,
            src: self.parsed("src", asn)?,
            dst: self.parsed("dst", asn)?,
            src_locality: self.parsed("src_locality", locality)?,
            dst_locality: self.parsed("dst_locality", locality)?,
        };
        Ok((question, open.then_some(length)))
    }
}

impl Asked {
    fn check_points(&self) -> Result<(), Problem> {
        let Some(step) = self.step else { return Ok(()) };
        let points = self.question.length().as_millis() / step.as_millis().max(1);
        if points < u128::from(MOST_POINTS) {
            return Ok(());
        }
        let detail = format!("parameter `step`: the span has {points} such steps, more than {MOST_POINTS}; make it longer");
        Err(Problem::bad_request(detail))
    }
}

fn ip_version(text: &str) -> Result<u8, String> {
    match text {
        "4" => Ok(4),
        "6" => Ok(6),
        "0" => Ok(0),
        _ => Err(format!("`{text}` is no IP version; write 4, 6, or 0 for frames that are not IP")),
    }
}

fn vlan(text: &str) -> Result<u16, String> {
    let refused = || format!("`{text}` is no VLAN; write a number from 0 (untagged) to 4094");
    text.parse().ok().filter(|vlan| *vlan <= 4_094).ok_or_else(refused)
}

pub(crate) fn asn(text: &str) -> Result<Asn, String> {
    let digits = text.strip_prefix("AS").or_else(|| text.strip_prefix("as")).unwrap_or(text);
    digits.parse().map(Asn).map_err(|_| format!("`{text}` is no ASN; write its number, as in 64500"))
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| one_of(&["true", "false"]))
}

fn top(text: &str) -> Result<usize, String> {
    let refused = || format!("`{text}` is no number of rows; write a number from 1 to {MOST_ROWS}");
    text.parse().ok().filter(|top| (1..=MOST_ROWS).contains(top)).ok_or_else(refused)
}

fn by(text: &str) -> Result<By, String> {
    match text {
        "ip_version" => Ok(By::IpVersion),
        "vlan" => Ok(By::Vlan),
        "locality" => Ok(By::Locality),
        _ => Err(one_of(&["ip_version", "vlan", "locality"])),
    }
}

fn locality(text: &str) -> Result<Locality, String> {
    Locality::named(text).ok_or_else(|| one_of(&Locality::ALL.map(Locality::name)))
}

fn order(text: &str) -> Result<Order, String> {
    match text {
        "volume" => Ok(Order::Volume),
        "name" => Ok(Order::Name),
        "asn" => Ok(Order::Asn),
        _ => Err(one_of(&["volume", "name", "asn"])),
    }
}

fn one_of(names: &[&str]) -> String {
    format!("write one of {}", names.join(", "))
}

/// Text from outside, cut to what fits into a sentence.
fn shortened(text: &str) -> &str {
    let end = text.char_indices().nth(40).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(text: &str) -> Result<Asked, String> {
        let pairs: Vec<(String, String)> =
            text.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let now = "2026-11-21T08:00:30Z".parse().unwrap();
        asked(&pairs, &["step", "top", "by", "format", "raked"], now).map_err(|problem| problem.detail)
    }

    fn raked(text: &str) -> bool {
        ask(text).unwrap().question.raked
    }

    #[test]
    fn nothing_asked_is_the_last_hour() {
        let asked = ask("").unwrap();
        assert_eq!(asked.question.length(), DEFAULT_RANGE);
        assert_eq!(asked.question.to.to_string(), "2026-11-21T08:00:30Z");
        assert_eq!(asked.range, Some(DEFAULT_RANGE));
    }

    #[test]
    fn filters_and_spans_are_read() {
        let asked =
            ask("from=2026-11-20&to=2026-11-21T00:00:00Z&ip_version=6&vlan=100&src=AS64500&dst=64501&top=5&by=vlan&step=5m").unwrap();
        let question = asked.question;
        assert_eq!(
            (question.ip_version, question.vlan, question.src, question.dst),
            (Some(6), Some(100), Some(Asn(64500)), Some(Asn(64501)))
        );
        assert_eq!((asked.range, asked.top, asked.by), (None, Some(5), By::Vlan));
        let localities = ask("src_locality=local_cache&dst_locality=domestic&by=locality").unwrap();
        assert_eq!(
            localities.question.src_locality.zip(localities.question.dst_locality),
            Some((Locality::LocalCache, Locality::Domestic))
        );
        assert_eq!(localities.by, By::Locality);
        assert_eq!((raked("raked=true"), raked("raked=false"), raked("raked=")), (true, false, false));
        assert_eq!(ask("range=24h&vlan=").unwrap().range, Some(Duration::from_secs(86_400)));
    }

    #[test]
    fn each_refusal_says_where_and_what_to_do() {
        for (text, words) in [
            ("colour=red", "it takes from, to, range"),
            ("order=name", "not known here"),
            ("vlan=1&vlan=2", "given twice"),
            ("from=yesterday", "`from`: `yesterday` is no time"),
            ("from=2026-11-21T09:00:00Z", "not before"),
            ("from=1970-01-01", "ten years"),
            ("range=1h&from=2026-11-21", "exclude each other"),
            ("range=never", "`range`"),
            ("ip_version=5", "4, 6, or 0"),
            ("vlan=4095", "0 (untagged) to 4094"),
            ("src=google", "no ASN"),
            ("top=0", "from 1 to"),
            ("by=colour", "one of ip_version, vlan, locality"),
            ("src_locality=home", "one of unknown, domestic, foreign, local_cache"),
            ("raked=maybe", "one of true, false"),
            ("format=xml", "one of json, csv, parquet, arrow"),
            ("range=3000d&step=1s", "make it longer"),
        ] {
            let refused = ask(text).unwrap_err();
            assert!(refused.contains(words), "{text}: {refused}");
        }
    }

    #[test]
    fn long_values_are_not_echoed_in_full() {
        let refused = ask(&format!("src={}", "x".repeat(5_000))).unwrap_err();
        assert!(refused.len() < 200, "{refused}");
    }
}
