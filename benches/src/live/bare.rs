//! A receiver that only counts: what the kernel alone costs, with the same sockets.

use std::io::{self, IoSliceMut, Write};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use collector::socket;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg};

use super::orders;
use super::served::Failed;

/// Room for one datagram, in octets; those of an sFlow agent fit an Ethernet frame.
const DATAGRAM: usize = 2_048;

/// What it says when it is ready.
pub const LISTENING: &str = "listening on ";

/// Listens on loopback by as many sockets as there are threads, each with such a receive buffer, and reads so many datagrams by one call. Obeys orders
/// from standard input: any is answered by how many datagrams came.
///
/// # Errors
/// If the sockets or threads cannot be had.
pub fn obey(threads: usize, receive_buffer: usize, batch: usize) -> Result<(), Failed> {
    let bound = socket::bind(SocketAddr::from(([127, 0, 0, 1], 0)), threads, receive_buffer)?;
    let received = Arc::new(AtomicU64::new(0));
    for socket in bound.sockets {
        let received = Arc::clone(&received);
        thread::Builder::new().name("bare".into()).spawn(move || count(&socket, batch, &received))?;
    }
    println!("{LISTENING}{}", bound.address);
    io::stdout().flush()?;
    orders::obey(|_| Ok(vec![received.load(Ordering::Acquire)]))
}

fn count(socket: &UdpSocket, batch: usize, received: &AtomicU64) {
    let mut buffers = vec![[0; DATAGRAM]; batch.max(1)];
    let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(buffers.len(), None);
    let mut count = 0;
    loop {
        let mut slices: Vec<_> = buffers.iter_mut().map(|buffer| [IoSliceMut::new(buffer)]).collect();
        match recvmmsg(socket.as_raw_fd(), &mut headers, slices.iter_mut(), MsgFlags::MSG_WAITFORONE, None) {
            Ok(results) => count += results.count() as u64,
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            // Nobody is there to be told; the count shows it.
            Err(_) => return,
        }
        received.store(count, Ordering::Release);
    }
}
