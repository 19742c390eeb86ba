//! Why a member list is refused.

use std::fmt;

/// Where in a member list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The list as a whole.
    List,
    /// A line, counted from 1.
    Line(usize),
    /// An entry of an IX-F export's `member_list`, counted from 0 as JSON does.
    Entry(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List => f.write_str("the list"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Entry(index) => write!(f, "member_list[{index}]"),
        }
    }
}

/// Where the lines of a text begin, to tell the line of an octet without counting from the start each time.
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub(crate) fn of(text: &[u8]) -> Self {
        Self(text.iter().enumerate().filter(|&(_, &octet)| octet == b'\n').map(|(offset, _)| offset).collect())
    }

    /// The line that holds the octet at `offset`.
    pub(crate) fn place(&self, offset: usize) -> Place {
        Place::Line(1 + self.0.partition_point(|&end| end < offset))
    }
}

/// A mistake for which a whole member list is refused: one sentence that says where, what, and what to write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    place: Place,
    what: String,
}

impl Refusal {
    pub(crate) fn new(place: Place, what: impl Into<String>) -> Self {
        Self { place, what: what.into() }
    }

    /// Refuses a key or a column that the format does not have, and names the one that was likely meant.
    pub(crate) fn unknown(place: Place, sort: &str, name: &str, known: &[&str]) -> Self {
        let name = shortened(name);
        Self::new(
            place,
            match nearest(&name, known) {
                Some(meant) => format!("unknown {sort} `{name}`; did you mean `{meant}`?"),
                None => format!("unknown {sort} `{name}`; delete it, or write one of {}", known.join(", ")),
            },
        )
    }

    /// Where the mistake is.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl std::error::Error for Refusal {}

/// Characters of the file's own text that a sentence quotes: enough to find it, and no more, however long a bad value is.
const MAX_QUOTED: usize = 60;

/// The text as one line that fits into a sentence.
pub(crate) fn shortened(text: &str) -> String {
    let mut characters = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut kept: String = characters.by_ref().take(MAX_QUOTED).collect();
    if characters.next().is_some() {
        kept.push('…');
    }
    kept
}

/// The known name that is at most two slips of the keyboard away; slips cost more than half of a short name count as another word.
fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let slips = |candidate: &&&str| distance(&name.to_lowercase(), candidate);
    let best = known.iter().min_by_key(slips)?;
    (slips(&best) <= 2.min(best.len() / 2)).then_some(*best)
}

/// Characters to insert, delete or replace to make one text of the other (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_single_slips() {
        for (a, b, slips) in [("macs", "macs", 0), ("mcas", "macs", 2), ("mac", "macs", 1), ("", "asn", 3), ("name", "asn", 3)] {
            assert_eq!(distance(a, b), slips, "{a} {b}");
        }
    }

    #[test]
    fn only_a_likely_name_is_proposed() {
        let known = ["asn", "name", "macs", "ports"];
        for (typed, meant) in
            [("mac", Some("macs")), ("Names", Some("name")), ("prots", Some("ports")), ("as", Some("asn")), ("colour", None)]
        {
            assert_eq!(nearest(typed, &known), meant, "{typed}");
        }
    }

    #[test]
    fn an_octet_is_found_on_its_line() {
        let lines = Lines::of(b"ab\n\ncd");
        for (offset, line) in [(0, 1), (2, 1), (3, 2), (4, 3), (5, 3), (99, 3)] {
            assert_eq!(lines.place(offset), Place::Line(line), "{offset}");
        }
    }

    #[test]
    fn a_long_or_broken_value_is_quoted_on_one_short_line() {
        let quoted = shortened(&"a\n".repeat(1000));
        assert_eq!(quoted.chars().count(), MAX_QUOTED + 1);
        assert!(!quoted.contains('\n'));
    }
}
