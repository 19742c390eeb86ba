//! The captures of NetFlow and IPFIX against what independent decoders say of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aggregator::policy::{DirectionRule, Policies, Policy, Rule};
use aggregator::{Parties, Weights};
use collector::replay::{Replay, Settings, Summary};
use schema::Rate;
use schema::sample::LengthBasis;
use serde_json::Value;

fn captures() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures");
    if !folder.is_dir() {
        println!("skipped: ../shared/captures is absent");
        return None;
    }
    Some(folder)
}

/// Captures with their expected figures.
fn expected() -> Vec<(PathBuf, Value)> {
    let Some(captures) = captures() else { return Vec::new() };
    let folders = ["live", "netflow", "synthetic"].map(|folder| std::fs::read_dir(captures.join(folder)).unwrap());
    let files = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    let captures = files.filter(|path| path.extension().is_some_and(|extension| extension == "pcap"));
    let with_truth = captures.map(|path| {
        let truth = std::fs::read(path.with_extension("truth.json")).unwrap();
        let truth: Value = serde_json::from_slice(&truth).unwrap();
        (path, truth["expected"].clone())
    });
    with_truth.collect()
}

/// Replays a capture, with octets counted just as they are exported and every record counted, as the figures are.
fn replay(path: &Path) -> Summary {
    let policy = Policy {
        sampling_if_missing: Some(Rate::whole(1)),
        direction: DirectionRule::Both,
        octets: Some(LengthBasis::Frame),
        ..Policy::default()
    };
    let rules = ["0.0.0.0/0", "::/0"].map(|agents| Rule { agents: agents.parse().unwrap(), sub_agent: None, policy });
    let settings = Settings {
        exchange: "test".into(),
        window: Duration::from_secs(60),
        weights: Weights::default(),
        parties: Parties::Macs,
        policies: Arc::new(Policies::new(rules.into())),
    };
    let mut replay = Replay::new(settings, Arc::default());
    replay.file(path, &mut |_| {}, &mut |_| {}).unwrap();
    replay.finish(&mut |_| {})
}

#[test]
fn what_is_exported_is_what_other_decoders_read() {
    for (path, expected) in expected() {
        let summary = replay(&path);
        let counts = &summary.counts;
        let flows = [&counts.netflow5, &counts.netflow9, &counts.ipfix];
        let sum = |figure: fn(&collector::counts::Flows) -> u128| flows.iter().map(|flows| figure(flows)).sum::<u128>();
        let got = [
            ("data_records", sum(|flows| flows.records.into())),
            ("options_data_records", sum(|flows| flows.options_records.into())),
            ("templates", sum(|flows| (flows.templates + flows.options_templates).into())),
            ("octets_as_exported", sum(|flows| flows.octets)),
            ("packets_as_exported", sum(|flows| flows.packets)),
        ];
        for (name, got) in got {
            let Some(expected) = expected[name].as_u64() else { continue };
            if got != u128::from(expected) {
                println!("XX {} {name}: {got} != {expected}", path.display());
            }
        }
        println!(
            "{} {:?} recovered {:?}",
            path.file_name().unwrap().display(),
            counts.skipped().collect::<Vec<_>>(),
            flows.map(|f| f.recovered.records)
        );
    }
}

#[test]
fn the_matrix_holds_what_is_exported_times_its_rate() {
    for (path, expected) in expected() {
        let Some(octets) = expected["octets_after_sampling"].as_u64() else { continue };
        let packets = expected["packets_after_sampling"].as_u64().unwrap();
        let summary = replay(&path);
        let (bytes, frames) = summary.cells.values().fold((0, 0), |(bytes, frames), sums| (bytes + sums.bytes, frames + sums.packets));
        println!("{} {bytes} {octets} {frames} {packets}", path.display());
    }
}
