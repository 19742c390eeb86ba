//! Counters of NetFlow and IPFIX.

use aggregator::Refused;
use wire::flows::{Exported, Refusal, Skip};

use super::{Reasons, merge_reasons, not_taken};

/// Counters of one protocol of flow records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flows {
    /// Datagrams, those that were refused among them.
    pub datagrams: u64,
    /// Records of data whose template was known when they came. Both directions of a biflow are one record.
    pub records: u64,
    /// Those of them that the matrix did not take: of datagrams that came before, or from exporters beyond the bound.
    pub records_not_taken: u64,
    /// Records of options templates.
    pub options_records: u64,
    /// Octets of `records` as exported, before anything is scaled.
    pub octets: u128,
    /// Packets of `records` as exported.
    pub packets: u128,
    /// Distinct templates of exporters and domains. One that comes again, or anew after it was withdrawn, is no other.
    pub templates: u64,
    /// Distinct options templates, likewise.
    pub options_templates: u64,
    /// What came before its template and was read once that came.
    pub recovered: Recovered,
    /// Whole datagrams that were refused, by reason.
    pub refused: Reasons,
    /// Records, sets and templates that were stepped over, by [`Skip::index`].
    skips: [u64; Skip::ALL.len()],
    /// What the memory of templates could not read or keep, by [`Loss::index`].
    losses: [u64; Loss::ALL.len()],
}

/// Records that came before their template. They are in the matrix, but not in [`Flows::records`], [`Flows::octets`] and
/// [`Flows::packets`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Records.
    pub records: u64,
    /// Their octets as exported.
    pub octets: u128,
    /// Their packets as exported.
    pub packets: u128,
}

/// What the memory of templates could not read or keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// A data set came, and no template of its id was known. Unless another count says so, it was held and read when the template came.
    WithoutTemplate,
    /// A data set came whose template was withdrawn.
    OfWithdrawnTemplate,
    /// The template of a data set that was held did not come in time.
    HeldExpired,
    /// There was no room to hold a data set.
    HeldDropped,
    /// A template was forgotten for newer ones.
    TemplateEvicted,
    /// There was no room for the rate of a sampler.
    SamplerRefused,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::WithoutTemplate,
        Self::OfWithdrawnTemplate,
        Self::HeldExpired,
        Self::HeldDropped,
        Self::TemplateEvicted,
        Self::SamplerRefused,
    ];

    /// Its place in [`Loss::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The reason's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WithoutTemplate => "data_sets_without_template",
            Self::OfWithdrawnTemplate => "data_sets_of_withdrawn_template",
            Self::HeldExpired => "held_data_sets_expired",
            Self::HeldDropped => "held_data_sets_dropped",
            Self::TemplateEvicted => "templates_evicted",
            Self::SamplerRefused => "samplers_refused",
        }
    }
}

impl Flows {
    pub(super) fn merge(&mut self, other: &Self) {
        self.datagrams += other.datagrams;
        self.records += other.records;
        self.records_not_taken += other.records_not_taken;
        self.options_records += other.options_records;
        self.octets += other.octets;
        self.packets += other.packets;
        self.templates += other.templates;
        self.options_templates += other.options_templates;
        self.recovered.records += other.recovered.records;
        self.recovered.octets += other.recovered.octets;
        self.recovered.packets += other.recovered.packets;
        merge_reasons(&mut self.refused, &other.refused);
        for (sum, count) in self.skips.iter_mut().zip(other.skips) {
            *sum += count;
        }
        for (sum, count) in self.losses.iter_mut().zip(other.losses) {
            *sum += count;
        }
    }

    /// Counts one direction of a record.
    #[inline]
    pub(crate) fn record(&mut self, exported: &Exported) {
        self.records += u64::from(!exported.reverse);
        self.octets += u128::from(exported.octets);
        self.packets += u128::from(exported.packets);
    }

    /// Counts a template that was not seen before.
    pub(crate) fn template(&mut self, is_options: bool) {
        let count = if is_options { &mut self.options_templates } else { &mut self.templates };
        *count += 1;
    }

    /// Counts something that was stepped over.
    #[inline]
    pub(crate) fn skip(&mut self, what: Skip) {
        if let Some(count) = self.skips.get_mut(what.index()) {
            *count += 1;
        }
    }

    /// Counts what could not be read or kept.
    pub(crate) fn lose(&mut self, what: Loss) {
        if let Some(count) = self.losses.get_mut(what.index()) {
            *count += 1;
        }
    }

    /// Counts a datagram that is not decodable.
    pub(crate) fn refuse(&mut self, why: Refusal) {
        *self.refused.entry(why.name()).or_default() += 1;
    }

    /// Counts a datagram that the matrix does not take.
    pub(crate) fn not_taken(&mut self, why: Refused) {
        *self.refused.entry(not_taken(why)).or_default() += 1;
    }

    /// Everything that was stepped over, by reason.
    pub fn skipped(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let skips = Skip::ALL.iter().map(|skip| skip.name()).zip(self.skips);
        let losses = Loss::ALL.iter().map(|loss| loss.name()).zip(self.losses);
        self.refused.iter().map(|(reason, count)| (*reason, *count)).chain(skips.chain(losses).filter(|(_, count)| *count > 0))
    }
}

impl Recovered {
    /// Counts one direction of a record.
    pub(crate) fn record(&mut self, exported: &Exported) {
        self.records += u64::from(!exported.reverse);
        self.octets += u128::from(exported.octets);
        self.packets += u128::from(exported.packets);
    }
}
