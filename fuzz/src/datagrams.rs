//! Several datagrams in one input, for what keeps state between them.

/// Stands between two datagrams of an input.
///
/// A mark and not a length before each: an input in which an octet is inserted or lost keeps its other datagrams whole.
pub const CUT: [u8; 4] = *b"~cut";

/// The datagrams of an input.
pub fn of(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(input);
    std::iter::from_fn(move || {
        let octets = rest?;
        let Some(place) = octets.array_windows().position(|window| *window == CUT) else { return rest.take() };
        let (datagram, behind) = octets.split_at(place);
        rest = behind.get(CUT.len()..);
        Some(datagram)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_cut_at_every_mark() {
        let cut = |input: &'static [u8]| of(input).collect::<Vec<_>>();
        assert_eq!(cut(b"one~cuttwo~cut~cutthree"), [&b"one"[..], b"two", b"", b"three"]);
        assert_eq!(cut(b"~cu~cut"), [&b"~cu"[..], b""]);
        assert_eq!(cut(b""), [b""]);
    }
}
