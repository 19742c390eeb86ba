//! Traffic over time.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use polars::prelude::{DataFrame, DataType, Expr};
use schema::time::span_text;
use schema::window::CELLS;
use schema::{Level, Sums, Timestamp, Window};

use crate::answer::{Estimate, Series, TimeseriesAnswer};
use crate::cells::{exchanged, filter, sums};
use crate::error::{Result, StoreError};
use crate::fold::Fold;
use crate::question::{By, Question};
use crate::reader::{Reader, Sources};

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
    /// not measured. `live` is as for [`matrix`](Self::matrix).
    ///
    /// # Errors
    /// If there would be too many points, the store cannot be listed, or its rows cannot be summed.
    pub fn timeseries(&self, question: &Question, step: Option<Duration>, by: By, live: &[Arc<Window>]) -> Result<TimeseriesAnswer> {
        let step = step.map_or_else(|| fair_step(question.length()), |step| multiple(step, MINUTE));
        let coarsest = Level::ALL.into_iter().rev().find(|level| divides(level.span(), step)).unwrap_or(Level::Minute);
        self.answered(question, coarsest, live, |sources| Grid::new(sources, step)?.answer(sources, question, by))
    }
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

    fn answer(&self, sources: &Sources, question: &Question, by: By) -> Result<TimeseriesAnswer> {
        let measured = sources.spans.measured_by_step(self.first, self.step, self.count);
        let mut coverage = sources.coverage();
        coverage.step = span_text(self.step);
        Ok(TimeseriesAnswer {
            coverage,
            times: self.times().collect(),
            series: self.series(sources, question, by, &measured)?,
            measured: measured.iter().map(Duration::as_secs).collect(),
        })
    }

    fn times(&self) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(Some(self.first), |time| Some(time.plus(self.step))).take(self.count)
    }

    fn series(&self, sources: &Sources, question: &Question, by: By, measured: &[Duration]) -> Result<Vec<Series>> {
        let meant = [filter(question), exchanged()].into_iter().flatten().reduce(Expr::and);
        let keys: Vec<&str> = std::iter::once("time").chain(column(by)).collect();
        let fold = Fold::all(CELLS, Some(self.step)).by(&keys).only(meant);
        let rows = sources.summed(&fold, |window| &window.cells)?;
        let mut series: Vec<(u32, Vec<Sums>)> = self.sums(&rows, by)?.into_iter().collect();
        series.sort_by_key(|(key, points)| (Reverse(points.iter().map(|sums| sums.bytes).sum::<u64>()), *key));
        Ok(series.into_iter().map(|(key, points)| named(by, key, &points, measured)).collect())
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

const fn column(by: By) -> Option<&'static str> {
    match by {
        By::Nothing => None,
        By::IpVersion => Some("ip_version"),
        By::Vlan => Some("vlan"),
    }
}

fn keys(rows: &DataFrame, by: By) -> Result<Vec<u32>> {
    let Some(column) = column(by) else { return Ok(vec![0; rows.height()]) };
    let keys = rows.column(column)?.cast(&DataType::UInt32)?;
    Ok(keys.u32()?.iter().map(Option::unwrap_or_default).collect())
}

fn named(by: By, key: u32, points: &[Sums], measured: &[Duration]) -> Series {
    let key = if by == By::Nothing { "all".to_owned() } else { key.to_string() };
    let points = points.iter().zip(measured);
    let points = points.map(|(sums, measured)| (!measured.is_zero()).then(|| Estimate::new(*sums, *measured)));
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
