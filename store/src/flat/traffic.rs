//! What was exchanged, as flat tables.

use std::collections::HashMap;

use arrow::array::{BooleanArray, Float64Array, StringArray, UInt32Array, UInt64Array};
use arrow::record_batch::RecordBatch;

use super::{Flat, texts, times};
use crate::answer::{Bounds, Estimate, LocalityAnswer, MatrixAnswer, MatrixCell, MembersAnswer, Reasoned, ShareEstimate, TimeseriesAnswer};
use crate::error::Result;

/// One row of a matrix.
struct MatrixRow {
    kind: &'static str,
    pair: Option<(u32, u32)>,
    reason: Option<&'static str>,
    estimate: Estimate,
    share: Option<ShareEstimate>,
}

impl MatrixAnswer {
    /// The matrix as a flat table; the columns are told in the module's documentation.
    ///
    /// # Errors
    /// If the columns do not fit each other.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        let rows = self.rows();
        let names: HashMap<u32, &str> = self.members.iter().map(|member| (member.asn, member.name.as_str())).collect();
        let name = |asn: u32| names.get(&asn).copied();
        let src = || rows.iter().map(|row| row.pair.map(|(src, _)| src));
        let dst = || rows.iter().map(|row| row.pair.map(|(_, dst)| dst));
        let estimates: Vec<_> = rows.iter().map(|row| Some(row.estimate)).collect();
        let share = |value: fn(ShareEstimate) -> f64| rows.iter().map(|row| row.share.map(value)).collect::<Float64Array>();
        Flat::new(&self.coverage)
            .note("attribution", self.attribution.map(|share| share.share))
            .note("attribution_low", self.attribution.map(|share| share.share_low))
            .note("attribution_high", self.attribution.map(|share| share.share_high))
            .note("unseen_bytes_high", self.unseen.map(|unseen| unseen.bytes_high))
            .add("kind", "", texts(rows.iter().map(|row| row.kind)))
            .add("src_asn", "", src().collect::<UInt32Array>())
            .add("src_name", "", src().map(|asn| asn.and_then(name)).collect::<StringArray>())
            .add("dst_asn", "", dst().collect::<UInt32Array>())
            .add("dst_name", "", dst().map(|asn| asn.and_then(name)).collect::<StringArray>())
            .add("reason", "", rows.iter().map(|row| row.reason).collect::<StringArray>())
            .add_estimates("", &estimates)
            .add("share", "", share(|share| share.share))
            .add("share_low", "", share(|share| share.share_low))
            .add("share_high", "", share(|share| share.share_high))
            .finish()
    }

    fn rows(&self) -> Vec<MatrixRow> {
        let row = |of: &MatrixCell| MatrixRow {
            kind: "cell",
            pair: Some((of.src, of.dst)),
            reason: None,
            estimate: of.estimate,
            share: of.share,
        };
        let mut rows: Vec<MatrixRow> = self.cells.iter().map(row).collect();
        if self.others.cells > 0 {
            rows.push(MatrixRow { kind: "others", pair: None, reason: None, estimate: self.others.estimate, share: None });
        }
        rows.extend(reasons("unattributed", &self.unattributed));
        rows.extend(reasons("set_aside", &self.set_aside));
        rows
    }
}

fn reasons(kind: &'static str, reasoned: &Reasoned) -> impl Iterator<Item = MatrixRow> {
    reasoned.reasons.iter().map(move |(reason, estimate)| MatrixRow {
        kind,
        pair: None,
        reason: Some(*reason),
        estimate: *estimate,
        share: None,
    })
}

impl LocalityAnswer {
    /// The flows as a flat table; the columns are told in the module's documentation.
    ///
    /// # Errors
    /// If the columns do not fit each other.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        let flows = || self.flows.iter().map(Some).chain([None]);
        let mut estimates: Vec<_> = self.flows.iter().map(|flow| Some(flow.estimate)).collect();
        estimates.push(Some(self.unattributed));
        let share = |value: fn(ShareEstimate) -> f64| flows().map(|flow| flow?.share.map(value)).collect::<Float64Array>();
        let domestic = |end: fn(&Bounds) -> f64| self.domestic.as_ref().map(end);
        Flat::new(&self.coverage)
            .note("domestic_low", domestic(|bounds| bounds.low.share))
            .note("domestic_high", domestic(|bounds| bounds.high.share))
            .note("attribution", self.attribution.map(|share| share.share))
            .note("located", self.located.map(|share| share.share))
            .add("kind", "", texts(flows().map(|flow| if flow.is_some() { "flow" } else { "unattributed" })))
            .add("src_locality", "", flows().map(|flow| flow.map(|flow| flow.src.name())).collect::<StringArray>())
            .add("dst_locality", "", flows().map(|flow| flow.map(|flow| flow.dst.name())).collect::<StringArray>())
            .add_estimates("", &estimates)
            .add("share", "", share(|share| share.share))
            .add("share_low", "", share(|share| share.share_low))
            .add("share_high", "", share(|share| share.share_high))
            .finish()
    }
}

impl TimeseriesAnswer {
    /// The series as a flat table, one below the other; the columns are told in the module's documentation.
    ///
    /// # Errors
    /// If the columns do not fit each other.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        let repeated = || self.series.iter().flat_map(|series| self.times.iter().zip(&self.measured).map(move |step| (series, step)));
        let estimates: Vec<_> = self.series.iter().flat_map(|series| series.points.iter().copied()).collect();
        Flat::new(&self.coverage)
            .add("time", "", times(repeated().map(|(_, (time, _))| *time)))
            .add("measured_seconds", "s", UInt64Array::from_iter_values(repeated().map(|(_, (_, measured))| *measured)))
            .add("key", "", texts(repeated().map(|(series, _)| series.key.as_str())))
            .add_estimates("", &estimates)
            .finish()
    }
}

impl MembersAnswer {
    /// The members as a flat table; the columns are told in the module's documentation.
    ///
    /// # Errors
    /// If the columns do not fit each other.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        let members = &self.members;
        let sent: Vec<_> = members.iter().map(|member| Some(member.sent)).collect();
        let received: Vec<_> = members.iter().map(|member| Some(member.received)).collect();
        Flat::new(&self.coverage)
            .add("asn", "", UInt32Array::from_iter_values(members.iter().map(|member| member.member.asn)))
            .add("name", "", texts(members.iter().map(|member| member.member.name.as_str())))
            .add("registered", "", BooleanArray::from_iter(members.iter().map(|member| Some(member.registered))))
            .add("peers", "members", UInt64Array::from_iter_values(members.iter().map(|member| member.peers as u64)))
            .add_estimates("sent_", &sent)
            .add_estimates("received_", &received)
            .finish()
    }
}
