//! What needs somebody's attention because figures may be wrong by it.

/// Texts of the causes, a title and a detail for each.
pub(crate) struct Causes {
    pub(crate) core_ports: &'static str,
    pub(crate) core_ports_detail: &'static str,
    pub(crate) core_ports_more: &'static str,
    pub(crate) ports_differ: &'static str,
    pub(crate) ports_differ_detail: &'static str,
    pub(crate) in_silence: &'static str,
    pub(crate) in_silence_detail: &'static str,
    pub(crate) implausible: &'static str,
    pub(crate) implausible_detail: &'static str,
    pub(crate) pool_refused: &'static str,
    pub(crate) pool_refused_detail: &'static str,
    pub(crate) unaccounted: &'static str,
    pub(crate) unaccounted_detail: &'static str,
}
