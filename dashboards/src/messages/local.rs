//! How much of it is domestic.

/// Texts of the card.
pub(crate) struct Local {
    pub(crate) title: &'static str,
    /// Both ends of the share.
    pub(crate) domestic: &'static str,
    /// What it rests on.
    pub(crate) rests_on: &'static str,
    /// Where no address is known.
    pub(crate) nothing_known: &'static str,
    /// What an exchange alone cannot say.
    pub(crate) limits: &'static str,
}
