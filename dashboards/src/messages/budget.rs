//! How much was lost, where.

/// Texts of the loss budget.
pub(crate) struct Budget {
    pub(crate) samples_lost: &'static str,
    pub(crate) records_lost: &'static str,
    pub(crate) samples_whole: &'static str,
    pub(crate) records_whole: &'static str,
    pub(crate) mostly_exporter: &'static str,
    pub(crate) mostly_in_silence: &'static str,
    pub(crate) mostly_way: &'static str,
    pub(crate) mostly_kernel: &'static str,
    pub(crate) made_good: &'static str,
    pub(crate) not_made_good: &'static str,
    pub(crate) title: &'static str,
    pub(crate) sees: &'static str,
    pub(crate) sees_none: &'static str,
    pub(crate) sees_gap: &'static str,
    pub(crate) stage: &'static str,
    pub(crate) lost: &'static str,
    pub(crate) of: &'static str,
    pub(crate) counted_in: &'static str,
    pub(crate) share_lost: &'static str,
    pub(crate) left: &'static str,
    /// A stage's name in answers, and for people.
    pub(crate) stages: &'static [(&'static str, &'static str)],
    /// What is counted: its name in answers, and for people.
    pub(crate) units: &'static [(&'static str, &'static str)],
    pub(crate) by_exporter: &'static str,
    pub(crate) taken: &'static str,
    pub(crate) said: &'static str,
    pub(crate) silent: &'static str,
    pub(crate) way: &'static str,
    pub(crate) arrived: &'static str,
    pub(crate) key_left: &'static str,
    pub(crate) key_lost: &'static str,
    pub(crate) arrivals: &'static str,
    pub(crate) arrivals_note: &'static str,
    pub(crate) twice: &'static str,
    pub(crate) late: &'static str,
    pub(crate) by_pool: &'static str,
    pub(crate) by_sequence: &'static str,
    pub(crate) by_rate: &'static str,
    pub(crate) without_rate: &'static str,
    pub(crate) implausible: &'static str,
    pub(crate) pool_refused: &'static str,
    pub(crate) listeners_span: &'static str,
    pub(crate) errors: &'static str,
    pub(crate) not_read: &'static str,
}

impl Budget {
    /// A stage, for people; its bare name where there is no text for it.
    pub(crate) fn stage_named<'a>(&self, name: &'a str) -> &'a str {
        self.stages.iter().find(|(known, _)| *known == name).map_or(name, |(_, text)| *text)
    }

    /// What is counted, for people.
    pub(crate) fn unit_named<'a>(&self, name: &'a str) -> &'a str {
        self.units.iter().find(|(known, _)| *known == name).map_or(name, |(_, text)| *text)
    }
}
