//! Listening sockets.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use nix::sys::socket::{getsockopt, setsockopt, sockopt};
use nix::{getsockopt_impl, libc, sockopt_impl};
use socket2::{Domain, Protocol, Socket, Type};

use crate::machine::DOUBLED;
use crate::steering;

/// How long a receiving thread sleeps at most when nothing comes: so long a tick, the turn of a window or a stop may have to wait for it.
pub const IDLE: Duration = Duration::from_millis(100);

/// Why a listening address cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another process has it.
    #[error("UDP {0} is in use by another program; stop that program (`ss -lunp` names it) or choose another address for `collect.listen`")]
    InUse(SocketAddr),
    /// The port needs a privilege.
    #[error("UDP {0} needs a privilege that this process lacks; choose a port of 1024 or above for `collect.listen`")]
    NotAllowed(SocketAddr),
    /// The address is not this machine's.
    #[error("UDP {0} is no address of this machine; `ip address` lists those that `collect.listen` may name")]
    NotHere(SocketAddr),
    /// Anything else.
    #[error("UDP {0} cannot be opened for listening: {1}")]
    Other(SocketAddr, #[source] io::Error),
}

/// The sockets of one listening address: as many as threads shall share its datagrams.
#[derive(Debug)]
pub struct Bound {
    /// The address, with the port that was given if it was asked for as 0.
    pub address: SocketAddr,
    /// The sockets. The kernel spreads senders over them by their IP address, so that one exporter stays with one socket.
    pub sockets: Vec<UdpSocket>,
    /// Receive buffer that the kernel gave each socket, in octets, in the terms in which it is asked for.
    pub receive_buffer: usize,
}

/// Binds `threads` sockets to one address.
///
/// An IPv6 address that is unspecified (`[::]`) takes IPv4 too. Where the machine has no IPv6, it falls back to `0.0.0.0`.
///
/// # Errors
/// Says in one sentence why the address cannot be used. An address that another program has is refused even if that program would share it, for then each
/// would see only a part of the datagrams.
pub fn bind(address: SocketAddr, threads: usize, receive_buffer: usize) -> Result<Bound, BindError> {
    match bind_exactly(address, threads, receive_buffer) {
        Err(BindError::Other(_, error)) if address.is_ipv6() && address.ip().is_unspecified() && has_no_ipv6(&error) => {
            bind_exactly(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port()), threads, receive_buffer)
        }
        other => other,
    }
}

fn has_no_ipv6(error: &io::Error) -> bool {
    error.raw_os_error() == Some(nix::errno::Errno::EAFNOSUPPORT as i32)
}

fn bind_exactly(address: SocketAddr, threads: usize, receive_buffer: usize) -> Result<Bound, BindError> {
    let refused = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse(address),
        io::ErrorKind::PermissionDenied => BindError::NotAllowed(address),
        io::ErrorKind::AddrNotAvailable => BindError::NotHere(address),
        _ => BindError::Other(address, error),
    };
    // A socket that does not share finds out whether somebody else has the address.
    let alone = open(address, false).map_err(refused)?;
    let address = alone.local_addr().map_err(refused)?.as_socket().unwrap_or(address);
    drop(alone);
    let sockets: Vec<Socket> = (0..threads.max(1)).map(|_| open(address, true)).collect::<io::Result<_>>().map_err(refused)?;
    for socket in &sockets {
        prepare(socket, receive_buffer).map_err(refused)?;
    }
    let receive_buffer = sockets.iter().filter_map(|socket| socket.recv_buffer_size().ok()).min().unwrap_or(0) / DOUBLED;
    let sockets: Vec<UdpSocket> = sockets.into_iter().map(UdpSocket::from).collect();
    if let Err(error) = steering::by_source_address(&sockets) {
        tracing::warn!(%address, %error, "the kernel does not keep an exporter with one thread when its port changes; set `collect.threads` to 1 if templates get lost");
    }
    Ok(Bound { address, sockets, receive_buffer })
}

fn open(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_port(shared)?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    socket.bind(&address.into())?;
    Ok(socket)
}

