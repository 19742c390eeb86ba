//! `/api/v1`: questions and their answers for programs.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use report::ShareAnswer;
use schema::{Asn, Timestamp};
use serde::Serialize;
use store::StoreError;
use store::answer::{
    Coverage, Estimate, ExportersAnswer, LocalityAnswer, MatrixAnswer, MemberName, MembersAnswer, PortsAnswer, TimeseriesAnswer,
};
use store::question::Question;

use crate::asked::{Asked, asked};
use crate::formats::{Encoded, Format, Rows, encoded, json};
use crate::problem::Problem;
use crate::reading::{Reading, read};
use crate::site::Hall;
use crate::status_view::StatusView;

/// Parameters as they stand in the address.
pub(crate) type Pairs = Query<Vec<(String, String)>>;

type Answer = Result<Response, Problem>;

pub(crate) fn routes() -> Router<Arc<Hall>> {
    Router::new()
        .route("/matrix", get(matrix))
        .route("/share", get(share))
        .route("/timeseries", get(timeseries))
        .route("/locality", get(locality))
        .route("/members", get(members))
        .route("/members/{asn}", get(member))
        .route("/ports", get(ports))
        .route("/exporters", get(exporters))
        .route("/status", get(status))
        .fallback(nowhere)
}

async fn nowhere() -> Problem {
    Problem::not_found(
        "there is no such question; ask matrix, share, timeseries, locality, members, members/{asn}, ports, exporters or status",
    )
}

