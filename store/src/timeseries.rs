//! Traffic over time.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use polars_core::prelude::{DataFrame, DataType};
use schema::time::span_text;
use schema::window::CELLS;
use schema::{Level, Locality, Sums, Timestamp, Window};

use crate::answer::{Series, TimeseriesAnswer, Unseen};
use crate::cells::sums;
use crate::condition::{exchanged, of_question};
use crate::error::{Result, StoreError};
use crate::figure::{Figure, Verdict};
use crate::fold::Fold;
use crate::question::{By, Question};
use crate::reader::{Reader, Sources};
use crate::reconcile::{Booked, Checks, Party, Periods};
use crate::unseen::{or_unseen, unseen};

/// Steps to choose from where none is given, in minutes.
const STEPS: [u32; 6] = [1, 5, 15, 60, 360, 1_440];

/// So many points are enough for a chart.
const FAIR_POINTS: u64 = 300;

/// The most points of an answer: bounds its memory and size.
pub const MOST_POINTS: u64 = 12_000;

const MINUTE: Duration = Duration::from_secs(60);

impl Reader {
    /// Traffic over time, in steps of `step` (taken up to whole minutes; without it, one that gives about 300 points or fewer).
    ///
    /// Where the journal keeps only longer windows of the span, the step is theirs. A step without a window is null: it was
    /// not measured. What counters say of a point is what they say of all traffic of that time, or of all that the question's
    /// sender sent, in the periods that it touches, of which there are some tens. `live` is as for [`matrix`](Self::matrix).
    ///
    /// # Errors
    /// If there would be too many points, the store cannot be listed, or its rows cannot be summed.
    pub fn timeseries(&self, question: &Question, step: Option<Duration>, by: By, live: &[Arc<Window>]) -> Result<TimeseriesAnswer> {
        let step = step.map_or_else(|| fair_step(question.length()), |step| multiple(step, MINUTE));
        let coarsest = Level::ALL.into_iter().rev().find(|level| divides(level.span(), step)).unwrap_or(Level::Minute);
        let level = Periods::few_level(question.length());
        self.answered_at(question, [coarsest, level], live, |sources, by_period| {
            Grid::new(sources, step)?.answer(&Sets { sources, by_period, level }, question, by)
        })
    }
}

/// What a time series is made of.
struct Sets<'s> {
    /// For the cells.
    sources: &'s Sources,
    /// For what counters say.
    by_period: &'s Sources,
    /// Of the periods.
    level: Level,
}

/// The steps of an answer.
struct Grid {
    first: Timestamp,
    step: Duration,
    count: usize,
}

impl Grid {
    fn new(sources: &Sources, step: Duration) -> Result<Self> {
        let step = multiple(step, sources.step);
        let first = sources.from.floor(step);
        let points = u64::try_from(sources.to.since(first).as_millis().div_ceil(step.as_millis())).unwrap_or(u64::MAX);
        if points > MOST_POINTS {
            return Err(StoreError::TooManySteps { points, most: MOST_POINTS });
        }
        Ok(Self { first, step, count: usize::try_from(points).unwrap_or_default() })
    }

    fn answer(&self, sets: &Sets<'_>, question: &Question, by: By) -> Result<TimeseriesAnswer> {
        let sources = sets.sources;
        let measured = sources.spans.measured_by_step(self.first, self.step, self.count);
        let mut coverage = sources.coverage();
        coverage.step = span_text(self.step);
        Ok(TimeseriesAnswer {
            coverage,
            times: self.times().collect(),
            series: self.series(sets, question, by, &measured)?,
            measured: measured.iter().map(Duration::as_secs).collect(),
        })
    }

