//! How sure a figure is.

/// Texts of the marks beside figures and of the notes under their tables.
pub(crate) struct Quality {
    pub(crate) differs: &'static str,
    pub(crate) unchecked: &'static str,
    pub(crate) few: &'static str,
    pub(crate) differs_note: &'static str,
    pub(crate) unchecked_note: &'static str,
    pub(crate) none_checked_note: &'static str,
    pub(crate) few_note: &'static str,
    pub(crate) raked_note: &'static str,
    pub(crate) total_agrees: &'static str,
    pub(crate) total_differs: &'static str,
    pub(crate) total_unchecked: &'static str,
    pub(crate) total_raked: &'static str,
    pub(crate) attributed: &'static str,
    pub(crate) attributed_short: &'static str,
    pub(crate) figures: &'static str,
    pub(crate) as_sampled: &'static str,
    pub(crate) as_counted: &'static str,
    pub(crate) exact: &'static str,
}
