//! What the machine gives to this process, as far as receiving depends on it.

use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use nix::sys::socket::{getsockopt, setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};

/// Room for what the kernel keeps beside a datagram: it doubles a receive buffer that is asked for, and tells the double (socket(7)).
pub(crate) const DOUBLED: usize = 2;

/// The facts by which receive buffers, threads and batches are chosen; see [`Sizes`](crate::sizes::Sizes).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Machine {
    /// Processors that this process may use.
    pub processors: usize,
    /// Memory that it may use, in octets: the machine's, or its control group's where that is less; `None` if it cannot be found out.
    pub memory: Option<u64>,
    /// Octets of a processor's second-level cache; `None` if the machine does not tell.
    pub cache: Option<usize>,
    /// Whether it may have receive buffers beyond the system's limit (CAP_NET_ADMIN).
    pub forces_buffers: bool,
    /// The system's limit for them (`net.core.rmem_max`), in octets.
    pub buffer_limit: usize,
}

impl Machine {
    /// The machine as this process finds it. `buffer` is a receive buffer that it would like to have, in octets; a limit above it is not looked for.
    ///
    /// What cannot be found out is taken to be as small as it may be. Whether buffers may be forced is tried on a socket: capabilities alone do not
    /// tell in every container.
    #[must_use]
    pub fn here(buffer: usize) -> Self {
        let (forces_buffers, buffer_limit) = buffers(buffer).unwrap_or_default();
        Self {
            processors: std::thread::available_parallelism().map_or(1, NonZero::get),
            memory: memory(Path::new("/")),
            cache: cache(Path::new("/")),
            forces_buffers,
            buffer_limit,
        }
    }
}

/// Whether a socket may be forced to have such a buffer, and what it gets without force.
fn buffers(wanted: usize) -> io::Result<(bool, usize)> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_recv_buffer_size(wanted)?;
    let limit = getsockopt(&socket, sockopt::RcvBuf)? / DOUBLED;
    Ok((setsockopt(&socket, sockopt::RcvBufForce, &wanted).is_ok(), limit))
}

/// The smallest of the machine's memory and what its control groups allow, from the file system at `root`.
fn memory(root: &Path) -> Option<u64> {
    let of_machine = read(root, "proc/meminfo").and_then(|text| field(&text, "MemTotal:")).map(|kibibytes| kibibytes << 10);
    let groups = read(root, "proc/self/cgroup").unwrap_or_default();
    let of_groups = groups.lines().flat_map(limit_files).filter_map(|file| read(root, file).and_then(|text| text.trim().parse().ok()));
    of_machine.into_iter().chain(of_groups).min()
}

/// Where the memory limits of a line of `/proc/self/cgroup` stand (cgroups(7)): of the group and of those around it. A group without a limit says
/// `max`, which is no number.
fn limit_files(line: &str) -> Vec<PathBuf> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { return Vec::new() };
    let (hierarchy, name) = match controllers {
        "" => ("sys/fs/cgroup", "memory.max"),
        "memory" => ("sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        _ => return Vec::new(),
    };
    let groups = Path::new(path.trim_start_matches('/')).ancestors();
    groups.map(|group| Path::new(hierarchy).join(group).join(name)).collect()
}

/// Octets of the first processor's second-level cache, from the file system at `root`. It is told in KiB, as in `1024K`.
fn cache(root: &Path) -> Option<usize> {
    let size = read(root, "sys/devices/system/cpu/cpu0/cache/index2/size")?;
    size.trim().strip_suffix('K')?.parse::<usize>().ok()?.checked_mul(1 << 10)
}

fn read(root: &Path, file: impl AsRef<Path>) -> Option<String> {
    std::fs::read_to_string(root.join(file)).ok()
}

/// The number behind a name at the beginning of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file system with these files.
    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = root.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        root
    }

    const MACHINE: (&str, &str) = ("proc/meminfo", "MemTotal:        2048000 kB\nMemFree: 5 kB\n");

    #[test]
    fn memory_is_the_machines_where_no_group_allows_less() {
        assert_eq!(memory(root(&[MACHINE]).path()), Some(2_048_000 << 10));
        let unlimited = root(&[MACHINE, ("proc/self/cgroup", "0::/a\n"), ("sys/fs/cgroup/a/memory.max", "max\n")]);
        assert_eq!(memory(unlimited.path()), Some(2_048_000 << 10));
        assert_eq!(memory(root(&[]).path()), None);
    }

    #[test]
    fn a_limit_of_the_group_or_of_one_around_it_counts() {
        let service = ("proc/self/cgroup", "0::/system.slice/chorsu.service\n");
        let own = root(&[MACHINE, service, ("sys/fs/cgroup/system.slice/chorsu.service/memory.max", "1073741824\n")]);
        assert_eq!(memory(own.path()), Some(1 << 30));
        let around = root(&[MACHINE, service, ("sys/fs/cgroup/system.slice/memory.max", "536870912\n")]);
        assert_eq!(memory(around.path()), Some(1 << 29));
        let first_version =
            [MACHINE, ("proc/self/cgroup", "5:cpu:/x\n4:memory:/b\n"), ("sys/fs/cgroup/memory/b/memory.limit_in_bytes", "4096")];
        assert_eq!(memory(root(&first_version).path()), Some(4_096));
    }

    #[test]
    fn the_cache_is_told_in_kibibytes() {
        let file = "sys/devices/system/cpu/cpu0/cache/index2/size";
        assert_eq!(cache(root(&[(file, "1024K\n")]).path()), Some(1 << 20));
        assert_eq!(cache(root(&[(file, "much")]).path()), None);
    }

    #[test]
    fn this_machine_has_a_processor_and_some_buffer() {
        let here = Machine::here(1 << 20);
        assert!(here.processors >= 1 && here.memory.is_some_and(|memory| memory > 1 << 20), "{here:?}");
        assert!((4_096..=1 << 20).contains(&here.buffer_limit), "{here:?}");
    }
}
