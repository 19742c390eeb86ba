//! The cursor: a slice that gets shorter from its front.

/// The octets that are not yet read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

/// An opaque structure of sFlow v5: its format, and the octets that its length gives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block<'a> {
    /// Enterprise in the upper 20 bits, format in the lower 12 (`data_format`).
    pub format: u32,
    /// Its own octets, without the padding.
    pub body: Reader<'a>,
}

impl<'a> Reader<'a> {
    /// A cursor before the first of these octets.
    #[inline]
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Whether nothing is left.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// The number of octets that are left.
    #[inline]
    #[must_use]
    pub const fn len(self) -> usize {
        self.bytes.len()
    }

    /// The octets that are left.
    #[inline]
    #[must_use]
    pub const fn rest(self) -> &'a [u8] {
        self.bytes
    }

    /// The next `N` octets; `None`, and nothing read, if there are fewer.
    #[inline]
    pub fn octets<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = rest;
        Some(*head)
    }

    /// The next so many octets; `None`, and nothing read, if there are fewer.
    #[inline]
    pub fn slice(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(head)
    }

    /// The next `N` unsigned numbers of 32 bits in network order; `None`, and nothing read, if there are fewer.
    #[inline]
    pub fn words<const N: usize>(&mut self) -> Option<[u32; N]> {
        let (head, rest) = self.bytes.split_at_checked(4 * N)?;
        let (words, _) = head.as_chunks::<4>();
        let words = words.first_chunk::<N>()?;
        self.bytes = rest;
        Some(words.map(u32::from_be_bytes))
    }

    /// The next unsigned number of 32 bits in network order.
    #[inline]
    pub fn word(&mut self) -> Option<u32> {
        self.octets().map(u32::from_be_bytes)
    }

    /// The next opaque structure, cut by its own length; `None`, and nothing read, if its length exceeds what is left.
    ///
    /// XDR pads a structure to a multiple of four octets (RFC 4506, section 4.10). The padding is stepped over, but agents leave
    /// it out after the last structure, so it may be missing there.
    #[inline]
    pub fn block(&mut self) -> Option<Block<'a>> {
        let mut ahead = *self;
        let [format, length] = ahead.words()?;
        let body = Self::new(ahead.opaque(length)?);
        *self = ahead;
        Some(Block { format, body })
    }

    /// The next so many octets with their padding, as in [`block`](Self::block); `None`, and nothing read, if there are fewer.
    #[inline]
    pub fn opaque(&mut self, length: u32) -> Option<&'a [u8]> {
        let length = usize::try_from(length).ok()?;
        let (body, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = if length % 4 == 0 { rest } else { rest.get(4 - length % 4..).unwrap_or_default() };
        Some(body)
    }

    /// All that is left as one opaque structure, for one whose length exceeds it; `None` if not even its two words are there.
    #[inline]
    pub fn cut_block(mut self) -> Option<Block<'a>> {
        let [format, _length] = self.words()?;
        Some(Block { format, body: self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_past_the_end_reads_nothing() {
        let mut reader = Reader::new(&[0, 0, 0, 7, 1, 2]);
        assert_eq!(reader.words::<2>(), None);
        assert_eq!(reader.len(), 6);
        assert_eq!(reader.word(), Some(7));
        assert_eq!(reader.octets::<3>(), None);
        assert_eq!(reader.octets::<2>(), Some([1, 2]));
        assert!(reader.is_empty());
    }

    #[test]
    fn a_block_is_cut_by_its_length_and_its_padding_is_stepped_over() {
        let bytes = [0, 0, 16, 1, 0, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0, 9];
        let mut reader = Reader::new(&bytes);
        let block = reader.block().unwrap();
        assert_eq!((block.format, block.body.rest()), (0x1001, &[1, 2, 3, 4, 5][..]));
        assert_eq!(reader.rest(), &[9]);
    }

    #[test]
    fn the_last_block_may_lack_its_padding() {
        let mut reader = Reader::new(&[0, 0, 0, 1, 0, 0, 0, 1, 7]);
        assert_eq!(reader.block().map(|block| block.body.rest()), Some(&[7][..]));
        assert!(reader.is_empty());
    }

    #[test]
    fn a_block_longer_than_what_is_left_is_none_and_leaves_the_cursor() {
        for length in [2_u32, u32::MAX - 3, u32::MAX] {
            let mut bytes = vec![0, 0, 0, 1];
            bytes.extend(length.to_be_bytes());
            bytes.push(7);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.block(), None, "{length}");
            assert_eq!(reader.len(), 9);
            assert_eq!(reader.cut_block().map(|block| (block.format, block.body.rest())), Some((1, &[7][..])));
        }
        assert_eq!(Reader::new(&[0; 7]).cut_block(), None);
    }
}
