//! What a misspelt name was probably meant to be.

/// The known name that shares most with what was typed.
pub(super) fn nearest<'k>(typed: &str, known: impl Iterator<Item = &'k str>) -> &'k str {
    known.min_by_key(|name| distance(typed, name)).unwrap_or_default()
}

/// Levenshtein's distance: letters to insert, delete or replace.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_were_changed_left_out_or_added_are_counted() {
        for (a, b, steps) in [("", "", 0), ("", "ab", 2), ("listen", "lisen", 1), ("window", "widnow", 2), ("a", "b", 1)] {
            assert_eq!((distance(a, b), distance(b, a)), (steps, steps), "{a} {b}");
        }
        assert_eq!(nearest("htp", ["store", "http"].into_iter()), "http");
    }
}
