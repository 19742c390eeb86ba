//! A mini exchange of network namespaces: a switch, Open vSwitch, and three members on its ports. Everything happens in namespaces that it makes
//! and removes; a collector listens on the switch's own loopback.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::PATIENCE;

/// Octets of an echo's frame beside its payload: ICMP, IPv4 and Ethernet headers and the FCS.
pub const ECHO_OVERHEAD: u64 = 8 + 20 + 14 + 4;

/// How long a program may take to end by an interrupt before it is terminated.
const HEARING: Duration = Duration::from_secs(1);

/// What the exchange itself needs, with the Debian packages.
const TOOLS: &[(&str, &str)] = &[
    ("ip", "iproute2"),
    ("ovs-vswitchd", "openvswitch-switch"),
    ("ovsdb-server", "openvswitch-switch"),
    ("ovsdb-tool", "openvswitch-switch"),
    ("ovs-vsctl", "openvswitch-switch"),
    ("ping", "iputils-ping"),
    ("ethtool", "ethtool"),
    ("sysctl", "procps"),
];

/// What the machine lacks for such an exchange and for `more` programs, given with their Debian packages; `None` if it has all.
///
/// # Panics
/// If no shell can be started.
#[must_use]
pub fn lacking(more: &[(&str, &str)]) -> Option<String> {
    if !nix::unistd::geteuid().is_root() {
        return Some("it needs to be root to make network namespaces".into());
    }
    let is_missing =
        |tool: &str| Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().is_ok_and(|o| !o.status.success());
    if let Some((tool, package)) = TOOLS.iter().chain(more).find(|(tool, _)| is_missing(tool)) {
        return Some(format!("{tool} is not installed (Debian: {package})"));
    }
    let probe = format!("chorsu-probe-{}", std::process::id());
    let made = Command::new("ip").args(["netns", "add", &probe]).output().is_ok_and(|output| output.status.success());
    let _ = Command::new("ip").args(["netns", "del", &probe]).output();
    (!made).then(|| "network namespaces cannot be made here".into())
}

/// A switch and its members, each in a namespace of its own.
pub struct Lab {
    folder: tempfile::TempDir,
    prefix: String,
    programs: Vec<Child>,
}

