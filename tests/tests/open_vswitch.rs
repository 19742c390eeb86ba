//! A real exporter: Open vSwitch bridges three members in network namespaces and exports sFlow into `chorsu run`. What passed is
//! known exactly: so many echo requests and as many replies of one size between each pair.

use std::path::Path;
use std::process::Command;

use tests::lab::{ECHO_OVERHEAD, Lab, lacking};
use tests::{Service, binary, json, number};

/// One frame in so many is sampled.
const SAMPLING: u64 = 16;
/// Echo requests of each pair.
const ECHOES: u64 = 3_000;
/// Octets of an echo's payload, and of its frame.
const PAYLOAD: u64 = 1_200;
const FRAME: u64 = PAYLOAD + ECHO_OVERHEAD;

#[test]
fn what_open_vswitch_samples_is_what_the_members_sent() {
    if let Some(why) = lacking(&[]) {
        println!("skipped: {why}");
        return;
    }
    let lab = Lab::new("cxs");
    std::fs::write(lab.path("members.toml"), lab.members()).unwrap();
    let config = "[collect]\nlisten = [\"127.0.0.1:0\"]\n[members]\nfile = \"members.toml\"\n[http]\nlisten = \"127.0.0.1:0\"\n";
    std::fs::write(lab.path("chorsu.toml"), config).unwrap();
    let mut command = Command::new("ip");
    command.args(["netns", "exec", &lab.namespace("sw")]).arg(binary()).args(["run", "--config", &lab.text("chorsu.toml")]);
    let mut service = Service::spawn(&mut command);
    // With nobody listening, the kernel's refusals would cost the exporter every second datagram.
    let target = format!("target=\"127.0.0.1:{}\"", service.listens().port());
    let sampling = format!("sampling={SAMPLING}");
    let create = ["--", "--id=@s", "create", "sFlow", "agent=lo", &target, "header=128", &sampling, "polling=1"];
    lab.vsctl(&[&create[..], &["--", "set", "bridge", "br0", "sflow=@s"]].concat());
    lab.echo("a", 2, ECHOES, PAYLOAD);
    lab.echo("b", 3, ECHOES, PAYLOAD);
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
