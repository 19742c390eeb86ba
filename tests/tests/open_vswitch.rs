//! A real exporter: Open vSwitch bridges three members in network namespaces and exports sFlow into `chorsu run`.
//!
//! Everything happens in namespaces that the test makes and removes; the collector listens on the switch's own loopback. What passed is
//! known exactly: so many echo requests and as many replies of one size between each pair.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tests::{Service, binary, json, number};

/// One frame in so many is sampled.
const SAMPLING: u64 = 16;
/// Echo requests of each pair.
const ECHOES: u64 = 3_000;
/// Octets of an echo's payload, and of its frame: with ICMP, IPv4 and Ethernet headers and the FCS.
const PAYLOAD: u64 = 1_200;
const FRAME: u64 = PAYLOAD + 8 + 20 + 14 + 4;

/// What the machine lacks for this test, if anything.
fn lacking() -> Option<String> {
    if !nix::unistd::geteuid().is_root() {
        return Some("it needs to be root to make network namespaces".into());
    }
    let tools = ["ip", "ovs-vswitchd", "ovsdb-server", "ovsdb-tool", "ovs-vsctl", "ping", "ethtool", "sysctl"];
    let missing = tools
        .into_iter()
        .find(|tool| Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().is_ok_and(|o| !o.status.success()));
    if let Some(tool) = missing {
        return Some(format!("{tool} is not installed (Debian: openvswitch-switch, iproute2, iputils-ping, ethtool, procps)"));
    }
    let probe = format!("chorsu-probe-{}", std::process::id());
    let made = Command::new("ip").args(["netns", "add", &probe]).output().is_ok_and(|output| output.status.success());
    let _ = Command::new("ip").args(["netns", "del", &probe]).output();
    (!made).then(|| "network namespaces cannot be made here".into())
}

/// A switch and its members, each in a namespace of its own.
struct Lab {
    folder: tempfile::TempDir,
    prefix: String,
}

impl Lab {
    fn new() -> Self {
        let lab = Self { folder: tempfile::tempdir().unwrap(), prefix: format!("cx{}", std::process::id()) };
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

    fn namespace(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn within(&self, name: &str, command: &[&str]) -> Output {
        sh("ip", &[&["netns", "exec", &self.namespace(name)], command].concat())
    }

    fn vsctl(&self, arguments: &[&str]) -> Output {
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

    fn export_to(&self, port: u16) {
        let target = format!("target=\"127.0.0.1:{port}\"");
        let (sampling, polling) = (format!("sampling={SAMPLING}"), "polling=1");
        self.vsctl(&[
            "--",
            "--id=@s",
            "create",
            "sFlow",
            "agent=lo",
            &target,
            "header=128",
            &sampling,
            polling,
            "--",
            "set",
            "bridge",
            "br0",
            "sflow=@s",
        ]);
    }

    fn echo(&self, from: &str, to: usize) {
        let (count, size) = (ECHOES.to_string(), PAYLOAD.to_string());
        let output = self.within(from, &["ping", "-q", "-f", "-c", &count, "-s", &size, &format!("192.0.2.{to}")]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains(&format!("{ECHOES} received")), "{said}");
    }

    fn members(&self) -> String {
        let member = |(number, name): (usize, &str)| {
            format!("[[member]]\nasn = {}\nname = \"{name}\"\nmacs = [\"{}\"]\n", 64500 + number, mac(number))
        };
        [(1, "A"), (2, "B"), (3, "C")].map(member).join("\n")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for daemon in ["switch", "server"] {
            let pid = std::fs::read_to_string(self.path(&format!("{daemon}.pid"))).ok().and_then(|pid| pid.trim().parse().ok());
            if let Some(pid) = pid {
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM);
            }
        }
        for name in ["a", "b", "c", "sw"] {
            let _ = Command::new("ip").args(["netns", "del", &self.namespace(name)]).output();
        }
    }
}

fn mac(number: usize) -> String {
    format!("02:00:5e:10:00:{number:02x}")
}

fn sh(command: &str, arguments: &[&str]) -> Output {
    let output = Command::new(command).args(arguments).output().unwrap();
    assert!(output.status.success(), "{command} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn what_open_vswitch_samples_is_what_the_members_sent() {
    if let Some(why) = lacking() {
        println!("skipped: {why}");
        return;
    }
    let lab = Lab::new();
    std::fs::write(lab.path("members.toml"), lab.members()).unwrap();
    let config = "[collect]\nlisten = [\"127.0.0.1:0\"]\n[members]\nfile = \"members.toml\"\n[http]\nlisten = \"127.0.0.1:0\"\n";
    std::fs::write(lab.path("chorsu.toml"), config).unwrap();
    let mut command = Command::new("ip");
    command.args(["netns", "exec", &lab.namespace("sw")]).arg(binary()).args(["run", "--config", &lab.text("chorsu.toml")]);
    let mut service = Service::spawn(&mut command);
    // With nobody listening, the kernel's refusals would cost the exporter every second datagram.
    lab.export_to(service.listens().port());
    lab.echo("a", 2);
    lab.echo("b", 3);
    // Its last counters come within a second of polling, its last samples with them.
    std::thread::sleep(std::time::Duration::from_secs(3));
    service.stop();

    let data = lab.text("data");
    let asked = ["--data", &data, "--from", "2020-01-01", "--to", "2100-01-01", "--format", "json"];
    let matrix = json(&[&["matrix"], &asked[..]].concat());
    for (src, dst) in [(64501, 64502), (64502, 64501), (64502, 64503), (64503, 64502)] {
        let cells = matrix["cells"].as_array().unwrap();
        let cell = cells.iter().find(|cell| number(cell, "/src") == src && number(cell, "/dst") == dst).unwrap();
        let half = (number(cell, "/bytes_high") - number(cell, "/bytes_low")) as f64 / 2.0;
        let distance = (number(cell, "/bytes") as f64 - (ECHOES * FRAME) as f64).abs();
        // 4.5 standard errors.
        assert!(distance <= half * 2.3, "AS{src} to AS{dst}: {cell:#}, but {} octets passed", ECHOES * FRAME);
    }
    assert_eq!(matrix["cells"].as_array().unwrap().len(), 4, "{matrix:#}");
    let ports = json(&[&["ports"], &asked[..]].concat());
    assert!(ports["ports"].as_array().unwrap().len() >= 3, "each member's port reports its counters: {ports:#}");
    let exporters = json(&[&["exporters"], &asked[..]].concat());
    assert_eq!((number(&exporters, "/exporters/0/lost_datagrams"), number(&exporters, "/exporters/0/malformed")), (0, 0));
    assert_eq!(number(&exporters, "/exporters/0/rate_max"), SAMPLING);
    assert!(Path::new(&data).join("journal").is_dir());
}
