//! Real exporters of every dialect: softflowd and pmacctd watch a member's port, Open vSwitch meters the whole switch, and each exports to a
//! `chorsu run` of its own. One burst of echoes passes; what the port's own counters say of it is what each of them must show.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

use std::process::Command;
use std::time::Duration;

use tests::lab::{ECHO_OVERHEAD, Lab, lacking};
use tests::{Service, binary, json, number};

/// Echo requests, and as many replies.
const ECHOES: u64 = 2_500;
/// Octets of an echo's payload, and of its frame.
const PAYLOAD: u64 = 1_000;
const FRAME: u64 = PAYLOAD + ECHO_OVERHEAD;
/// What else passes a port, as address resolution, is less than this.
const OTHER_FRAMES: u64 = 40;
/// The share of packets that softflowd does not meter although it is handed them: `softflowctl statistics` shows 2 to 3 % fewer processed than received, of
/// which none are dropped.
const UNMETERED_BY_SOFTFLOWD: f64 = 0.04;

const PROGRAMS: &[(&str, &str)] = &[("softflowd", "softflowd"), ("pmacctd", "pmacct")];

/// How an exporter is started.
enum Start {
    /// softflowd with these arguments. It takes every n-th packet, and requests and replies alternate: with an even n it would see one kind only.
    Softflowd(&'static [&'static str]),
    /// pmacctd with this plugin and its keys; `RECEIVER` stands for the collector.
    Pmacctd(&'static str, &'static [&'static str]),
    /// The switch's own IPFIX.
    OpenVswitch,
}

/// An exporter, and what is expected of it.
struct Case {
    name: &'static str,
    protocol: &'static str,
    start: Start,
    /// One frame in so many is sampled.
    sampling: u64,
    /// Whether it exports MAC addresses, so that its traffic has members.
    has_macs: bool,
    /// What its collector is told of it.
    config: &'static str,
}

const MACS: &str = "src_mac, dst_mac, vlan, src_host, dst_host, proto, in_iface, out_iface";

const CASES: &[Case] = &[
    Case {
        name: "softflowd, NetFlow v5",
        protocol: "netflow5",
        start: Start::Softflowd(&["-v", "5"]),
        sampling: 1,
        has_macs: false,
        // Its header says 0, which may be "not sampled" or "not known".
        config: "[[exporter]]\naddress = \"127.0.0.1\"\nsampling_if_missing = 1\n",
    },
    Case {
        name: "softflowd, NetFlow v9 with MAC addresses",
        protocol: "netflow9",
        start: Start::Softflowd(&["-v", "9", "-T", "ether", "-s", "3"]),
        sampling: 3,
        has_macs: true,
        config: "",
    },
    Case {
        name: "softflowd, IPFIX with MAC addresses",
        protocol: "ipfix",
        start: Start::Softflowd(&["-v", "10", "-T", "ether"]),
        sampling: 1,
        has_macs: true,
        config: "",
    },
    Case {
        name: "softflowd, IPFIX with both directions in one record",
        protocol: "ipfix",
        start: Start::Softflowd(&["-v", "10", "-b", "-T", "ether", "-s", "7"]),
        sampling: 7,
        has_macs: true,
        config: "",
    },
    Case {
        name: "softflowd, IPFIX with sampled packets",
        protocol: "ipfix",
        start: Start::Softflowd(&["-v", "psamp", "-s", "15", "-C", "160"]),
        sampling: 15,
        has_macs: true,
        // It does not announce its rate.
        config: "[[exporter]]\naddress = \"127.0.0.1\"\nsampling_if_missing = 15\n",
    },
    Case {
        name: "pmacctd, NetFlow v5",
        protocol: "netflow5",
        start: Start::Pmacctd("nfprobe", &["aggregate[x]: src_host, dst_host, proto", "nfprobe_version[x]: 5"]),
        sampling: 8,
        has_macs: false,
        config: "",
    },
    Case {
        name: "pmacctd, NetFlow v9",
        protocol: "netflow9",
        start: Start::Pmacctd("nfprobe", &["aggregate[x]: MACS", "nfprobe_version[x]: 9"]),
        sampling: 8,
        has_macs: true,
        config: "",
    },
    Case {
        name: "pmacctd, IPFIX",
        protocol: "ipfix",
        start: Start::Pmacctd("nfprobe", &["aggregate[x]: MACS", "nfprobe_version[x]: 10"]),
        sampling: 8,
        has_macs: true,
        config: "",
    },
    Case {
        name: "pmacctd, sFlow",
        protocol: "sflow5",
        start: Start::Pmacctd("sfprobe", &["aggregate[x]: MACS", "sfprobe_agentip[x]: 127.0.0.1", "sfprobe_ifindex[x]: 101"]),
        sampling: 8,
        has_macs: true,
        config: "",
    },
    Case {
        name: "Open vSwitch, IPFIX",
        protocol: "ipfix",
        start: Start::OpenVswitch,
        sampling: 16,
        has_macs: true,
        // Its counters are multiplied already, its rate is not announced, and each frame is metered where it enters and where it leaves.
        config: "[[exporter]]\naddress = \"127.0.0.1\"\nsampling = 16\nscaled = true\ndirection = \"ingress\"\n",
    },
];

/// Frames and octets with FCS, from A and to A, as the switch's port to A counts them.
#[derive(Clone, Copy)]
struct PortCounters {
    from: u64,
    to: u64,
}

impl PortCounters {
    fn read(lab: &Lab) -> Self {
        let counter = |name: &str| -> u64 {
            let output = lab.within("sw", &["cat", &format!("/sys/class/net/p-a/statistics/{name}")]);
            String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
        };
        let octets = |direction: &str| counter(&format!("{direction}_bytes")) + 4 * counter(&format!("{direction}_packets"));
        Self { from: octets("rx"), to: octets("tx") }
    }
}

fn collector(lab: &Lab, number: usize, case: &Case) -> Service {
    let folder = lab.path(&number.to_string());
    std::fs::create_dir(&folder).unwrap();
    let members = lab.text("members.toml");
    let config = format!(
        "[collect]\nlisten = [\"127.0.0.1:0\"]\nthreads = 1\nwindow = \"5s\"\n[members]\nfile = {members:?}\n[http]\nlisten = \"127.0.0.1:0\"\n{}",
        case.config
    );
    std::fs::write(folder.join("chorsu.toml"), config).unwrap();
    let mut command = Command::new("ip");
    command.args(["netns", "exec", &lab.namespace("sw")]).arg(binary());
    command.args(["run", "--config", folder.join("chorsu.toml").to_str().unwrap()]);
    Service::spawn(&mut command)
}

fn start(lab: &mut Lab, number: usize, case: &Case, port: u16) {
    let receiver = format!("127.0.0.1:{port}");
    match case.start {
        Start::Softflowd(arguments) => {
            let (pid, control) = (lab.text(&format!("{number}.pid")), lab.text(&format!("{number}.ctl")));
            let timeouts = ["-t", "maxlife=3", "-t", "general=3", "-t", "icmp=3", "-t", "expint=1"];
            let usual = ["softflowd", "-d", "-i", "p-a", "-n", &receiver, "-p", &pid, "-c", &control];
            lab.start(&[&usual[..], &timeouts, arguments].concat());
        }
        Start::Pmacctd(plugin, keys) => {
            let mut file = format!("daemonize: false\npcap_interface: p-a\nplugins: {plugin}[x]\nsampling_rate: {}\n", case.sampling);
            file += &format!("{plugin}_receiver[x]: {receiver}\n{}\n", keys.join("\n").replace("MACS", MACS));
            if plugin == "nfprobe" {
                file += "nfprobe_timeouts[x]: icmp=3:general=3:maxlife=3:expint=1\n";
            }
            std::fs::write(lab.path(&format!("{number}.conf")), file).unwrap();
            lab.start(&["pmacctd", "-f", &lab.text(&format!("{number}.conf"))]);
        }
        Start::OpenVswitch => {
            let target = format!("targets=\"{receiver}\"");
            let sampling = format!("sampling={}", case.sampling);
            let create = ["--", "--id=@i", "create", "IPFIX", &target, "obs_domain_id=42", "obs_point_id=7", &sampling];
            lab.vsctl(&[&create[..], &["cache_active_timeout=1", "--", "set", "bridge", "br0", "ipfix=@i"]].concat());
        }
    }
}

#[test]
fn what_each_real_exporter_reports_is_what_its_port_counted() {
    if let Some(why) = lacking(PROGRAMS) {
        println!("skipped: {why}");
        return;
    }
    let mut lab = Lab::new("cxr");
    std::fs::write(lab.path("members.toml"), lab.members()).unwrap();
    // With nobody listening, the kernel's refusals would cost an exporter every second datagram: collectors come first.
    let mut services: Vec<Service> = CASES.iter().enumerate().map(|(number, case)| collector(&lab, number, case)).collect();
    for (number, case) in CASES.iter().enumerate() {
        let port = services[number].listens().port();
        start(&mut lab, number, case, port);
    }
    std::thread::sleep(Duration::from_secs(2));
    let before = PortCounters::read(&lab);
    lab.echo("a", 2, ECHOES, PAYLOAD);
    let after = PortCounters::read(&lab);
    // The longest of their timeouts, so that caches are exported by time, too, and not only at the end.
    std::thread::sleep(Duration::from_secs(4));
    lab.interrupt();
    std::thread::sleep(Duration::from_secs(1));
    services.iter_mut().for_each(Service::stop);

    let counted = PortCounters { from: after.from - before.from, to: after.to - before.to };
    for octets in [counted.from, counted.to] {
        assert!((ECHOES * FRAME..ECHOES * FRAME + OTHER_FRAMES * 64).contains(&octets), "the port counted {octets}");
    }
    for (number, case) in CASES.iter().enumerate() {
        let data = lab.text(&format!("{number}/data"));
        check(case, &data, counted, &format!("{}\n{}", services[number].said(), lab.said()));
    }
}

fn check(case: &Case, data: &str, counted: PortCounters, said: &str) {
    let name = case.name;
    let asked = ["--data", data, "--from", "2020-01-01", "--to", "2100-01-01", "--format", "json"];
    let matrix = json(&[&["matrix"], &asked[..]].concat());
    if case.has_macs {
        for (src, dst, octets) in [(64501, 64502, counted.from), (64502, 64501, counted.to)] {
            let cells = matrix["cells"].as_array().unwrap();
            let cell = cells.iter().find(|cell| number(cell, "/src") == src && number(cell, "/dst") == dst);
            let cell = cell.unwrap_or_else(|| panic!("{name}: no cell from AS{src} to AS{dst} in {matrix:#}\n{said}"));
            agrees(&format!("{name}: AS{src} to AS{dst}"), number(cell, "/bytes"), octets, case);
        }
    } else {
        agrees(name, number(&matrix, "/unattributed/bytes"), counted.from + counted.to, case);
    }
    let exporters = json(&[&["exporters"], &asked[..]].concat());
    let has_traffic = |exporter: &&serde_json::Value| number(exporter, "/flow_records") + number(exporter, "/flow_samples") > 0;
    let exporter = exporters["exporters"].as_array().unwrap().iter().find(has_traffic);
    let exporter = exporter.unwrap_or_else(|| panic!("{name}: no exporter with traffic in {exporters:#}\n{said}"));
    assert_eq!(exporter["protocol"], case.protocol, "{name}");
    // softflowd and Open vSwitch number an IPFIX message by the records sent with it, not before it (RFC 7011, section 3.1); that is no loss.
    for field in ["lost_datagrams", "lost_samples", "lost_records", "duplicate_datagrams", "malformed"] {
        assert_eq!(number(exporter, &format!("/{field}")), 0, "{name}: {field} of {exporter:#}");
    }
    assert_eq!(number(exporter, "/rate_max"), case.sampling, "{name}: {exporter:#}");
}

/// All frames have one length, so the error of an estimate is that of the number of samples: within 4.5 standard errors, and what else passed.
fn agrees(what: &str, bytes: u64, octets: u64, case: &Case) {
    let frames = octets as f64 / FRAME as f64;
    let error = 4.5 * (frames * (case.sampling as f64 - 1.0)).sqrt() * FRAME as f64 + (OTHER_FRAMES * 64) as f64;
    let unmetered = if matches!(case.start, Start::Softflowd(_)) { UNMETERED_BY_SOFTFLOWD } else { 0.0 };
    let (least, most) = ((1.0 - unmetered) * octets as f64 - error, octets as f64 + error);
    assert!((least..=most).contains(&(bytes as f64)), "{what}: {bytes}, but the port counted {octets}: {least:.0} to {most:.0}");
}