impl Lab {
    /// Starts the switch, named `name` among the namespaces of this process, with the members A, B and C on its ports `p-a`, `p-b` and `p-c`.
    ///
    /// # Panics
    /// If any step fails.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let lab = Self { folder: tempfile::tempdir().unwrap(), prefix: format!("{name}{}", std::process::id()), programs: Vec::new() };
        for name in ["sw", "a", "b", "c"] {
            sh("ip", &["netns", "add", &lab.namespace(name)]);
            lab.within(name, &["ip", "link", "set", "lo", "up"]);
        }
        lab.start_switch();
        for (number, name) in ["a", "b", "c"].into_iter().enumerate() {
            lab.add_member(name, number + 1);
        }
        lab
    }

    /// The namespace of a member, or `sw`, the switch's.
    #[must_use]
    pub fn namespace(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    /// A file in the exchange's folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same, as text.
    ///
    /// # Panics
    /// If it is no UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Runs a command in a namespace.
    ///
    /// # Panics
    /// If it fails.
    pub fn within(&self, name: &str, command: &[&str]) -> Output {
        sh("ip", &[&["netns", "exec", &self.namespace(name)], command].concat())
    }

    /// Changes the switch's configuration.
    ///
    /// # Panics
    /// If the switch refuses.
    pub fn vsctl(&self, arguments: &[&str]) -> Output {
        let database = format!("--db=unix:{}", self.text("db.sock"));
        self.within("sw", &[&["ovs-vsctl", &database], arguments].concat())
    }

    fn start_switch(&self) {
        sh("ovsdb-tool", &["create", &self.text("conf.db"), "/usr/share/openvswitch/vswitch.ovsschema"]);
        let remote = format!("--remote=punix:{}", self.text("db.sock"));
        let daemon = |name: &str| {
            let file = |kind: &str, ending: &str| format!("--{kind}={}", self.text(&format!("{name}.{ending}")));
            [file("unixctl", "ctl"), file("pidfile", "pid"), file("log-file", "log"), "--detach".into(), "-vconsole:off".into()]
        };
        let server = daemon("server");
        let server: Vec<&str> = server.iter().map(String::as_str).collect();
        self.within("sw", &[&["ovsdb-server", &self.text("conf.db"), &remote], &server[..]].concat());
        self.vsctl(&["--no-wait", "init"]);
        let switch = daemon("switch");
        let switch: Vec<&str> = switch.iter().map(String::as_str).collect();
        self.within("sw", &[&["ovs-vswitchd", &format!("unix:{}", self.text("db.sock"))], &switch[..]].concat());
        // The userspace datapath needs no kernel module.
        self.vsctl(&["add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev"]);
        self.within("sw", &["ip", "link", "set", "br0", "up"]);
    }

    fn add_member(&self, name: &str, number: usize) {
        let (switch, member) = (self.namespace("sw"), self.namespace(name));
        let port = format!("p-{name}");
        sh("ip", &["link", "add", &port, "netns", &switch, "type", "veth", "peer", "name", "eth0", "netns", &member]);
        self.within(name, &["ip", "link", "set", "eth0", "address", &mac(number)]);
        // No router solicitations: what passes is what the test sends.
        self.within(name, &["sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1"]);
        for (space, interface) in [("sw", port.as_str()), (name, "eth0")] {
            // Frames must be on the wire as they are: whole, and with their checksums.
            self.within(space, &["ethtool", "-K", interface, "tx", "off", "rx", "off", "tso", "off", "gso", "off", "gro", "off"]);
            self.within(space, &["ip", "link", "set", interface, "up"]);
        }
        self.within(name, &["ip", "address", "add", &format!("192.0.2.{number}/24"), "dev", "eth0"]);
        self.vsctl(&["add-port", "br0", &port]);
    }

    /// Starts a program in the switch's namespace, which ends with the exchange or by [`interrupt`](Self::interrupt).
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(&mut self, command: &[&str]) {
        let log = std::fs::File::create(self.path(&format!("program-{}.log", self.programs.len()))).unwrap();
        let mut started = Command::new("ip");
        started.args(["netns", "exec", &self.namespace("sw")]).args(command);
        started.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.programs.push(started.spawn().unwrap());
    }

    /// Interrupts the started programs, so that they export what they hold, and waits for their end.
    ///
    /// # Panics
    /// If one does not end.
    pub fn interrupt(&mut self) {
        for mut program in self.programs.drain(..) {
            let pid = Pid::from_raw(i32::try_from(program.id()).unwrap());
            let began = Instant::now();
            while program.try_wait().unwrap().is_none() {
                assert!(began.elapsed() < PATIENCE, "a program does not end");
                // An interrupt is ignored where the tests run in the background of a shell, unless the program asks for it, as pmacctd does.
                let signal = if began.elapsed() < HEARING { Signal::SIGINT } else { Signal::SIGTERM };
                let _ = kill(pid, signal);
                std::thread::sleep(Duration::from_millis(200));
            }
        }
    }

    /// Everything that the started programs said.
    #[must_use]
    pub fn said(&self) -> String {
        let log = |number: usize| std::fs::read_to_string(self.path(&format!("program-{number}.log"))).ok();
        (0..).map_while(log).collect()
    }

    /// Sends so many echo requests of this payload from a member to the one with this number, one every two milliseconds so that no observer misses
    /// any, and sees all of them answered.
    ///
    /// # Panics
    /// If one is lost.
    pub fn echo(&self, from: &str, to: usize, echoes: u64, payload: u64) {
        let (count, size) = (echoes.to_string(), payload.to_string());
        let output = self.within(from, &["ping", "-q", "-i", "0.002", "-c", &count, "-s", &size, &format!("192.0.2.{to}")]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains(&format!("{echoes} received")), "{said}");
    }

    /// The member list: AS64501 is A, AS64502 B and AS64503 C.
    #[must_use]
    pub fn members(&self) -> String {
        let member = |(number, name): (usize, &str)| {
            format!("[[member]]\nasn = {}\nname = \"{name}\"\nmacs = [\"{}\"]\n", 64500 + number, mac(number))
        };
        [(1, "A"), (2, "B"), (3, "C")].map(member).join("\n")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for program in &mut self.programs {
            // It may have ended by itself.
            let _ = program.kill();
            let _ = program.wait();
        }
        for daemon in ["switch", "server"] {
            let pid = std::fs::read_to_string(self.path(&format!("{daemon}.pid"))).ok().and_then(|pid| pid.trim().parse().ok());
            if let Some(pid) = pid {
                let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            }
        }
        for name in ["a", "b", "c", "sw"] {
            let _ = Command::new("ip").args(["netns", "del", &self.namespace(name)]).output();
        }
    }
}

/// The MAC address of the member with this number, from 1.
#[must_use]
pub fn mac(number: usize) -> String {
    format!("02:00:5e:10:00:{number:02x}")
}

fn sh(command: &str, arguments: &[&str]) -> Output {
    let output = Command::new(command).args(arguments).output().unwrap();
    assert!(output.status.success(), "{command} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}
