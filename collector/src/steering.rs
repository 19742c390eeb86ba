//! Steering: which of an address's sockets gets a datagram.
//!
//! Left to itself, the kernel spreads datagrams by a hash of addresses *and ports*, so an exporter that opens a new port, as many do when
//! they start again, would move to another thread, away from its templates and its numbers. A small program of classic BPF, attached to the
//! sockets that share an address (`SO_ATTACH_REUSEPORT_CBPF`), chooses by the sender's IP address alone.

use std::io;
use std::net::UdpSocket;

use nix::libc::{self, sock_filter, sock_fprog};
use nix::sys::socket::{setsockopt, sockopt};

/// Where loads count from the network header: the program's own zero is the UDP payload (`SKF_NET_OFF` of linux/filter.h).
const NETWORK_HEADER: u32 = libc::SKF_NET_OFF.cast_unsigned();

/// Offsets of the source address in the network header.
const IPV4_SOURCE: u32 = 12;
const IPV6_SOURCE: u32 = 8;

/// An odd number near 2³²/φ: multiplying by it carries every bit of an address into the upper half, from where the choice is made, so that
/// neighbouring addresses spread (Knuth, The Art of Computer Programming, volume 3, section 6.4).
const MIX: u32 = 0x9E37_79B1;

/// Makes the sockets, which must be bound to one address, choose by the sender's IP address. One is enough to attach to: they share the
/// program.
///
/// # Errors
/// Kernels before 4.5 and some sandboxes refuse; the sockets then go on choosing by address and port.
pub(crate) fn by_source_address(sockets: &[UdpSocket]) -> io::Result<()> {
    let [first, _, ..] = sockets else { return Ok(()) };
    let mut program = program(u32::try_from(sockets.len()).unwrap_or(u32::MAX));
    let len = u16::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // The kernel copies the program before the call returns.
    let program = sock_fprog { len, filter: program.as_mut_ptr() };
    Ok(setsockopt(first, sockopt::AttachReusePortCbpf, &program)?)
}

/// The program: it returns the number of the socket, in the order in which they were bound. On a socket for IPv6, datagrams of IPv4 come
/// with their own header, so it looks at the version first.
fn program(sockets: u32) -> Vec<sock_filter> {
    let v4 = vec![load(WORD, IPV4_SOURCE)];
    let mut v6 = vec![load(WORD, IPV6_SOURCE)];
    for offset in [4, 8, 12] {
        v6.extend([with_constant(libc::BPF_MUL, MIX), KEEP, load(WORD, IPV6_SOURCE + offset), EXCLUSIVE_OR_KEPT]);
    }
    v6.push(skip(v4.len()));
    let mut program = vec![load(OCTET, 0), with_constant(libc::BPF_RSH, 4), skip_unless(6, v6.len())];
    program.extend(v6);
    program.extend(v4);
    program.extend([with_constant(libc::BPF_MUL, MIX), with_constant(libc::BPF_RSH, 16), with_constant(libc::BPF_MOD, sockets), CHOOSE]);
    program
}

/// Sizes of loads.
const OCTET: u32 = libc::BPF_B;
const WORD: u32 = libc::BPF_W;

/// X = A.
const KEEP: sock_filter = instruction(libc::BPF_MISC | libc::BPF_TAX, 0);

/// A = A ^ X.
const EXCLUSIVE_OR_KEPT: sock_filter = instruction(libc::BPF_ALU | libc::BPF_XOR | libc::BPF_X, 0);

/// Ends with A.
const CHOOSE: sock_filter = instruction(libc::BPF_RET | libc::BPF_A, 0);

/// A = the octet or word at this offset of the network header.
const fn load(size: u32, offset: u32) -> sock_filter {
    instruction(libc::BPF_LD | libc::BPF_ABS | size, NETWORK_HEADER.wrapping_add(offset))
}

/// A = A op `constant`.
const fn with_constant(operation: u32, constant: u32) -> sock_filter {
    instruction(libc::BPF_ALU | libc::BPF_K | operation, constant)
}

/// Goes on after so many instructions.
fn skip(instructions: usize) -> sock_filter {
    instruction(libc::BPF_JMP | libc::BPF_JA, u32::try_from(instructions).unwrap_or(u32::MAX))
}

/// Goes on after so many instructions unless A is `value`.
fn skip_unless(value: u32, instructions: usize) -> sock_filter {
    let jf = u8::try_from(instructions).unwrap_or(u8::MAX);
    sock_filter { jf, ..instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, value) }
}

const fn instruction(code: u32, k: u32) -> sock_filter {
    // All codes are below 256.
    sock_filter { code: code as u16, jt: 0, jf: 0, k }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr};

    use crate::socket::bind;

    use super::*;

    const SOCKETS: usize = 4;

    /// How many datagrams each socket has, once senders at these addresses have sent one from each of `ports` ports.
    fn spread(listen: &str, senders: &[IpAddr], ports: usize) -> Vec<usize> {
        let bound = bind(listen.parse().unwrap(), SOCKETS, 1 << 20).unwrap();
        for sender in senders {
            let to = SocketAddr::new(if sender.is_ipv4() { [127, 0, 0, 1].into() } else { *sender }, bound.address.port());
            for _ in 0..ports {
                UdpSocket::bind((*sender, 0)).unwrap().send_to(b"datagram", to).unwrap();
            }
        }
        let waiting = |socket: &UdpSocket| {
            socket.set_nonblocking(true).unwrap();
            let mut buffer = [0; 16];
            std::iter::from_fn(|| socket.recv(&mut buffer).ok()).count()
        };
        bound.sockets.iter().map(waiting).collect()
    }

    fn loopback(last: u8) -> IpAddr {
        [127, 0, 0, last].into()
    }

    #[test]
    fn an_exporter_that_changes_its_port_stays_with_its_socket() {
        let v6: IpAddr = "::1".parse().unwrap();
        for (listen, sender) in [("127.0.0.1:0", loopback(9)), ("[::]:0", loopback(9)), ("[::1]:0", v6), ("[::]:0", v6)] {
            let mut got = spread(listen, &[sender], 32);
            got.sort_unstable();
            assert_eq!(got, [0, 0, 0, 32], "{sender} to {listen}");
        }
    }

    #[test]
    fn an_exporter_has_the_same_socket_by_every_family_of_listener() {
        for last in 1..20 {
            assert_eq!(spread("127.0.0.1:0", &[loopback(last)], 1), spread("[::]:0", &[loopback(last)], 1));
        }
    }

    #[test]
    fn exporters_with_neighbouring_addresses_spread() {
        let senders: Vec<IpAddr> = (1..=64).map(loopback).collect();
        let got = spread("127.0.0.1:0", &senders, 2);
        assert_eq!(got.iter().sum::<usize>(), 128);
        assert!(got.iter().all(|count| (16..=64).contains(count)), "{got:?}");
    }
}
