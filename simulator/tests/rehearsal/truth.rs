//! The truth is the truth: samples estimate it without bias, however time is cut, and the directory's files fit it.

use std::path::Path;
use std::time::Duration;

use crate::heard::{PEAK, run};
use schema::Timestamp;
use simulator::{CellTruth, Datagram, Exchange, Extras, MAX_MEMBERS, Plan};

#[test]
fn samples_estimate_the_truth_without_bias() {
    let mut deviations = Vec::new();
    for seed in 1..=12 {
        let plan = Plan { seed, members: 20, sampling: 128, peak_samples_per_second: 150.0, ..Plan::default() };
        let (exchange, heard) = run(&plan, 4, Duration::from_secs(30));
        let (mut estimate, mut variance) = (0.0, 0.0);
        for flow in heard.iter().flat_map(|datagram| &datagram.flows) {
            let (weight, octets) = (f64::from(flow.rate), f64::from(flow.header.frame_length));
            estimate += weight * octets;
            variance += weight * (weight - 1.0) * octets * octets;
        }
        let truth = exchange.truth();
        let octets = truth.total.octets + truth.set_aside.values().map(|volume| volume.octets).sum::<u64>();
        let deviation = (estimate - octets as f64) / variance.sqrt();
        assert!(deviation.abs() < 4.5, "seed {seed}: {deviation}");
        deviations.push(deviation);
    }
    // The mean of twelve has a standard deviation of 0.29, so a bias of two standard errors would show here.
    let mean = deviations.iter().sum::<f64>() / deviations.len() as f64;
    assert!(mean.abs() < 1.2, "{deviations:?}");
}

