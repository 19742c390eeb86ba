//! `chorsu matrix`, `top`, `locality`, `share`, `members`, `ports` and `exporters`: questions to a journal from a terminal.

mod exporters;
mod locality;
mod matrix;
mod members;
mod ports;
mod share;

pub(crate) use exporters::exporters;
pub(crate) use locality::locality;
pub(crate) use matrix::{matrix, top};
pub(crate) use members::members;
pub(crate) use ports::ports;
pub(crate) use share::share;

use std::path::{Path, PathBuf};
use std::time::Duration;

use arrow::array::RecordBatch;
use directory::{Directory, Snapshot};
use schema::{Asn, Timestamp};
use serde::Serialize;
use store::answer::{Coverage, MatrixAnswer, MemberName};
use store::question::Question as Wanted;
use store::{Reader, StoreError, TableFormat, encode};

use crate::cli::{AnswerFormat, Question, Traffic};
use crate::config::Config;
use crate::failure::{Context, Failure, Outcome, print};
use crate::warehouse;

/// How long before its end a question begins that names no beginning.
const LAST: Duration = Duration::from_secs(3_600);

/// An opened journal and who is in it.
pub(super) struct Archive {
    pub(super) reader: Reader,
    pub(super) directory: Snapshot,
    pub(super) question: Wanted,
}

impl Archive {
    pub(super) fn open(asked: &Question) -> Outcome<Self> {
        let config = asked.config.as_deref().map(load).transpose()?;
        let (data, members) = places(asked.data.as_deref(), config.as_ref(), asked.members.as_deref());
        let reader = warehouse::reader(&data, config.as_ref())?;
        let directory = members.map_or_else(|| Ok(Directory::empty()), |file| directory::load(&file).plain())?.as_of(Timestamp::now());
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
            src_locality: asked.src_locality,
            dst_locality: asked.dst_locality,
            ..Wanted::all(from, to)
        };
        Ok(Self { reader, directory, question })
    }

    /// The same for a question of traffic, which may be raked.
    fn of_traffic(asked: &Traffic) -> Outcome<Self> {
        let mut archive = Self::open(&asked.question)?;
        archive.question.raked = asked.raked;
        Ok(archive)
    }

    /// The members of the list.
    fn registered(&self) -> Vec<MemberName> {
        self.directory.members().iter().map(|member| MemberName { asn: member.asn.0, name: member.name.clone() }).collect()
    }

    fn name(&self, asn: u32) -> String {
        self.directory.name(Asn(asn)).into_owned()
    }

    fn matrix(&self, top: Option<usize>) -> Outcome<MatrixAnswer> {
        self.reader.matrix(&self.question, top, &|asn| self.name(asn), &[]).plain()
    }
}

/// The journal's folder and the member list. A demo's folder holds its own list.
pub(super) fn places(data: Option<&Path>, config: Option<&Config>, members: Option<&Path>) -> (PathBuf, Option<PathBuf>) {
    let members = members.map(Path::to_owned);
    if let Some(config) = config {
        return (config.store.data.clone(), members.or(config.members.clone()));
    }
    let data = data.map(Path::to_owned).unwrap_or_default();
    let own = || Some(data.join("members.toml")).filter(|file| file.is_file());
    let members = members.or_else(own);
    (data, members)
}

/// The configuration of a file.
pub(super) fn load(file: &Path) -> Outcome<Config> {
    Config::load(file).map_err(|mistakes| Failure::several(&mistakes))
}

/// An answer's flat table.
pub(super) type Flat<A> = fn(&A) -> Result<RecordBatch, StoreError>;

pub(super) fn show<A: Serialize>(answer: &A, format: AnswerFormat, flat: Flat<A>, text: impl Fn(&A) -> String) -> Outcome {
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

/// What an answer covers, as a line above its table.
pub(super) fn covering(coverage: &Coverage) -> String {
    let gaps = if coverage.complete { "" } else { ", with gaps or still running" };
    format!("{} to {}, {} s measured{gaps}\n\n", coverage.from, coverage.to, coverage.measured_seconds)
}

/// A name with its ASN, which is said once where nothing else is known.
pub(super) fn with_asn(name: &str, asn: u32) -> String {
    let number = format!("AS{asn}");
    if name == number { number } else { format!("{name} ({number})") }
}
