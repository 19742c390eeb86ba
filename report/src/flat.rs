//! The answer as a flat table, for CSV, Parquet and Arrow: one row for each figure.
//!
//! `figure` names it; `asn` is the member's of which it is, null for the economy; `low` and `high` are its two ends, null where nobody knows, in `unit`; `told` says how a
//! member's figure is known.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array, StringArray, UInt32Array};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use store::StoreError;

use crate::amount::Declared;
use crate::answer::ShareAnswer;
use crate::bounds::Bounds;

/// One figure.
struct Line {
    figure: String,
    asn: Option<u32>,
    low: Option<f64>,
    high: Option<f64>,
    unit: &'static str,
    told: Option<&'static str>,
}

impl ShareAnswer {
    /// The answer's figures, one a row.
    ///
    /// # Errors
    /// If the columns cannot be laid out, which does not happen.
    pub fn to_batch(&self) -> Result<RecordBatch, StoreError> {
        let lines: Vec<Line> = self.shares().chain(self.volumes()).chain(self.of_members()).collect();
        let texts = |value: fn(&Line) -> Option<&str>| -> StringArray { lines.iter().map(value).collect() };
        let numbers = |value: fn(&Line) -> Option<f64>| -> Float64Array { lines.iter().map(value).collect() };
        let columns: [(&str, ArrayRef); 6] = [
            ("figure", Arc::new(texts(|line| Some(&line.figure)))),
            ("asn", Arc::new(lines.iter().map(|line| line.asn).collect::<UInt32Array>())),
            ("low", Arc::new(numbers(|line| line.low))),
            ("high", Arc::new(numbers(|line| line.high))),
            ("unit", Arc::new(texts(|line| Some(line.unit)))),
            ("told", Arc::new(texts(|line| line.told))),
        ];
        let fields = columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), array.is_nullable()));
        let said = [
            ("from", self.measured.from.to_string()),
            ("to", self.measured.to.to_string()),
            ("measured_seconds", self.measured.measured_seconds.to_string()),
            ("method", self.account.shares.method.to_owned()),
        ];
        let metadata: HashMap<String, String> = said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let schema = Schema::new_with_metadata(fields.collect::<Vec<_>>(), metadata);
        Ok(RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, array)| array).collect())?)
    }

    fn shares(&self) -> impl Iterator<Item = Line> {
        let (account, shares) = (&self.account, &self.account.shares);
        let named = [
            ("share_exchanged", shares.exchanged),
            ("share_accessible", shares.accessible),
            ("share_domestic", shares.domestic),
            ("resilience", account.resilience),
        ];
        let parts = [
            ("coverage_port_speed", shares.coverage.port_speed),
            ("coverage_attribution", shares.coverage.attribution),
            ("coverage_counters", shares.coverage.counters),
        ];
        let parts = parts.map(|(name, part)| line(name, None, part, part, "share"));
        named.map(|(name, bounds)| share(name, bounds)).into_iter().chain(parts)
    }

    fn volumes(&self) -> impl Iterator<Item = Line> {
        let volumes = &self.account.volumes;
        let named = [
            ("exchanged", volumes.exchanged),
            ("local", volumes.local),
            ("private", volumes.private),
            ("cache", volumes.cache),
            ("transit", volumes.transit),
        ];
        named.map(|(name, ends)| octets(name, None, ends)).into_iter()
    }

    fn of_members(&self) -> impl Iterator<Item = Line> {
        self.account.members.iter().flat_map(|row| {
            let asn = Some(row.listed.asn.0);
            row.classes().map(|(class, basis)| Line { told: Some(basis.name()), ..octets(class.name(), asn, basis.octets) })
        })
    }
}

fn share(figure: &str, bounds: Option<Bounds>) -> Line {
    let end = |end: crate::bounds::End| end.identified.then_some(end.share);
    line(figure, None, bounds.and_then(|bounds| end(bounds.low)), bounds.and_then(|bounds| end(bounds.high)), "share")
}

fn octets(figure: &str, asn: Option<u32>, ends: Declared) -> Line {
    line(figure, asn, Some(ends.low as f64), ends.high.map(|high| high as f64), "octets")
}

fn line(figure: &str, asn: Option<u32>, low: Option<f64>, high: Option<f64>, unit: &'static str) -> Line {
    Line { figure: figure.to_owned(), asn, low, high, unit, told: None }
}
