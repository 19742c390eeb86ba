//! What a reader leaves out, and says.

/// Notes that are kept of a file to be shown. A file that is wrong in every line would otherwise fill memory and the status page; the rest is counted.
pub const MAX_NOTES: usize = 20;

/// What was left out of a file: the first [`MAX_NOTES`] as sentences, and the number of all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Notes {
    kept: Vec<String>,
    total: u64,
}

impl Notes {
    /// Counts what stands in a line, from 1 on; makes its sentence only if it is kept.
    pub(crate) fn line(&mut self, line: u64, what: impl FnOnce() -> String) {
        self.add(|| format!("line {line}: {}", what()));
    }

    /// Counts one; makes its sentence only if it is kept.
    pub(crate) fn add(&mut self, what: impl FnOnce() -> String) {
        self.total += 1;
        if self.kept.len() < MAX_NOTES {
            self.kept.push(what());
        }
    }

    pub(crate) fn kept(&self) -> &[String] {
        &self.kept
    }

    pub(crate) const fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_notes_are_kept_and_all_are_counted() {
        let mut notes = Notes::default();
        for line in 1..=1_000 {
            notes.line(line, || "is wrong".into());
        }
        assert_eq!((notes.kept().len(), notes.total()), (MAX_NOTES, 1_000));
        assert_eq!(notes.kept()[0], "line 1: is wrong");
    }
}