#[test]
fn each_cell_is_estimated_and_not_only_their_sum() {
    let plan = Plan { members: 6, sampling: 32, peak_samples_per_second: 600.0, ..Plan::default() };
    let (exchange, _) = run(&plan, 3, Duration::from_secs(60));
    let truth = exchange.truth();
    let mut checked = 0;
    for cell in truth.cells.iter().filter(|cell| cell.volume.samples >= 30) {
        let estimate = cell.volume.samples as f64 * 32.0;
        let deviation = (cell.volume.frames as f64 - estimate) / (cell.volume.samples as f64 * 32.0 * 31.0).sqrt();
        assert!(deviation.abs() < 4.5, "{cell:?}");
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}

#[test]
fn short_steps_lose_no_traffic() {
    let plan = Plan { day_curve: false, ..Plan::default() };
    let volume = |steps: u32, millis: u64| run(&plan, steps, Duration::from_millis(millis)).0.truth().total.octets as f64;
    let (long, short, odd) = (volume(1, 60_000), volume(600, 100), volume(60_000 / 32, 32));
    assert!((short / long - 1.0).abs() < 1e-4, "{short} {long}");
    assert!((odd / long - 1.0).abs() < 1e-4, "{odd} {long}");
}

#[test]
fn the_peak_brings_the_samples_asked_for() {
    let plan = Plan { peak_samples_per_second: 200.0, day_curve: false, ..Plan::default() };
    let (exchange, _) = run(&plan, 2, Duration::from_secs(60));
    let rate = exchange.truth().flow_samples as f64 / 120.0;
    // The walks of the largest flows move the total by some tens of percent.
    assert!((140.0..270.0).contains(&rate), "{rate}");
}

#[test]
fn the_truth_adds_up() {
    let (exchange, heard) = run(&Plan::default(), 5, Duration::from_secs(50));
    let truth = exchange.truth();
    let cells: u64 = truth.cells.iter().map(|cell| cell.volume.octets).sum();
    let unattributed: u64 = truth.unattributed.values().map(|volume| volume.octets).sum();
    let aside: u64 = truth.set_aside.values().map(|volume| volume.octets).sum();
    assert_eq!(cells + unattributed, truth.total.octets);
    assert_eq!(truth.minutes.iter().map(|minute| minute.octets).sum::<u64>(), truth.total.octets);
    assert_eq!(truth.minutes.len(), 5);
    assert_eq!(truth.ports.iter().map(|port| port.in_octets).sum::<u64>(), truth.total.octets + aside);
    let samples: u64 = truth.cells.iter().map(|cell| cell.volume.samples).sum::<u64>()
        + truth.unattributed.values().chain(truth.set_aside.values()).map(|volume| volume.samples).sum::<u64>();
    assert_eq!(samples, heard.iter().map(|datagram| datagram.flows.len() as u64).sum::<u64>());
    let json = serde_json::to_value(&truth).unwrap();
    assert_eq!(json["from"], "2026-11-18T16:00:00Z");
    assert!(json["cells"][0]["octets"].is_u64() && json["unattributed"]["unknown_source"]["frames"].is_u64());
}

#[test]
fn what_leaves_the_ports_is_what_entered_for_them() {
    let extras = Extras { arp: 0.05, neighbour_solicitations: 0.05, ..Extras::default() };
    let truth = run(&Plan { extras, ..Plan::default() }, 3, Duration::from_secs(20)).0.truth();
    let flooded = truth.unattributed["group_destination"].octets + truth.set_aside["multiple_outputs"].octets;
    let to_one_port = truth.total.octets - truth.unattributed["group_destination"].octets;
    assert_eq!(truth.ports.iter().map(|port| port.out_octets).sum::<u64>(), to_one_port + 48 * flooded);
    assert_eq!(truth.ports.iter().map(|port| port.in_discards).sum::<u64>(), truth.set_aside["discarded"].frames);

    let truth = run(&Plan { extras: Extras::NONE, ..Plan::default() }, 3, Duration::from_secs(20)).0.truth();
    assert!(truth.unattributed.is_empty() && truth.set_aside.is_empty());
    for port in &truth.ports {
        let octets =
            |of: &dyn Fn(&CellTruth) -> bool| truth.cells.iter().filter(|cell| of(cell)).map(|cell| cell.volume.octets).sum::<u64>();
        assert_eq!(port.in_octets, octets(&|cell| Some(cell.src_asn) == port.asn));
        assert_eq!(port.out_octets, octets(&|cell| Some(cell.dst_asn) == port.asn));
    }
}

#[test]
fn a_night_is_quieter_than_its_evening() {
    let plan = Plan::default();
    let octets = |hour: i64| {
        let mut exchange = Exchange::new(&plan, Timestamp(PEAK.millis() + hour * 3_600_000));
        exchange.advance(Duration::from_secs(60), &mut |_: &Datagram<'_>| {});
        exchange.truth().total.octets as f64
    };
    // 21:00 against 04:30 or so of the same working week.
    let ratio = octets(7) / octets(0);
    assert!((0.25..0.35).contains(&ratio), "{ratio}");
}

#[test]
fn the_largest_exchange_runs() {
    let plan = Plan { members: MAX_MEMBERS + 5, absent_pairs: 0.99, peak_samples_per_second: 1_000.0, ..Plan::default() };
    let (exchange, heard) = run(&plan, 2, Duration::from_millis(500));
    assert_eq!(exchange.members().len(), MAX_MEMBERS);
    assert!(heard.iter().map(|datagram| datagram.flows.len()).sum::<usize>() > 500);
}

#[test]
fn odd_plans_make_an_exchange_all_the_same() {
    for plan in [
        Plan { members: 0, sampling: 0, ..Plan::default() },
        Plan { peak_samples_per_second: f64::NAN, ..Plan::default() },
        Plan { peak_samples_per_second: -1.0, skew: f64::INFINITY, absent_pairs: 7.0, ..Plan::default() },
        Plan { counter_interval: Duration::ZERO, utc_offset_seconds: -50_000, ..Plan::default() },
    ] {
        let (exchange, _) = run(&plan, 3, Duration::from_millis(700));
        assert!(exchange.members().len() >= 2);
        assert_eq!(exchange.now(), PEAK.plus(Duration::from_millis(2_100)));
    }
}

#[test]
fn the_ixf_export_is_valid_by_its_published_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/ixf/ixp-member-list-1.0.schema.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: ../shared/ixf is absent");
        return;
    };
    let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let export = Exchange::new(&Plan::default(), PEAK).ixf();
    let errors: Vec<String> = validator.iter_errors(&export).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(export["member_list"].as_array().unwrap().len(), 48);
}

#[test]
fn the_members_file_is_toml_with_every_member() {
    let exchange = Exchange::new(&Plan::default(), PEAK);
    let file: toml::Table = exchange.members_toml().parse().unwrap();
    let listed = file["member"].as_array().unwrap();
    assert_eq!(listed.len(), exchange.members().len());
    for (listed, member) in listed.iter().zip(exchange.members()) {
        assert_eq!(listed["asn"].as_integer(), Some(i64::from(member.asn.0)));
        assert_eq!(listed["name"].as_str(), Some(member.name.as_str()));
        assert_eq!(listed["macs"].as_array().unwrap().len(), member.macs.len());
        assert_eq!(listed["ports"][0]["if_index"].as_integer(), Some(i64::from(member.if_index)));
    }
}
