//! Which protocol a datagram speaks, told by its content.
//!
//! Exporters are sent to the wrong port, and one port often gets several protocols. A datagram that is refused under the name of
//! what it is tells the operator what to change.

pub use schema::Protocol;

/// Most flow records in one NetFlow v5 datagram, by its specification: more is no NetFlow v5.
const NETFLOW5_MAX_RECORDS: u16 = 30;

/// The protocol of a datagram, or `None` if it looks like none of them.
///
/// sFlow begins with a version of 32 bits and the agent's address type; NetFlow and IPFIX with a version of 16 bits and, in the
/// next 16, a count of records or the length of the message, which must fit what is there.
#[inline]
#[must_use]
pub fn recognise(payload: &[u8]) -> Option<Protocol> {
    let ([a, b, c, d], _) = payload.split_first_chunk::<4>()?;
    match u32::from_be_bytes([*a, *b, *c, *d]) {
        5 => Some(Protocol::Sflow5),
        4 => is_old_sflow(payload).then_some(Protocol::Sflow4),
        2 => is_old_sflow(payload).then_some(Protocol::Sflow2),
        _ => netflow(u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]), payload.len()),
    }
}

fn is_old_sflow(payload: &[u8]) -> bool {
    matches!(payload.get(4..8), Some([0, 0, 0, 1 | 2]))
}

fn netflow(version: u16, next: u16, length: usize) -> Option<Protocol> {
    let next_octets = usize::from(next);
    match version {
        5 if (1..=NETFLOW5_MAX_RECORDS).contains(&next) && length >= 24 + 48 * next_octets => Some(Protocol::Netflow5),
        9 if next >= 1 && length > 20 => Some(Protocol::Netflow9),
        10 if next_octets >= 16 && length >= next_octets => Some(Protocol::Ipfix),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(start: &[u8], length: usize) -> Vec<u8> {
        let mut bytes = start.to_vec();
        bytes.resize(length, 0);
        bytes
    }

    #[test]
    fn each_protocol_is_known_by_its_first_words() {
        for (start, length, expected) in [
            (&[0, 0, 0, 5, 0, 0, 0, 1][..], 28, Protocol::Sflow5),
            (&[0, 0, 0, 2, 0, 0, 0, 1], 28, Protocol::Sflow2),
            (&[0, 0, 0, 4, 0, 0, 0, 2], 40, Protocol::Sflow4),
            (&[0, 5, 0, 30], 24 + 48 * 30, Protocol::Netflow5),
            (&[0, 9, 0, 1], 24, Protocol::Netflow9),
            (&[0, 10, 0, 16], 16, Protocol::Ipfix),
        ] {
            assert_eq!(recognise(&payload(start, length)), Some(expected), "{start:?}");
        }
    }

    #[test]
    fn what_does_not_fit_its_claim_is_nothing() {
        for (start, length) in [
            (&[][..], 0),
            (&[0, 0, 0], 3),
            (&[0, 0, 0, 2, 0, 0, 0, 9], 28),
            (&[0, 0, 0, 4], 4),
            (&[0, 5, 0, 0], 2000),
            (&[0, 5, 0, 31], 2000),
            (&[0, 5, 0, 2], 24 + 48),
            (&[0, 9, 0, 1], 20),
            (&[0, 10, 0, 15], 40),
            (&[0, 10, 0, 200], 199),
            (b"GET / HTTP/1.1", 14),
        ] {
            assert_eq!(recognise(&payload(start, length)), None, "{start:?}");
        }
    }
}
