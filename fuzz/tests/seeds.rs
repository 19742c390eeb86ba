//! The seeds, and whatever once broke a target, without a fuzzer: every `cargo test` reads them.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fuzz::TARGETS;

/// Octets of all seeds together: they are read in each run, and lie in every checkout.
const MOST_OCTETS: u64 = 300 * 1024;

/// Seeds of each target that must hold something that is read. Others are broken on purpose.
const UNDERSTOOD: usize = 3;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What the files of a folder are called, without what stands behind the dot.
fn names(folder: &Path) -> BTreeSet<String> {
    files(folder).iter().map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn no_seed_breaks_its_target() {
    for (name, target) in TARGETS {
        for seed in files(&folder("corpus").join(name)) {
            println!("{}", seed.display());
            target(&std::fs::read(&seed).unwrap());
        }
    }
}

#[test]
fn every_target_understands_some_of_its_seeds() {
    for (name, target) in TARGETS {
        let seeds = files(&folder("corpus").join(name));
        let understood = seeds.iter().filter(|seed| target(&std::fs::read(seed).unwrap()) > 0).count();
        assert!(understood >= UNDERSTOOD, "{name}: {understood} of {} seeds hold something", seeds.len());
    }
}

#[test]
fn every_target_has_a_binary_and_seeds() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&folder("targets")), targets);
    assert_eq!(names(&folder("corpus")), targets);
    assert!(names(&folder("dictionaries")).is_subset(&targets));
}

#[test]
fn seeds_are_small() {
    let seeds = TARGETS.iter().flat_map(|(name, _)| files(&folder("corpus").join(name)));
    let octets: u64 = seeds.map(|seed| seed.metadata().unwrap().len()).sum();
    assert!(octets <= MOST_OCTETS, "{octets} octets");
}
