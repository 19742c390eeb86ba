//! Words of 32 bits in network order, of which all these protocols are made.

/// Writes words one after another.
pub(crate) fn words(out: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

/// A counter of 32 bits, which wraps.
pub(crate) fn low32(value: u64) -> u32 {
    let [.., a, b, c, d] = value.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}