    fn times(&self) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(Some(self.first), |time| Some(time.plus(self.step))).take(self.count)
    }

    fn series(&self, sets: &Sets<'_>, question: &Question, by: By, measured: &[Duration]) -> Result<Vec<Series>> {
        let keys: Vec<&str> = std::iter::once("time").chain(columns(by).iter().copied()).collect();
        let fold = Fold::all(CELLS, Some(self.step)).by(&keys).only(of_question(question)).only(exchanged());
        let rows = sets.sources.summed(&fold, |window| &window.cells)?;
        let sums = self.sums(&rows, by)?;
        let figures = self.figures(sets, question, sums)?;
        let mut series: Vec<(u32, Vec<Figure>)> = figures.into_iter().collect();
        series.sort_by_key(|(key, points)| (Reverse(points.iter().map(|point| point.sums.bytes).fold(0, u64::saturating_add)), *key));
        let is_nothing = |(point, measured): (&Figure, &Duration)| point.sums.bytes == 0 && !measured.is_zero();
        let unseen =
            if series.iter().any(|(_, points)| points.iter().zip(measured).any(is_nothing)) { unseen(sets.by_period)? } else { None };
        Ok(series.into_iter().map(|(key, points)| named(by, key, &points, measured, unseen.as_ref())).collect())
    }

    /// The sums of each series with what counters say of them, raked if the question asks for that.
    fn figures(&self, sets: &Sets<'_>, question: &Question, series: BTreeMap<u32, Vec<Sums>>) -> Result<BTreeMap<u32, Vec<Figure>>> {
        let mut totals = vec![Sums::default(); self.count];
        for points in series.values() {
            totals.iter_mut().zip(points).for_each(|(total, sums)| total.merge(*sums));
        }
        let verdicts = self.verdicts(sets, question, &totals)?;
        let figure = |(position, sums): (usize, Sums)| {
            let verdict = verdicts.get(position).and_then(Option::as_ref);
            let figure = Figure::new(sums, verdict);
            if question.raked { figure.raked(verdict) } else { figure }
        };
        let figures = |points: Vec<Sums>| points.into_iter().enumerate().map(figure).collect();
        Ok(series.into_iter().map(|(key, points)| (key, figures(points))).collect())
    }

    /// What counters say of each step, from the periods that it touches. The question means `totals` of the steps.
    fn verdicts(&self, sets: &Sets<'_>, question: &Question, totals: &[Sums]) -> Result<Vec<Option<Verdict>>> {
        let Some(booked) = Booked::read(sets.by_period, Periods::new(sets.by_period, sets.level))? else { return Ok(Vec::new()) };
        let around = |time: Timestamp| booked.periods.around(time, time.plus(self.step));
        // Short steps share a period, and with it what counters say of them all.
        let mut asked: BTreeMap<(usize, usize), u64> = BTreeMap::new();
        for (periods, total) in self.times().map(around).zip(totals) {
            let asked = asked.entry((periods.start, periods.end)).or_default();
            *asked = asked.saturating_add(total.bytes);
        }
        let verdicts: BTreeMap<(usize, usize), Option<Verdict>> =
            asked.into_iter().map(|(periods, asked)| (periods, verdict(&booked, periods.0..periods.1, question, asked))).collect();
        Ok(self.times().map(around).map(|periods| verdicts.get(&(periods.start, periods.end)).copied().flatten()).collect())
    }

    /// For each key, the sums of each step.
    fn sums(&self, rows: &DataFrame, by: By) -> Result<BTreeMap<u32, Vec<Sums>>> {
        let mut series = BTreeMap::new();
        if by == By::Nothing {
            series.insert(0, vec![Sums::default(); self.count]);
        }
        let times = rows.column("time")?.i64()?;
        for ((time, key), sums) in times.iter().zip(keys(rows, by)?).zip(sums(rows)?) {
            let since = Timestamp(time.unwrap_or_default()).since(self.first);
            let position = usize::try_from(since.as_millis() / self.step.as_millis()).unwrap_or(usize::MAX);
            let points = series.entry(key).or_insert_with(|| vec![Sums::default(); self.count]);
            if let Some(point) = points.get_mut(position) {
                point.merge(sums);
            }
        }
        Ok(series)
    }
}

/// What counters say of some periods: of what the question's sender sent, or of all traffic.
fn verdict(booked: &Booked, periods: Range<usize>, question: &Question, asked: u64) -> Option<Verdict> {
    let checks = Checks::of(booked, periods);
    match question.src {
        Some(sender) => checks.check(Party::Sender(sender.0)).and_then(|check| Verdict::new(check, asked)),
        None => Verdict::new(&checks.all, asked),
    }
}

const fn columns(by: By) -> &'static [&'static str] {
    match by {
        By::Nothing => &[],
        By::IpVersion => &["ip_version"],
        By::Vlan => &["vlan"],
        By::Locality => &["src_locality", "dst_locality"],
    }
}

/// The key of each row: the numbers of its columns, of which only the first may be above an octet.
fn keys(rows: &DataFrame, by: By) -> Result<Vec<u32>> {
    let mut keys = vec![0; rows.height()];
    for column in columns(by) {
        let numbers = rows.column(column)?.cast(&DataType::UInt32)?;
        for (key, number) in keys.iter_mut().zip(numbers.u32()?.iter()) {
            *key = *key << 8 | number.unwrap_or_default();
        }
    }
    Ok(keys)
}

/// The name of a key.
fn name(by: By, key: u32) -> String {
    match by {
        By::Nothing => "all".to_owned(),
        By::IpVersion | By::Vlan => key.to_string(),
        By::Locality => {
            let [.., src, dst] = key.to_be_bytes().map(Locality::from_code);
            format!("{src}_to_{dst}")
        }
    }
}

fn named(by: By, key: u32, points: &[Figure], measured: &[Duration], unseen: Option<&Unseen>) -> Series {
    let key = name(by, key);
    let points = points.iter().zip(measured);
    let points = points.map(|(point, measured)| (!measured.is_zero()).then(|| or_unseen(point.estimate(*measured), unseen)));
    Series { key, points: points.collect() }
}

fn fair_step(length: Duration) -> Duration {
    let steps = STEPS.map(|minutes| MINUTE * minutes);
    let fair = |step: &Duration| length.as_secs() <= FAIR_POINTS * step.as_secs();
    steps.into_iter().find(fair).unwrap_or(Level::Day.span())
}

fn divides(span: Duration, step: Duration) -> bool {
    step.as_millis().is_multiple_of(span.as_millis())
}

/// The smallest multiple of `unit` that is not shorter than `span`, nor than `unit`.
fn multiple(span: Duration, unit: Duration) -> Duration {
    let count = span.as_millis().div_ceil(unit.as_millis()).max(1);
    Duration::from_millis(u64::try_from(count.saturating_mul(unit.as_millis())).unwrap_or(u64::MAX))
}
