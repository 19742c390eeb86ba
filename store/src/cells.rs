//! Cells, from sums to typed rows.

use polars_core::prelude::DataFrame;
use schema::{Reason, Sums};

use crate::condition::of_question;
use crate::error::Result;
use crate::fold::Fold;
use crate::question::Question;
use crate::reader::Sources;
use schema::window::CELLS;

/// What one party sent to another, for one reason.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    /// ASN of the sender; 0 for none.
    pub(crate) src: u32,
    /// ASN of the receiver; 0 for none.
    pub(crate) dst: u32,
    /// The reason's number as it is stored.
    pub(crate) reason: u8,
    pub(crate) sums: Sums,
}

impl Pair {
    /// Whether two known members exchanged it.
    pub(crate) const fn is_attributed(&self) -> bool {
        self.reason == Reason::Attributed.code()
    }

    /// Whether it is a health figure outside the matrix's total.
    pub(crate) fn is_set_aside(&self) -> bool {
        Reason::from_code(self.reason).is_some_and(Reason::is_set_aside)
    }

    /// The reason's name; `unknown` for one that only a later version knows.
    pub(crate) fn reason_name(&self) -> &'static str {
        Reason::from_code(self.reason).map_or("unknown", Reason::name)
    }
}

/// All that the question means, by sender, receiver and reason.
pub(crate) fn pairs(sources: &Sources, question: &Question) -> Result<Vec<Pair>> {
    let fold = Fold::all(CELLS, None).by(&["src_asn", "dst_asn", "reason"]).only(of_question(question));
    let rows = sources.summed(&fold, |window| &window.cells)?;
    let src = rows.column("src_asn")?.u32()?.iter();
    let dst = rows.column("dst_asn")?.u32()?.iter();
    let reason = rows.column("reason")?.u8()?.iter();
    let keys = src.zip(dst).zip(reason);
    let sums = sums(&rows)?;
    Ok(keys
        .zip(sums)
        .map(|(((src, dst), reason), sums)| Pair {
            src: src.unwrap_or_default(),
            dst: dst.unwrap_or_default(),
            reason: reason.unwrap_or_default(),
            sums,
        })
        .collect())
}

/// The sums of each row.
pub(crate) fn sums(rows: &DataFrame) -> Result<impl Iterator<Item = Sums>> {
    let samples = rows.column("samples")?.u64()?.iter();
    let packets = rows.column("packets")?.u64()?.iter();
    let bytes = rows.column("bytes")?.u64()?.iter();
    let variance = rows.column("variance")?.f64()?.iter();
    let from_flows = rows.column("bytes_from_flows")?.u64()?.iter();
    let sums = samples.zip(packets).zip(bytes).zip(variance).zip(from_flows);
    Ok(sums.map(|((((samples, packets), bytes), variance), bytes_from_flows)| Sums {
        samples: samples.unwrap_or_default(),
        packets: packets.unwrap_or_default(),
        bytes: bytes.unwrap_or_default(),
        variance: variance.unwrap_or_default(),
        bytes_from_flows: bytes_from_flows.unwrap_or_default(),
    }))
}
