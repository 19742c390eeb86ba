//! Answers as flat tables, for CSV, Parquet and Arrow.
//!
//! Every table carries the answer's `from`, `to`, `step`, `source`, `complete` and `measured_seconds` as metadata of its
//! schema, and every column its unit.
//!
//! | answer | a row is | columns |
//! |---|---|---|
//! | matrix | a cell; the others in one row (`kind` = `others`); each reason (`unattributed`, `set_aside`) | `kind`, `src_asn`, `src_name`, `dst_asn`, `dst_name`, `reason`, estimate; of cells `share`, `share_low`, `share_high` |
//! | timeseries | a step of a series; the estimate is null where nothing was measured | `time`, `measured_seconds`, `key`, estimate |
//! | locality | what went from one locality to another; what no two known members exchanged (`kind` = `unattributed`) | `kind`, `src_locality`, `dst_locality`, estimate; of flows `share`, `share_low`, `share_high` |
//! | members | a member | `asn`, `name`, `registered`, `peers`, `sent_` estimate, `received_` estimate |
//! | ports | a port | the fields of [`PortTraffic`](crate::answer::PortTraffic), the member as `asn` and `name`, its own name as `port_name`; `received_` and `sent_` estimate of what was sampled there with `factor_low`, `factor_high`, `periods`, `periods_off`; `period`, `core`; `suspected_` `members`, `members_elsewhere`, `bytes`, `untold` |
//! | exporters | an exporter | the fields of [`ExporterHealth`](crate::answer::ExporterHealth), those of its loss budget with `loss_` before them; listeners and stages are in JSON alone |
//!
//! An estimate is `samples`, `packets`, `bytes`, `bytes_low`, `bytes_high`, `bits_per_second`, `bytes_from_flows`,
//! `interval_is_lower_bound`, `effective_samples` (null where nothing is uncertain), `quality` and `counter_factor` (null where no
//! counter could be held against it). The rows of a matrix whose kind is not `set_aside` add up to its total; its metadata also
//! say `attribution`, `attribution_low`, `attribution_high` and `unseen_bytes_high`, where there are such.

mod health;
mod traffic;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Float64Array, StringArray, TimestampMillisecondArray, UInt64Array};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use schema::Timestamp;

use crate::answer::{Coverage, Estimate};
use crate::error::Result;

/// A table that is put together column by column.
pub(crate) struct Flat {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
    metadata: HashMap<String, String>,
}

impl Flat {
    pub(crate) fn new(coverage: &Coverage) -> Self {
        let said = [
            ("from", coverage.from.to_string()),
            ("to", coverage.to.to_string()),
            ("step", coverage.step.clone()),
            ("source", coverage.source.clone()),
            ("complete", coverage.complete.to_string()),
            ("measured_seconds", coverage.measured_seconds.to_string()),
        ];
        let metadata = said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { fields: Vec::new(), arrays: Vec::new(), metadata }
    }

    /// Says something of the whole table.
    fn note(mut self, name: &str, value: Option<impl ToString>) -> Self {
        self.metadata.extend(value.map(|value| (name.to_owned(), value.to_string())));
        self
    }

    pub(crate) fn add(mut self, name: &str, unit: &str, array: impl Array + 'static) -> Self {
        let field = Field::new(name, array.data_type().clone(), array.is_nullable());
        self.fields.push(field.with_metadata(HashMap::from([("unit".to_owned(), unit.to_owned())])));
        self.arrays.push(Arc::new(array));
        self
    }

    pub(crate) fn add_estimates(self, prefix: &str, estimates: &[Option<Estimate>]) -> Self {
        let column =
            |value: fn(&Estimate) -> u64| -> UInt64Array { estimates.iter().map(|estimate| estimate.as_ref().map(value)).collect() };
        let least: BooleanArray = estimates.iter().map(|estimate| estimate.map(|estimate| estimate.interval_is_lower_bound)).collect();
        let name = |name: &str| format!("{prefix}{name}");
        self.add(&name("samples"), "samples", column(|estimate| estimate.samples))
            .add(&name("packets"), "frames", column(|estimate| estimate.packets))
            .add(&name("bytes"), "octets", column(|estimate| estimate.bytes))
            .add(&name("bytes_low"), "octets", column(|estimate| estimate.bytes_low))
            .add(&name("bytes_high"), "octets", column(|estimate| estimate.bytes_high))
            .add(&name("bits_per_second"), "bit/s", column(|estimate| estimate.bits_per_second))
            .add(&name("bytes_from_flows"), "octets", column(|estimate| estimate.bytes_from_flows))
            .add(&name("interval_is_lower_bound"), "", least)
            .add(&name("effective_samples"), "samples", known(estimates, |estimate| estimate.effective_samples).collect::<UInt64Array>())
            .add(&name("quality"), "", known(estimates, |estimate| Some(estimate.quality.name())).collect::<StringArray>())
            .add(&name("counter_factor"), "", known(estimates, |estimate| estimate.counter_factor).collect::<Float64Array>())
    }

    pub(crate) fn finish(self) -> Result<RecordBatch> {
        let schema = Schema::new_with_metadata(self.fields, self.metadata);
        Ok(RecordBatch::try_new(Arc::new(schema), self.arrays)?)
    }
}

/// A value of each estimate that is there and has it.
fn known<T>(estimates: &[Option<Estimate>], value: fn(&Estimate) -> Option<T>) -> impl Iterator<Item = Option<T>> {
    estimates.iter().map(move |estimate| estimate.as_ref().and_then(value))
}

fn texts<'t>(texts: impl Iterator<Item = &'t str>) -> StringArray {
    texts.map(Some).collect()
}

fn times(times: impl Iterator<Item = Timestamp>) -> TimestampMillisecondArray {
    TimestampMillisecondArray::from_iter_values(times.map(Timestamp::millis)).with_timezone("UTC")
}