/// Reads the parameters, lets `work` answer, and writes the answer in the format asked for.
async fn answered<T: Rows>(
    hall: &Arc<Hall>,
    (pairs, known): (&[(String, String)], &[&str]),
    (headers, name): (&HeaderMap, &'static str),
    work: impl FnOnce(&Reading, &Asked) -> Result<T, StoreError> + Send + 'static,
) -> Answer {
    let asked = asked(pairs, known, Timestamp::now())?;
    let format = asked.format.unwrap_or_else(|| Format::accepted(headers));
    let encoded: Encoded = read(hall, move |reading| encoded(&work(reading, &asked)?, format, name)).await?;
    Ok(encoded.into_response())
}

async fn matrix(State(hall): State<Arc<Hall>>, Query(pairs): Pairs, headers: HeaderMap) -> Answer {
    let known = ["top", "raked", "format"];
    answered(&hall, (&pairs, &known), (&headers, "matrix"), |reading, asked| reading.matrix(&asked.question, asked.top)).await
}

/// Filters that a share cannot have: a part of the exchange's traffic has no part of the members' transit to be held against.
const NOT_OF_A_SHARE: [&str; 6] = ["ip_version", "vlan", "src", "dst", "src_locality", "dst_locality"];

async fn share(State(hall): State<Arc<Hall>>, Query(pairs): Pairs, headers: HeaderMap) -> Answer {
    if let Some((name, _)) = pairs.iter().find(|(name, _)| NOT_OF_A_SHARE.contains(&name.as_str())) {
        return Err(Problem::bad_request(format!("parameter `{name}` is not known here; a share is of all traffic, so leave it out")));
    }
    let pairs = crate::asked::month(pairs)?;
    let work = |reading: &Reading, asked: &Asked| reading.share(&asked.question, Timestamp::now());
    answered(&hall, (&pairs, &["format"]), (&headers, "share"), work).await
}

async fn timeseries(State(hall): State<Arc<Hall>>, Query(pairs): Pairs, headers: HeaderMap) -> Answer {
    let known = ["step", "by", "raked", "format"];
    let work = |reading: &Reading, asked: &Asked| reading.timeseries(&asked.question, asked.step, asked.by);
    answered(&hall, (&pairs, &known), (&headers, "timeseries"), work).await
}

async fn locality(State(hall): State<Arc<Hall>>, Query(pairs): Pairs, headers: HeaderMap) -> Answer {
    answered(&hall, (&pairs, &["format"]), (&headers, "locality"), |reading, asked| reading.locality(&asked.question)).await
}

async fn members(State(hall): State<Arc<Hall>>, Query(pairs): Pairs, headers: HeaderMap) -> Answer {
    let known = ["top", "raked", "format"];
    answered(&hall, (&pairs, &known), (&headers, "members"), |reading, asked| {
        let mut answer = reading.members(&asked.question)?;
        answer.members.truncate(asked.top.unwrap_or(usize::MAX));
        Ok(answer)
    })
    .await
}

async fn ports(State(hall): State<Arc<Hall>>, Query(pairs): Pairs, headers: HeaderMap) -> Answer {
    answered(&hall, (&pairs, &["format"]), (&headers, "ports"), |reading, asked| reading.ports(&asked.question)).await
}

async fn exporters(State(hall): State<Arc<Hall>>, Query(pairs): Pairs, headers: HeaderMap) -> Answer {
    answered(&hall, (&pairs, &["format"]), (&headers, "exporters"), |reading, asked| reading.exporters(&asked.question)).await
}

/// The answer to `members/{asn}`.
#[derive(Serialize)]
struct MemberAnswer {
    #[serde(flatten)]
    coverage: Coverage,
    #[serde(flatten)]
    member: MemberName,
    /// Whether the directory knows it now.
    registered: bool,
    /// Sent to other parties, unknown ones included.
    sent: Estimate,
    /// Received from other parties, unknown ones included.
    received: Estimate,
    /// The members with which it exchanged, the largest first.
    peers: Vec<Peer>,
}

/// One peer of a member.
#[derive(Serialize)]
struct Peer {
    #[serde(flatten)]
    member: MemberName,
    /// What the member sent to this peer.
    sent: Estimate,
    /// What the member received from this peer.
    received: Estimate,
}

async fn member(State(hall): State<Arc<Hall>>, Path(asn): Path<String>, Query(pairs): Pairs) -> Answer {
    let asn = crate::asked::asn(&asn).map_err(Problem::bad_request)?;
    let asked = asked(&pairs, &["raked"], Timestamp::now())?;
    let answer = read(&hall, move |reading| one_member(reading, asn, &asked.question)).await?;
    let answer = answer.ok_or_else(|| {
        Problem::not_found(format!("{asn} is not in the directory and exchanged nothing in this span; `members` lists who is and did"))
    })?;
    json(&answer)
}

fn one_member(reading: &Reading, asn: Asn, question: &Question) -> Result<Option<MemberAnswer>, StoreError> {
    let all = reading.members(question)?;
    let Some(row) = all.members.into_iter().find(|row| row.member.asn == asn.0) else { return Ok(None) };
    let sent = reading.matrix(&Question { src: Some(asn), ..question.clone() }, None)?;
    let received = reading.matrix(&Question { dst: Some(asn), ..question.clone() }, None)?;
    let mut peers = std::collections::BTreeMap::<u32, (Estimate, Estimate)>::new();
    for cell in sent.cells {
        peers.entry(cell.dst).or_default().0 = cell.estimate;
    }
    for cell in received.cells {
        peers.entry(cell.src).or_default().1 = cell.estimate;
    }
    let named = |(asn, (sent, received))| Peer { member: MemberName { asn, name: reading.name(asn).into_owned() }, sent, received };
    let mut peers: Vec<Peer> = peers.into_iter().map(named).collect();
    peers.sort_by_key(|peer| std::cmp::Reverse(peer.sent.bytes.saturating_add(peer.received.bytes)));
    let answer = MemberAnswer {
        coverage: all.coverage,
        member: row.member,
        registered: row.registered,
        sent: row.sent,
        received: row.received,
        peers,
    };
    Ok(Some(answer))
}

async fn status(State(hall): State<Arc<Hall>>, Query(pairs): Pairs) -> Answer {
    if let Some((name, _)) = pairs.iter().find(|(name, value)| (name.as_str(), value.as_str()) != ("format", "json")) {
        let name: String = name.chars().take(40).collect();
        return Err(Problem::bad_request(format!("parameter `{name}` is not known here; `status` takes none and answers in JSON")));
    }
    let status = hall.site.status.load_full();
    json(&StatusView::new(&hall, &status))
}

/// `GET /healthz`: the process is alive.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: windows reach the disk.
pub(crate) async fn ready(State(hall): State<Arc<Hall>>) -> Response {
    match &hall.site.status.load().store.failing {
        None => "ready\n".into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("windows cannot be written to the journal: {reason}\n")).into_response(),
    }
}

macro_rules! rows {
    ($($answer:ty),+) => { $(
        impl Rows for $answer {
            fn rows(&self) -> Result<RecordBatch, StoreError> {
                self.to_batch()
            }
        }
    )+ };
}

rows!(ShareAnswer, MatrixAnswer, LocalityAnswer, TimeseriesAnswer, MembersAnswer, PortsAnswer, ExportersAnswer);
