//! Lines of a text, one after another, and what becomes of one that cannot be understood.

use std::borrow::Cow;

use super::super::layer::{Layer, LayerBuilder};
use super::Refused;
use super::input::Input;

/// Octets of a line. No line of any of the formats comes near; a longer one is left out, and must not fill memory.
pub const MAX_LINE_OCTETS: usize = 16 * 1024;

/// What a line can cost.
pub(super) enum Fault {
    /// That line.
    Line(String),
    /// The whole file.
    File(Refused),
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        Self::File(refused)
    }
}

impl From<String> for Fault {
    fn from(what: String) -> Self {
        Self::Line(what)
    }
}

/// Gives every line that is neither empty nor a comment to `read`, and notes those that it does not understand.
pub(super) fn each(
    mut input: Input<'_>,
    builder: &mut LayerBuilder,
    mut read: impl FnMut(&mut LayerBuilder, &str) -> Result<(), Fault>,
) -> Result<(), Refused> {
    let mut buffer = Vec::new();
    let mut number = 0;
    while let Some(whole) = next(&mut input, &mut buffer)? {
        number += 1;
        if !whole {
            builder.notes.line(number, || format!("is longer than {MAX_LINE_OCTETS} octets and was left out; look what it is"));
            continue;
        }
        let text = text(&buffer, number);
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match read(builder, &text) {
            Ok(()) => {}
            Err(Fault::Line(what)) => builder.notes.line(number, || what),
            Err(Fault::File(refused)) => return Err(refused),
        }
    }
    Ok(())
}

/// A line without what surrounds it. Names of places are in whatever encoding; what is no UTF-8 is replaced, and hurts only where it stands.
fn text(line: &[u8], number: u64) -> Cow<'_, str> {
    let line = if number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
    String::from_utf8_lossy(line.trim_ascii())
}

/// Reads the next line into the buffer. `None` at the end; `false` where it was too long and only stepped over.
fn next(input: &mut Input<'_>, buffer: &mut Vec<u8>) -> Result<Option<bool>, Refused> {
    buffer.clear();
    let (mut any, mut whole) = (false, true);
    loop {
        let seen = input.peek()?;
        if seen.is_empty() {
            return Ok(any.then_some(whole));
        }
        any = true;
        let end = seen.iter().position(|octet| *octet == b'\n');
        let part = seen.get(..end.unwrap_or(seen.len())).unwrap_or_default();
        whole &= buffer.len() + part.len() <= MAX_LINE_OCTETS;
        if whole {
            buffer.extend_from_slice(part);
        }
        let octets = part.len() + usize::from(end.is_some());
        input.consume(octets);
        if end.is_some() {
            return Ok(Some(whole));
        }
    }
}

/// The layer of a list; refused where it holds lines and not one of them was understood.
pub(super) fn finish(builder: LayerBuilder, what: &str) -> Result<Layer, Refused> {
    let layer = builder.finish();
    match layer.notes().first().filter(|_| layer.is_empty()) {
        Some(first) => {
            Err(Refused::new(format!("holds nothing that can be understood as {what} ({first}); check that it is the right file")))
        }
        None => Ok(layer),
    }
}

/// The fields of a line of CSV, without what surrounds them. A field in quotes may hold the delimiter; no field holds a line break.
pub(super) fn fields(line: &str, delimiter: char) -> impl Iterator<Item = Cow<'_, str>> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?.trim_start();
        if let Some(quoted) = text.strip_prefix('"')
            && let Some(end) = closing_quote(quoted)
        {
            let (field, behind) = quoted.split_at(end);
            rest = behind.split_once(delimiter).map(|(_, next)| next);
            let field = field.trim();
            return Some(if field.contains("\"\"") { field.replace("\"\"", "\"").into() } else { field.into() });
        }
        let (field, next) = text.split_once(delimiter).map_or((text, None), |(field, next)| (field, Some(next)));
        rest = next;
        Some(field.trim().into())
    })
}

/// Where the quote stands that ends a field: one that is not doubled.
fn closing_quote(quoted: &str) -> Option<usize> {
    let mut quotes = quoted.match_indices('"').map(|(at, _)| at).peekable();
    while let Some(at) = quotes.next() {
        if quotes.next_if_eq(&(at + 1)).is_none() {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::input::unpacked;
    use super::*;
    use crate::places::source::SourceKind;

    fn lines(octets: &[u8]) -> (Vec<String>, Vec<String>) {
        let mut builder = LayerBuilder::default();
        let mut seen = Vec::new();
        let input = unpacked(octets, SourceKind::Geofeed).unwrap();
        each(input, &mut builder, |_, line| {
            seen.push(line.to_owned());
            if line == "bad" { Err(Fault::Line("is bad".into())) } else { Ok(()) }
        })
        .unwrap();
        (seen, builder.finish().notes().to_vec())
    }

    #[test]
    fn empty_lines_and_comments_are_counted_and_stepped_over() {
        let (seen, notes) = lines(b"\xef\xbb\xbfa\r\n\n # comment\nbad\n  b  \nbad");
        assert_eq!(seen, ["a", "bad", "b", "bad"]);
        assert_eq!(notes, ["line 4: is bad", "line 6: is bad"]);
    }

    #[test]
    fn a_line_without_end_costs_itself() {
        let text = [b"a\n".as_slice(), &vec![b'x'; 3_000_000], b"\nb"].concat();
        let (seen, notes) = lines(&text);
        assert_eq!(seen, ["a", "b"]);
        assert!(notes[0].starts_with("line 2: is longer than 16384 octets"), "{notes:?}");
    }

    #[test]
    fn fields_may_stand_in_quotes() {
        let split = |line| fields(line, ',').map(Cow::into_owned).collect::<Vec<_>>();
        assert_eq!(split("a, b ,,\"c, d\" ,\"e\"\"f\",g"), ["a", "b", "", "c, d", "e\"f", "g"]);
        assert_eq!(split(""), [""]);
        assert_eq!(split("a,"), ["a", ""]);
        assert_eq!(split("\"open, b"), ["\"open", "b"]);
        assert_eq!(split("\"a\"b,c"), ["a", "c"]);
    }
}
