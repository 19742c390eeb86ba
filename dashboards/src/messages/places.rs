//! From where is known in which economy and network an address is.

/// Texts of the panel.
pub(crate) struct Places {
    pub(crate) title: &'static str,
    pub(crate) note: &'static str,
    pub(crate) caption: &'static str,
    pub(crate) none: &'static str,
    pub(crate) no_files: &'static str,
    pub(crate) file: &'static str,
    pub(crate) is: &'static str,
    pub(crate) data_of: &'static str,
    pub(crate) prefixes_4: &'static str,
    pub(crate) prefixes_6: &'static str,
    pub(crate) networks: &'static str,
    pub(crate) left_out: &'static str,
    pub(crate) unread: &'static str,
    pub(crate) refused: &'static str,
    /// What a file is: its name in answers, and for people.
    pub(crate) kinds: &'static [(&'static str, &'static str)],
}

impl Places {
    /// What a file of such a kind is, for people.
    pub(crate) fn kind(&self, name: &'static str) -> &'static str {
        self.kinds.iter().find(|(known, _)| *known == name).map_or(name, |(_, text)| text)
    }
}
