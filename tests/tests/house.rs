//! Keeps the dependency rules of the house, as ARCHITECTURE.md states them.
//!
//! The rules are functions over a small picture of the workspace ([`Room`]), so that they are tried on houses that break them too: a
//! rule that cannot fail keeps nothing.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};

type Names = BTreeSet<String>;

/// One crate of the workspace, as far as the rules look at it.
#[derive(Clone, Debug, Default)]
struct Room {
    name: String,
    /// Its folder, from the root of the workspace.
    folder: String,
    /// What its code names: rooms and third-party crates. Dependencies of tests are not among them.
    imports: Names,
    /// Everything that is linked in with it, itself left out.
    reaches: Names,
}

/// What each room may import of the others.
const ALLOWED: &[(&str, &[&str])] = &[
    ("schema", &[]),
    ("wire", &["schema"]),
    ("directory", &["schema"]),
    ("aggregator", &["directory", "schema"]),
    ("collector", &["aggregator", "directory", "schema", "wire"]),
    ("store", &["schema"]),
    ("report", &["schema", "store"]),
    ("dashboards", &["directory", "report", "schema", "store"]),
    // It writes the wire formats by itself: it must not share the decoder's mistakes.
    ("simulator", &["schema"]),
    ("chorsu", &["aggregator", "collector", "dashboards", "directory", "report", "schema", "simulator", "store", "wire"]),
    ("tests", &["aggregator", "collector", "dashboards", "directory", "schema", "simulator", "store", "wire"]),
    ("benches", &["aggregator", "collector", "dashboards", "directory", "schema", "simulator", "store", "wire"]),
    // Built anew, with the counters of a fuzzer: so nothing that brings polars.
    ("fuzz", &["aggregator", "collector", "directory", "schema", "wire"]),
];

/// Third-party crates that belong to certain rooms. A name stands for its family too: `polars` for `polars-core`.
const KEPT_IN: &[(&str, &[&str])] = &[("clickhouse", &["store"]), ("libfuzzer", &["fuzz"]), ("polars", &["store"])];

/// Rooms in which no asynchronous runtime is linked, by whatever way.
const WITHOUT_RUNTIME: &[&str] = &["schema", "wire", "directory", "aggregator"];

/// Where the way of a datagram meets the way of a question, and nowhere else. Both kinds of tests may look at the whole.
const MEETING_PLACES: &[&str] = &["chorsu", "tests", "benches"];

/// Attics: crates named for being shared, not for what they are.
const ATTICS: &[&str] = &["common", "util", "utils", "helper", "helpers", "shared", "misc"];

/// Every rule that this house breaks, as sentences.
fn violations(house: &[Room]) -> Vec<String> {
    let mut found = Vec::new();
    for room in house {
        found.extend(forbidden_imports(room, house));
        found.extend(kept_elsewhere(room));
        found.extend(runtime(room));
        found.extend(meeting(room));
        found.extend(naming(room));
    }
    found.extend(cycle(house));
    found
}

fn forbidden_imports(room: &Room, house: &[Room]) -> Vec<String> {
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == room.name) else {
        return vec![format!("`{}` is not in the table of rooms: say there what it may import", room.name)];
    };
    let rooms = house.iter().map(|other| other.name.as_str()).filter(|name| room.imports.contains(*name));
    rooms.filter(|name| !allowed.contains(name)).map(|name| format!("`{}` must not import `{name}`", room.name)).collect()
}

fn kept_elsewhere(room: &Room) -> Vec<String> {
    let of_family = |import: &String, family: &str| import == family || import.starts_with(&format!("{family}-"));
    let elsewhere = KEPT_IN.iter().filter(|(_, rooms)| !rooms.contains(&room.name.as_str()));
    elsewhere
        .filter(|(family, _)| room.imports.iter().any(|import| of_family(import, family)))
        .map(|(family, rooms)| format!("`{}` must not import `{family}`, which is kept in {}", room.name, rooms.join(" and ")))
        .collect()
}

fn runtime(room: &Room) -> Option<String> {
    let pure = WITHOUT_RUNTIME.contains(&room.name.as_str());
    (pure && room.reaches.contains("tokio")).then(|| format!("`{}` must stay without tokio, and something brings it in", room.name))
}

fn meeting(room: &Room) -> Option<String> {
    let both = ["collector", "store"].iter().all(|side| room.name == *side || room.reaches.contains(*side));
    let elsewhere = both && !MEETING_PLACES.contains(&room.name.as_str());
    elsewhere.then(|| format!("`collector` and `store` meet in `{}`; only `chorsu` may know both", room.name))
}

fn naming(room: &Room) -> Vec<String> {
    let mut found = Vec::new();
    if room.folder != room.name {
        found.push(format!("the folder of `{}` is `{}`: it must have the crate's name", room.name, room.folder));
    }
    if ATTICS.contains(&room.name.as_str()) {
        found.push(format!("`{}` says nothing of what it holds: name it for that", room.name));
    }
    found
}

/// A room that reaches itself by imports.
fn cycle(house: &[Room]) -> Vec<String> {
    let imports: BTreeMap<&str, &Names> = house.iter().map(|room| (room.name.as_str(), &room.imports)).collect();
    let closes = |room: &&Room| {
        reachable(&room.name, |name| imports.get(name).map(|names| (*names).clone()).unwrap_or_default()).contains(&room.name)
    };
    house.iter().filter(closes).map(|room| format!("`{}` imports itself by way of others", room.name)).collect()
}

/// Everything that can be reached from `start` in one step or more.
fn reachable(start: &str, next: impl Fn(&str) -> Names) -> Names {
    let (mut seen, mut todo) = (Names::new(), vec![start.to_owned()]);
    while let Some(name) = todo.pop() {
        for further in next(&name) {
            if seen.insert(further.clone()) {
                todo.push(further);
            }
        }
    }
    seen
}