fn prepare(socket: &Socket, receive_buffer: usize) -> io::Result<()> {
    // The forced form goes beyond the system's limit where the process may; the other is cut to the limit.
    if setsockopt(socket, sockopt::RcvBufForce, &receive_buffer).is_err() {
        socket.set_recv_buffer_size(receive_buffer)?;
    }
    socket.set_read_timeout(Some(IDLE))
}

/// What is asked for by `SO_MEMINFO` (asm-generic/socket.h), which `libc` does not name.
const SO_MEMINFO: libc::c_int = 55;

/// Numbers that it gives, and the place of the drop counter among them (`SK_MEMINFO_VARS` and `SK_MEMINFO_DROPS`, linux/sock_diag.h).
const MEMORY_NUMBERS: usize = 9;
const DROPS: usize = 8;

sockopt_impl!(
    /// What the socket's buffers hold and lost.
    MemoryInfo,
    GetOnly,
    libc::SOL_SOCKET,
    SO_MEMINFO,
    [u32; MEMORY_NUMBERS]
);

/// Datagrams that the kernel dropped since the socket was opened because its buffer was full; `None` if it does not tell (before Linux 4.12).
///
/// The counter also comes with datagrams if it is asked for (`SO_RXQ_OVFL`), but then only with those that come after the loss, and as a message that the kernel
/// writes beside each of them.
pub(crate) fn drops(socket: &UdpSocket) -> Option<u32> {
    getsockopt(socket, MemoryInfo).ok().map(|numbers| numbers[DROPS])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;
    use crate::sizes::{Sizes, USEFUL_BUFFER, Wanted};

    fn loopback() -> SocketAddr {
        SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0)
    }

    #[test]
    fn threads_share_one_address() {
        let bound = bind(loopback(), 3, 1 << 20).unwrap();
        assert_eq!(bound.sockets.len(), 3);
        assert!(bound.sockets.iter().all(|socket| socket.local_addr().unwrap() == bound.address));
        assert!(bound.receive_buffer > 0);
    }

    #[test]
    fn the_buffer_is_what_was_asked_for_unless_the_system_limits_it() {
        let wanted = 64 << 10;
        assert_eq!(bind(loopback(), 2, wanted).unwrap().receive_buffer, wanted);
        let machine = Machine::here(USEFUL_BUFFER);
        let sizes = Sizes::choose(&machine, 1, Wanted::default());
        let bound = bind(loopback(), sizes.threads, sizes.receive_buffer).unwrap();
        assert_eq!((bound.sockets.len(), bound.receive_buffer), (sizes.threads, sizes.receive_buffer));
    }

    #[test]
    fn what_the_kernel_drops_is_counted_without_another_datagram() {
        let bound = bind(loopback(), 1, 4_096).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        assert_eq!(drops(&bound.sockets[0]), Some(0));
        for _ in 0..200 {
            sender.send_to(&[7; 1_400], bound.address).unwrap();
        }
        bound.sockets[0].set_nonblocking(true).unwrap();
        let mut buffer = [0; 2_048];
        let taken = std::iter::from_fn(|| bound.sockets[0].recv(&mut buffer).ok()).count();
        assert!(taken > 0 && taken < 200, "{taken} of 200");
        assert_eq!(drops(&bound.sockets[0]), Some(200 - u32::try_from(taken).unwrap()));
    }

    #[test]
    fn an_address_in_use_is_refused_even_if_its_owner_would_share_it() {
        let first = bind(loopback(), 2, 1 << 16).unwrap();
        let refused = bind(first.address, 2, 1 << 16).unwrap_err();
        assert!(matches!(refused, BindError::InUse(_)), "{refused}");
        assert!(refused.to_string().contains("another program"), "{refused}");
    }

    #[test]
    fn an_address_of_another_machine_is_refused() {
        let refused = bind("192.0.2.1:0".parse().unwrap(), 1, 1 << 16).unwrap_err();
        assert!(matches!(refused, BindError::NotHere(_)), "{refused}");
    }
}
