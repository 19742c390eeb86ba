//! The octets of a file, unpacked and bounded.

use std::io::{self, BufRead, BufReader, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;

use super::super::source::SourceKind;
use super::{AT_ONCE, Refused};

/// Octets of a routing table when it is unpacked. The largest have some gigabytes; more is a packed file made to never end.
const MAX_ROUTES_OCTETS: u64 = 16 << 30;

/// Octets of a registry's statistics or a geofeed when unpacked. The largest have some 30 MiB, and are read in a second.
const MAX_TEXT_OCTETS: u64 = 512 << 20;

/// Octets of a database, which lies in memory while it is read. Those of cities, which hold economies too, have 60 to 150 MiB.
const MAX_DATABASE_OCTETS: u64 = 256 << 20;

/// Octets of what an operator writes by hand, which lies in memory while it is read.
const MAX_LIST_OCTETS: u64 = 16 << 20;

/// The first octets of what gzip packed (RFC 1952).
const GZIP: &[u8] = b"\x1f\x8b";

/// The first octets of what bzip2 packed.
const BZIP2: &[u8] = b"BZh";

const fn bound(kind: SourceKind) -> u64 {
    match kind {
        SourceKind::Overrides | SourceKind::LocalCache => MAX_LIST_OCTETS,
        SourceKind::Geofeed | SourceKind::Registry => MAX_TEXT_OCTETS,
        SourceKind::Economies | SourceKind::Networks => MAX_DATABASE_OCTETS,
        SourceKind::Routes => MAX_ROUTES_OCTETS,
    }
}

/// A file as its readers want it.
pub(super) struct Input<'r> {
    reader: Box<dyn BufRead + 'r>,
}

/// The content of a file of such a kind, whether it is packed or not.
pub(super) fn unpacked<'r>(mut raw: impl BufRead + 'r, kind: SourceKind) -> Result<Input<'r>, Refused> {
    let start = raw.fill_buf().map_err(|error| Refused::new(format!("cannot be read ({error}); check the file")))?;
    let bound = bound(kind);
    let reader: Box<dyn BufRead> = match start {
        packed if packed.starts_with(GZIP) => buffered(Bounded::new(MultiGzDecoder::new(raw), bound)),
        packed if packed.starts_with(BZIP2) => buffered(Bounded::new(MultiBzDecoder::new(raw), bound)),
        _ => buffered(Bounded::new(raw, bound)),
    };
    Ok(Input { reader })
}

fn buffered<'r>(reader: impl Read + 'r) -> Box<dyn BufRead + 'r> {
    Box::new(BufReader::with_capacity(AT_ONCE, reader))
}

impl Input<'_> {
    /// All of it.
    pub(super) fn whole(mut self) -> Result<Vec<u8>, Refused> {
        let mut octets = Vec::new();
        self.reader.read_to_end(&mut octets).map_err(|error| broken_off(&error))?;
        Ok(octets)
    }

    /// As much as fits into the buffer; less only at the end.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, Refused> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.reader.read(rest) {
                Ok(0) => break,
                Ok(octets) => filled += octets,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(broken_off(&error)),
            }
        }
        Ok(filled)
    }

    /// So many octets in the place of what the buffer held; fewer only at the end. Memory grows with what comes, not with what was announced.
    pub(super) fn replace(&mut self, buffer: &mut Vec<u8>, octets: u64) -> Result<(), Refused> {
        buffer.clear();
        self.reader.by_ref().take(octets).read_to_end(buffer).map_err(|error| broken_off(&error))?;
        Ok(())
    }

    /// What can be read without waiting; empty at the end.
    pub(super) fn peek(&mut self) -> Result<&[u8], Refused> {
        self.reader.fill_buf().map_err(|error| broken_off(&error))
    }

    /// Steps over octets that were seen by [`peek`](Self::peek).
    pub(super) fn consume(&mut self, octets: usize) {
        self.reader.consume(octets);
    }
}

fn broken_off(error: &io::Error) -> Refused {
    Refused::new(format!("cannot be read to its end ({error}); fetch it again"))
}

/// A reader that fails beyond a bound, so that a file which is packed to never end is given up.
struct Bounded<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Bounded<R> {
    const fn new(reader: R, bound: u64) -> Self {
        Self { reader, left: bound }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let octets = self.reader.read(buffer)?;
        self.left = self.left.checked_sub(octets as u64).ok_or_else(|| io::Error::other("it is longer than such a file can be"))?;
        Ok(octets)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use bzip2::write::BzEncoder;
    use flate2::write::GzEncoder;

    use super::*;

    const TEXT: &[u8] = b"192.0.2.0/24,TJ\n";

    fn gzip(octets: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(octets).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn what_is_packed_is_unpacked_whatever_it_is_called() {
        let mut bzip2 = BzEncoder::new(Vec::new(), bzip2::Compression::best());
        bzip2.write_all(TEXT).unwrap();
        // Several members behind one another are one file, as gzip has it.
        let twice = [gzip(TEXT), gzip(TEXT)].concat();
        for (packed, whole) in [(TEXT.to_vec(), TEXT.to_vec()), (bzip2.finish().unwrap(), TEXT.to_vec()), (twice, TEXT.repeat(2))] {
            assert_eq!(unpacked(packed.as_slice(), SourceKind::Geofeed).unwrap().whole(), Ok(whole));
        }
    }

    #[test]
    fn a_packed_file_that_is_cut_is_refused() {
        let mut packed = gzip(&TEXT.repeat(100));
        packed.truncate(packed.len() - 9);
        let refused = unpacked(packed.as_slice(), SourceKind::Geofeed).unwrap().whole().unwrap_err().to_string();
        assert!(refused.starts_with("cannot be read to its end") && refused.ends_with("fetch it again"), "{refused}");
    }

    #[test]
    fn a_file_that_unpacks_beyond_all_bounds_is_given_up() {
        let packed = gzip(&vec![b'#'; usize::try_from(MAX_LIST_OCTETS).unwrap() + 1]);
        assert!(packed.len() < 100_000);
        let refused = unpacked(packed.as_slice(), SourceKind::Overrides).unwrap().whole().unwrap_err().to_string();
        assert!(refused.contains("longer than such a file can be"), "{refused}");
    }
}
