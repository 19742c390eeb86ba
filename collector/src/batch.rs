//! Reading a socket by the batch.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg};

/// Datagrams that one system call can be made to read.
pub const MOST: usize = 256;

/// Longest datagram that is taken whole, in octets. sFlow agents stay below one Ethernet frame, even a jumbo one; what is longer is cut and
/// counted.
pub(crate) const DATAGRAM: usize = 16_384;

/// From the start of one buffer to that of the next, in octets. It is some lines of the cache more than a datagram: at a power of two the
/// beginnings of all buffers, which is all that is used of most, would share the same few places of the cache.
const STRIDE: usize = DATAGRAM + 24 * 64;

/// Buffers for one batch of datagrams.
pub(crate) struct Batch {
    buffers: Box<[[u8; STRIDE]]>,
    headers: MultiHeaders<SockaddrStorage>,
    arrivals: Vec<Arrival>,
}

#[derive(Clone, Copy)]
struct Arrival {
    source: IpAddr,
    length: usize,
    truncated: bool,
}

/// One datagram where it lies.
pub(crate) struct Datagram<'a> {
    pub(crate) source: IpAddr,
    pub(crate) payload: &'a [u8],
    pub(crate) truncated: bool,
}

impl Batch {
    /// Buffers for so many datagrams, 1 to [`MOST`].
    pub(crate) fn new(datagrams: usize) -> Self {
        let datagrams = datagrams.clamp(1, MOST);
        Self {
            buffers: vec![[0; STRIDE]; datagrams].into_boxed_slice(),
            headers: MultiHeaders::preallocate(datagrams, None),
            arrivals: Vec::with_capacity(datagrams),
        }
    }

    /// Waits for at least one datagram and reads what is there, up to a batch. Reads nothing if none comes within the socket's time limit,
    /// or at once if `waiting` is false.
    pub(crate) fn receive(&mut self, socket: &UdpSocket, waiting: bool) -> io::Result<()> {
        self.arrivals.clear();
        let flags = if waiting { MsgFlags::MSG_WAITFORONE } else { MsgFlags::MSG_DONTWAIT };
        // They borrow the buffers, so they cannot be kept. What they cost is far below a call's own cost.
        let mut slices: Vec<_> = self.buffers.iter_mut().map(|buffer| [IoSliceMut::new(&mut buffer[..DATAGRAM])]).collect();
        let results = match recvmmsg(socket.as_raw_fd(), &mut self.headers, slices.iter_mut(), flags, None) {
            Ok(results) => results,
            Err(Errno::EAGAIN | Errno::EINTR) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        self.arrivals.extend(results.map(|result| Arrival {
            source: result.address.as_ref().and_then(address).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            length: result.bytes.min(DATAGRAM),
            truncated: result.flags.contains(MsgFlags::MSG_TRUNC),
        }));
        Ok(())
    }

    /// The datagrams of the latest batch.
    pub(crate) fn datagrams(&self) -> impl ExactSizeIterator<Item = Datagram<'_>> {
        self.arrivals.iter().zip(self.buffers.iter()).map(|(arrival, buffer)| Datagram {
            source: arrival.source,
            payload: buffer.get(..arrival.length).unwrap_or_default(),
            truncated: arrival.truncated,
        })
    }
}

/// The sender's address; IPv4 in its own form, also where the socket speaks IPv6.
fn address(storage: &SockaddrStorage) -> Option<IpAddr> {
    if let Some(v4) = storage.as_sockaddr_in() {
        return Some(SocketAddr::from(std::net::SocketAddrV4::from(*v4)).ip());
    }
    let v6 = storage.as_sockaddr_in6()?;
    Some(IpAddr::V6(v6.ip()).to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::bind;

    #[test]
    fn a_batch_gives_each_datagram_with_its_sender() {
        let bound = bind("[::]:0".parse().unwrap(), 1, 1 << 20).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        for text in ["one", "two"] {
            sender.send_to(text.as_bytes(), ("127.0.0.1", bound.address.port())).unwrap();
        }
        let mut batch = Batch::new(64);
        batch.receive(&bound.sockets[0], true).unwrap();
        let got: Vec<_> = batch.datagrams().map(|datagram| (datagram.source, datagram.payload.to_vec())).collect();
        let from: IpAddr = "127.0.0.1".parse().unwrap();
        assert_eq!(got, [(from, b"one".to_vec()), (from, b"two".to_vec())]);
        batch.receive(&bound.sockets[0], false).unwrap();
        assert_eq!(batch.datagrams().len(), 0);
    }

    #[test]
    fn no_more_are_read_at_once_than_there_is_room_for() {
        let bound = bind("127.0.0.1:0".parse().unwrap(), 1, 1 << 20).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        for number in 0..5 {
            sender.send_to(&[number], bound.address).unwrap();
        }
        let mut batch = Batch::new(2);
        let mut read = || {
            batch.receive(&bound.sockets[0], false).unwrap();
            batch.datagrams().map(|datagram| datagram.payload[0]).collect::<Vec<_>>()
        };
        assert_eq!([read(), read(), read(), read()], [vec![0, 1], vec![2, 3], vec![4], vec![]]);
        assert_eq!([Batch::new(0).buffers.len(), Batch::new(usize::MAX).buffers.len()], [1, MOST]);
    }

    #[test]
    fn a_datagram_longer_than_its_buffer_is_cut_and_says_so() {
        let bound = bind("127.0.0.1:0".parse().unwrap(), 1, 1 << 20).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.send_to(&vec![7; DATAGRAM + 1], bound.address).unwrap();
        let mut batch = Batch::new(64);
        batch.receive(&bound.sockets[0], true).unwrap();
        let datagram = batch.datagrams().next().unwrap();
        assert_eq!((datagram.payload.len(), datagram.truncated), (DATAGRAM, true));
    }
}