/// The root of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the workspace is there")
}

/// The workspace as cargo resolves it for this platform.
fn metadata() -> Metadata {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let options = ["--filter-platform".to_owned(), platform];
    MetadataCommand::new().manifest_path(root().join("Cargo.toml")).other_options(options).exec().expect("cargo metadata")
}

/// The picture of the workspace.
fn house(metadata: &Metadata) -> Vec<Room> {
    let graph = linked(metadata);
    metadata.workspace_packages().into_iter().map(|package| room(package, metadata, &graph)).collect()
}

type Graph = BTreeMap<PackageId, Vec<PackageId>>;

/// What each package links in, dependencies of tests and of build scripts left out.
fn linked(metadata: &Metadata) -> Graph {
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    nodes
        .map(|node| {
            let normal = node.deps.iter().filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
            (node.id.clone(), normal.map(|dep| dep.pkg.clone()).collect())
        })
        .collect()
}

fn room(package: &Package, metadata: &Metadata, graph: &Graph) -> Room {
    let name_of = |id: &PackageId| metadata[id].name.to_string();
    let imports = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    let (mut reached, mut todo) = (BTreeSet::new(), vec![&package.id]);
    while let Some(id) = todo.pop() {
        todo.extend(graph.get(id).into_iter().flatten().filter(|next| reached.insert((*next).clone())));
    }
    let folder = package.manifest_path.parent().expect("a manifest lies in a folder");
    let folder = folder.as_std_path().strip_prefix(&metadata.workspace_root).expect("a room lies in the workspace");
    Room {
        name: package.name.to_string(),
        folder: folder.display().to_string(),
        imports: imports.map(|dependency| dependency.name.clone()).collect(),
        reaches: reached.iter().map(name_of).collect(),
    }
}

/// Folders at the top that hold a crate.
fn crates_at_the_top(root: &Path) -> Names {
    let folders = std::fs::read_dir(root).expect("the root can be listed").map(|entry| entry.expect("an entry").path());
    let crates = folders.filter(|folder| folder.join("Cargo.toml").is_file());
    crates.filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned())).collect()
}

#[test]
fn the_house_keeps_its_rules() {
    let house = house(&metadata());
    assert_eq!(violations(&house), Vec::<String>::new());
}

#[test]
fn every_crate_at_the_top_is_a_room_and_every_room_stands_there() {
    let house = house(&metadata());
    let rooms: Names = house.iter().map(|room| room.folder.clone()).collect();
    assert_eq!(crates_at_the_top(&root()), rooms);
}

#[test]
fn the_picture_of_the_house_shows_what_is_there() {
    let house = house(&metadata());
    let room = |name: &str| house.iter().find(|room| room.name == name).expect("the room is there");
    assert!(room("aggregator").imports.contains("directory"));
    assert!(room("dashboards").reaches.contains("tokio"));
    assert!(room("store").imports.contains("polars-core"));
    // A dependency of tests is no import.
    assert!(!room("wire").imports.contains("sflow-parser"));
}

/// A room of a house made up to break a rule.
fn made_up(name: &str, imports: &[&str]) -> Room {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Names>();
    Room { name: name.to_owned(), folder: name.to_owned(), imports: names(imports), reaches: names(imports) }
}

/// The one sentence that this house gets.
fn complaint(house: &[Room]) -> String {
    let found = violations(house);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

#[test]
fn an_import_that_the_table_does_not_allow_is_found() {
    let house = [made_up("schema", &["serde"]), made_up("directory", &["schema"]), made_up("wire", &["schema", "directory"])];
    assert_eq!(complaint(&house), "`wire` must not import `directory`");
}

#[test]
fn nobody_imports_the_front_door() {
    for (room, _) in ALLOWED.iter().filter(|(name, _)| *name != "chorsu") {
        let house = [made_up("chorsu", &[]), made_up(room, &["chorsu"])];
        assert_eq!(complaint(&house), format!("`{room}` must not import `chorsu`"));
    }
}

#[test]
fn a_cycle_is_found() {
    let house = [made_up("schema", &["store"]), made_up("store", &["schema"])];
    let found = violations(&house);
    assert!(found.contains(&"`schema` imports itself by way of others".to_owned()), "{found:?}");
}

#[test]
fn crates_outside_their_room_are_found() {
    assert!(complaint(&[made_up("dashboards", &["polars-core"])]).contains("must not import `polars`"));
    assert!(complaint(&[made_up("collector", &["clickhouse"])]).contains("must not import `clickhouse`"));
    assert_eq!(violations(&[made_up("store", &["polars", "clickhouse"])]), Vec::<String>::new());
}

#[test]
fn a_runtime_that_comes_by_a_detour_is_found() {
    let mut room = made_up("directory", &["some-client"]);
    room.reaches.insert("tokio".to_owned());
    assert!(complaint(&[room]).contains("without tokio"));
}

#[test]
fn the_two_ways_meet_in_the_front_door_only() {
    let mut room = made_up("simulator", &["schema"]);
    room.reaches.extend(["collector".to_owned(), "store".to_owned()]);
    assert!(complaint(&[room]).contains("only `chorsu` may know both"));
    assert_eq!(violations(&[made_up("chorsu", &["collector", "store"])]), Vec::<String>::new());
}

#[test]
fn attics_strangers_and_misnamed_folders_are_found() {
    let found = violations(&[made_up("common", &[])]);
    assert_eq!(found.len(), 2, "{found:?}");
    let renamed = Room { folder: "decoder".to_owned(), ..made_up("wire", &[]) };
    assert!(complaint(&[renamed]).contains("must have the crate's name"));
}
