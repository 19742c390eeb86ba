//! Reading a socket by the batch.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg};

/// Datagrams read by one system call. More would not be quicker, and their buffers would leave the cache.
const BATCH: usize = 64;

/// Longest datagram that is taken whole, in octets. sFlow agents stay below one Ethernet frame, even a jumbo one; what is longer is cut and
/// counted.
pub(crate) const DATAGRAM: usize = 16_384;

/// Buffers for one batch of datagrams.
pub(crate) struct Batch {
    buffers: Box<[[u8; DATAGRAM]; BATCH]>,
    headers: MultiHeaders<SockaddrStorage>,
    arrivals: [Arrival; BATCH],
    count: usize,
    /// The socket's drop counter, as it stood with the latest datagram.
    pub(crate) kernel_drops: u32,
}

#[derive(Clone, Copy)]
struct Arrival {
    source: IpAddr,
    length: usize,
    truncated: bool,
}

const NOTHING: Arrival = Arrival { source: IpAddr::V4(Ipv4Addr::UNSPECIFIED), length: 0, truncated: false };

/// One datagram where it lies.
pub(crate) struct Datagram<'a> {
    pub(crate) source: IpAddr,
    pub(crate) payload: &'a [u8],
    pub(crate) truncated: bool,
}

impl Batch {
    pub(crate) fn new() -> io::Result<Self> {
        let buffers = vec![[0; DATAGRAM]; BATCH].into_boxed_slice().try_into();
        let buffers = buffers.map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        Ok(Self { buffers, headers: headers(), arrivals: [NOTHING; BATCH], count: 0, kernel_drops: 0 })
    }

    /// Asks for the socket's drop counter again, which then comes with the next datagram.
    ///
    /// The kernel notes in each header how much it wrote there, and `recvmmsg` of nix hands that on to the next call as the room that there
    /// is: a header that once came back without a control message never brings one again. New headers do; a few times a second they cost
    /// nothing.
    pub(crate) fn ask_for_drops(&mut self) {
        self.headers = headers();
    }

    /// Waits for at least one datagram and reads what is there, up to a batch. Reads nothing if none comes within the socket's time limit,
    /// or at once if `waiting` is false.
    pub(crate) fn receive(&mut self, socket: &UdpSocket, waiting: bool) -> io::Result<()> {
        self.count = 0;
        let flags = if waiting { MsgFlags::MSG_WAITFORONE } else { MsgFlags::MSG_DONTWAIT };
        let mut slices = self.buffers.each_mut().map(|buffer| [IoSliceMut::new(buffer)]);
        let results = match recvmmsg(socket.as_raw_fd(), &mut self.headers, slices.iter_mut(), flags, None) {
            Ok(results) => results,
            Err(Errno::EAGAIN | Errno::EINTR) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for (result, arrival) in results.zip(&mut self.arrivals) {
            let source = result.address.as_ref().and_then(address).unwrap_or(NOTHING.source);
            *arrival = Arrival { source, length: result.bytes.min(DATAGRAM), truncated: result.flags.contains(MsgFlags::MSG_TRUNC) };
            self.count += 1;
            if let Ok(messages) = result.cmsgs() {
                for message in messages {
                    if let ControlMessageOwned::RxqOvfl(drops) = message {
                        self.kernel_drops = drops;
                    }
                }
            }
        }
        Ok(())
    }

    /// The datagrams of the latest batch.
    pub(crate) fn datagrams(&self) -> impl ExactSizeIterator<Item = Datagram<'_>> {
        self.arrivals.iter().zip(self.buffers.iter()).take(self.count).map(|(arrival, buffer)| Datagram {
            source: arrival.source,
            payload: buffer.get(..arrival.length).unwrap_or_default(),
            truncated: arrival.truncated,
        })
    }
}

fn headers() -> MultiHeaders<SockaddrStorage> {
    MultiHeaders::preallocate(BATCH, Some(cmsg_space!(u32)))
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
        let mut batch = Batch::new().unwrap();
        batch.receive(&bound.sockets[0], true).unwrap();
        let got: Vec<_> = batch.datagrams().map(|datagram| (datagram.source, datagram.payload.to_vec())).collect();
        let from: IpAddr = "127.0.0.1".parse().unwrap();
        assert_eq!(got, [(from, b"one".to_vec()), (from, b"two".to_vec())]);
        batch.receive(&bound.sockets[0], false).unwrap();
        assert_eq!(batch.datagrams().len(), 0);
    }

    #[test]
    fn a_datagram_longer_than_its_buffer_is_cut_and_says_so() {
        let bound = bind("127.0.0.1:0".parse().unwrap(), 1, 1 << 20).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.send_to(&vec![7; DATAGRAM + 1], bound.address).unwrap();
        let mut batch = Batch::new().unwrap();
        batch.receive(&bound.sockets[0], true).unwrap();
        let datagram = batch.datagrams().next().unwrap();
        assert_eq!((datagram.payload.len(), datagram.truncated), (DATAGRAM, true));
    }

    #[test]
    fn what_the_kernel_drops_is_counted() {
        let bound = bind("127.0.0.1:0".parse().unwrap(), 1, 4_096).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut batch = Batch::new().unwrap();
        for _ in 0..200 {
            sender.send_to(&[7; 1_400], bound.address).unwrap();
        }
        batch.receive(&bound.sockets[0], true).unwrap();
        let taken = batch.datagrams().len();
        // The counter comes with the next datagram that gets through.
        sender.send_to(&[7; 1_400], bound.address).unwrap();
        batch.ask_for_drops();
        batch.receive(&bound.sockets[0], true).unwrap();
        assert_eq!(u64::from(batch.kernel_drops) + taken as u64, 200);
    }
}
