//! `chorsu matrix`, `top`, `members`, `ports` and `exporters`: questions to a journal from a terminal.

use std::path::PathBuf;
use std::time::Duration;

use arrow::array::RecordBatch;
use directory::Snapshot;
use schema::{Asn, Timestamp};
use serde::Serialize;
use store::answer::{Coverage, Estimate, ExporterHealth, ExportersAnswer, MatrixAnswer, MemberName, MembersAnswer, PortsAnswer};
use store::question::Question as Wanted;
use store::{Reader, StoreError, TableFormat, encode};

use crate::cli::{AnswerFormat, Question};
use crate::config::Config;
use crate::failure::{Context, Failure, Outcome, print};
use crate::tables::{self, Align, table};

/// Pairs that `top` shows if it is not told how many.
const TOP: usize = 20;

/// Members that the printed matrix shows; more would not fit a terminal. The other formats hold all that is asked.
const GRID: usize = 10;

/// How long before its end a question begins that names no beginning.
const LAST: Duration = Duration::from_secs(3_600);

/// An opened journal and who is in it.
struct Archive {
    reader: Reader,
    directory: Snapshot,
    question: Wanted,
}

impl Archive {
    fn open(asked: &Question) -> Outcome<Self> {
        let (data, members) = places(asked)?;
        let reader = Reader::open(&data).plain()?;
        let directory = members.map_or_else(|| Ok(Snapshot::empty()), |file| directory::load(&file).plain())?;
        let extent = reader.extent().plain()?;
        let to = asked.to.or_else(|| extent.map(|(_, end)| end)).unwrap_or_else(Timestamp::now);
        let from = asked.from.unwrap_or_else(|| to.minus(LAST));
        if from >= to {
            return Err(Failure::new(format!("--from {from} is not before --to {to}; give a span of time")));
        }
        let question = Wanted {
            ip_version: asked.ip_version,
            vlan: asked.vlan,
            src: asked.src.map(Asn),
            dst: asked.dst.map(Asn),
            ..Wanted::all(from, to)
        };
        Ok(Self { reader, directory, question })
    }

    fn name(&self, asn: u32) -> String {
        self.directory.name(Asn(asn)).into_owned()
    }

    fn matrix(&self, top: Option<usize>) -> Outcome<MatrixAnswer> {
        self.reader.matrix(&self.question, top, &|asn| self.name(asn), &[]).plain()
    }
}

/// The journal's folder and the member list. A demo's folder holds its own list.
fn places(asked: &Question) -> Outcome<(PathBuf, Option<PathBuf>)> {
    if let Some(file) = &asked.config {
        let config = Config::load(file).map_err(|mistakes| Failure::several(&mistakes))?;
        return Ok((config.store.data, asked.members.clone().or(config.members)));
    }
    let data = asked.data.clone().unwrap_or_default();
    let own = || Some(data.join("members.toml")).filter(|file| file.is_file());
    let members = asked.members.clone().or_else(own);
    Ok((data, members))
}

/// An answer's flat table.
type Flat<A> = fn(&A) -> Result<RecordBatch, StoreError>;

fn show<A: Serialize>(answer: &A, format: AnswerFormat, flat: Flat<A>, text: impl Fn(&A) -> String) -> Outcome {
    let columns = match format {
        AnswerFormat::Table => return print(text(answer)),
        AnswerFormat::Json => {
            let mut json = serde_json::to_string_pretty(answer).context("the answer cannot be written as JSON")?;
            json.push('\n');
            return print(json);
        }
        AnswerFormat::Csv => TableFormat::Csv,
        AnswerFormat::Parquet => TableFormat::Parquet,
        AnswerFormat::Arrow => TableFormat::Arrow,
    };
    print(flat(answer).and_then(|batch| encode(&batch, columns)).plain()?)
}

pub(crate) fn matrix(asked: &Question) -> Outcome {
    let top = if asked.format == AnswerFormat::Table { None } else { asked.top };
    let answer = Archive::open(asked)?.matrix(top)?;
    show(&answer, asked.format, MatrixAnswer::to_batch, |answer| grid(answer, asked.top.unwrap_or(GRID)))
}

pub(crate) fn top(asked: &Question) -> Outcome {
    let answer = Archive::open(asked)?.matrix(Some(asked.top.unwrap_or(TOP)))?;
    show(&answer, asked.format, MatrixAnswer::to_batch, pairs)
}

pub(crate) fn members(asked: &Question) -> Outcome {
    let archive = Archive::open(asked)?;
    let registered: Vec<MemberName> =
        archive.directory.members().iter().map(|member| MemberName { asn: member.asn.0, name: member.name.clone() }).collect();
    let answer = archive.reader.members(&archive.question, &registered, &[]).plain()?;
    show(&answer, asked.format, MembersAnswer::to_batch, |answer| {
        let heads = [("member", Align::Left), ("sent", Align::Right), ("received", Align::Right), ("peers", Align::Right)];
        let rows = answer.members.iter().map(|traffic| {
            vec![
                with_asn(&traffic.member.name, traffic.member.asn),
                figure(&traffic.sent),
                figure(&traffic.received),
                traffic.peers.to_string(),
            ]
        });
        covering(&answer.coverage) + &table(&heads, rows)
    })
}

pub(crate) fn ports(asked: &Question) -> Outcome {
    let archive = Archive::open(asked)?;
    let owner = |agent: &str, if_index: u32| {
        let asn = archive.directory.by_port(agent.parse().ok()?, if_index)?;
        Some(MemberName { asn: asn.0, name: archive.name(asn.0) })
    };
    let answer = archive.reader.ports(&archive.question, &owner, &[]).plain()?;
    show(&answer, asked.format, PortsAnswer::to_batch, |answer| {
        let heads = [
            ("agent", Align::Left),
            ("ifIndex", Align::Right),
            ("name", Align::Left),
            ("in LAG", Align::Right),
            ("member", Align::Left),
            ("speed", Align::Right),
            ("in", Align::Right),
            ("out", Align::Right),
            ("errors", Align::Right),
            ("discards", Align::Right),
        ];
        let rows = answer.ports.iter().map(|port| {
            let member = port.member.as_ref().map_or_else(String::new, |member| member.name.clone());
            let (errors, discards) = (port.in_errors + port.out_errors, port.in_discards + port.out_discards);
            let rates = [port.speed_bits_per_second, port.in_bits_per_second, port.out_bits_per_second].map(tables::rate);
            let [speed, inwards, outwards] = rates;
            let lag = port.lag.map_or_else(String::new, |lag| lag.to_string());
            let names = [port.agent.clone(), port.if_index.to_string(), tables::printable(&port.name), lag, member];
            names.into_iter().chain([speed, inwards, outwards, errors.to_string(), discards.to_string()]).collect()
        });
        covering(&answer.coverage) + &table(&heads, rows)
    })
}

pub(crate) fn exporters(asked: &Question) -> Outcome {
    let archive = Archive::open(asked)?;
    let answer = archive.reader.exporters(&archive.question, &[]).plain()?;
    show(&answer, asked.format, ExportersAnswer::to_batch, |answer| {
        let heads = [
            ("agent", Align::Left),
            ("domain", Align::Right),
            ("from", Align::Left),
            ("protocol", Align::Left),
            ("last seen", Align::Left),
            ("datagrams", Align::Right),
            ("lost", Align::Right),
            ("samples, records", Align::Right),
            ("lost", Align::Right),
            ("agent drops", Align::Right),
            ("broken", Align::Right),
            ("without rate", Align::Right),
            ("rate 1 in", Align::Right),
        ];
        let rows = answer.exporters.iter().map(exporter_row);
        covering(&answer.coverage) + &table(&heads, rows)
    })
}

/// An exporter's row. What it reports are samples or flow records, as its protocol says, so one column is enough for both.
fn exporter_row(exporter: &ExporterHealth) -> Vec<String> {
    let rate = match (exporter.rate_min, exporter.rate_max) {
        (_, 0) => "–".to_owned(),
        (min, max) if min == max => max.to_string(),
        (min, max) => format!("{min}–{max}"),
    };
    let counts = [
        exporter.datagrams,
        exporter.lost_datagrams,
        exporter.flow_samples + exporter.flow_records,
        exporter.lost_samples + exporter.lost_records,
        exporter.agent_drops,
        exporter.malformed,
        exporter.unscalable,
    ];
    let names = [exporter.agent.clone(), exporter.sub_agent.to_string(), exporter.source.clone(), exporter.protocol.clone()];
    let row = names.into_iter().chain([exporter.last_seen.to_string()]).chain(counts.map(|count| count.to_string()));
    row.chain([rate]).collect()
}

/// What an answer covers, as a line above its table.
fn covering(coverage: &Coverage) -> String {
    let gaps = if coverage.complete { "" } else { ", with gaps or still running" };
    format!("{} to {}, {} s measured{gaps}\n\n", coverage.from, coverage.to, coverage.measured_seconds)
}

/// A mean rate with half its interval, as people read it.
fn figure(estimate: &Estimate) -> String {
    tables::rate(estimate.bits_per_second)
}

fn totals(answer: &MatrixAnswer) -> String {
    let share = |part: u64| if answer.total.bytes == 0 { 0.0 } else { 100.0 * part as f64 / answer.total.bytes as f64 };
    let flows = if answer.total.interval_is_lower_bound { tables::FLOWS_NOTE } else { "" };
    format!(
        "{}total {} ({}), {:.1} % of it unattributed\n{flows}\n",
        covering(&answer.coverage).trim_end_matches('\n').to_owned() + "\n",
        figure(&answer.total),
        tables::interval(answer.total.bytes_low, answer.total.bytes_high),
        share(answer.unattributed.all.bytes)
    )
}

fn pairs(answer: &MatrixAnswer) -> String {
    let heads = [
        ("from", Align::Left),
        ("to", Align::Left),
        ("rate", Align::Right),
        ("volume", Align::Right),
        ("95 % interval", Align::Right),
        ("samples", Align::Right),
    ];
    let row = |from: String, to: String, estimate: &Estimate| {
        let interval = tables::interval(estimate.bytes_low, estimate.bytes_high);
        vec![from, to, figure(estimate), tables::octets(estimate.bytes), interval, estimate.samples.to_string()]
    };
    let cells = answer.cells.iter().map(|cell| row(named(answer, cell.src), named(answer, cell.dst), &cell.estimate));
    let others =
        (answer.others.cells > 0).then(|| row(format!("{} other pairs", answer.others.cells), String::new(), &answer.others.estimate));
    let unattributed = (answer.unattributed.all.samples > 0).then(|| row("unattributed".into(), String::new(), &answer.unattributed.all));
    totals(answer) + &table(&heads, cells.chain(others).chain(unattributed))
}

fn named(answer: &MatrixAnswer, asn: u32) -> String {
    answer.members.iter().find(|member| member.asn == asn).map_or_else(|| format!("AS{asn}"), |member| member.name.clone())
}

/// A name with its ASN, which is said once where nothing else is known.
fn with_asn(name: &str, asn: u32) -> String {
    let number = format!("AS{asn}");
    if name == number { number } else { format!("{name} ({number})") }
}

/// The matrix of the largest members: senders down, receivers across, the rest summed.
fn grid(answer: &MatrixAnswer, size: usize) -> String {
    let mut weight = std::collections::BTreeMap::<u32, u64>::new();
    for cell in &answer.cells {
        *weight.entry(cell.src).or_default() += cell.estimate.bytes;
        *weight.entry(cell.dst).or_default() += cell.estimate.bytes;
    }
    let mut largest: Vec<(u32, u64)> = weight.into_iter().collect();
    largest.sort_by_key(|(asn, bytes)| (std::cmp::Reverse(*bytes), *asn));
    let shown: Vec<u32> = largest.iter().take(size).map(|(asn, _)| *asn).collect();
    let volume = |src: &dyn Fn(u32) -> bool, dst: &dyn Fn(u32) -> bool| {
        let cells = answer.cells.iter().filter(|cell| src(cell.src) && dst(cell.dst));
        let rate: u64 = cells.map(|cell| cell.estimate.bits_per_second).sum();
        if rate == 0 { "·".to_owned() } else { tables::rate(rate) }
    };
    let other = |asn: u32| !shown.contains(&asn);
    let columns: Vec<String> = shown.iter().map(|asn| format!("AS{asn}")).collect();
    let mut heads = vec![("from \\ to", Align::Left)];
    heads.extend(columns.iter().map(|column| (column.as_str(), Align::Right)));
    heads.push(("others", Align::Right));
    let row = |name: String, is_src: &dyn Fn(u32) -> bool| {
        let mut row = vec![name];
        row.extend(shown.iter().map(|dst| volume(is_src, &|asn| asn == *dst)));
        row.push(volume(is_src, &other));
        row
    };
    let mut rows: Vec<Vec<String>> = shown.iter().map(|src| row(with_asn(&named(answer, *src), *src), &|asn| asn == *src)).collect();
    rows.push(row("others".into(), &other));
    totals(answer) + &table(&heads, rows)
}
