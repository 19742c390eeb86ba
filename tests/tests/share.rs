//! How much stays local, as an operator meets it: a configuration, declared volumes, `check` and `share`.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use serde_json::Value;
use tempfile::TempDir;
use tests::{json, number, run};

struct Site(TempDir);

impl Site {
    /// A journal of a simulated exchange, and files around it.
    fn new() -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        let (pcap, ixf, data) = (site.path("x.pcap"), site.path("ixf.json"), site.path("data"));
        let done = |arguments: &[&str]| assert!(run(arguments).status.success(), "{arguments:?}");
        done(&["simulate", "--pcap", &pcap, "--ixf", &ixf, "--for", "2m", "--rate", "200", "--members", "6"]);
        done(&["replay", &pcap, "--members", &ixf, "--into", &data, "--format", "json"]);
        site.write("chorsu.toml", "[collect]\nlisten = [\"127.0.0.1:0\"]\n[store]\ndata = \"data\"\n[http]\nlisten = \"127.0.0.1:0\"\n[members]\nfile = \"ixf.json\"\n[share]\nvolumes = \"volumes.csv\"\n");
        site
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }
}

#[test]
fn declared_volumes_give_a_share_between_two_ends_and_say_what_is_missing() {
    let site = Site::new();
    let (data, members, volumes) = (site.path("data"), site.path("ixf.json"), site.path("volumes.csv"));
    let alone = json(&["share", "--data", &data, "--members", &members, "--format", "json"]);
    assert_eq!((&alone["accessible"], &alone["headline"]), (&Value::Null, &Value::from("nothing")));
    let month = alone["from"].as_str().unwrap()[..7].to_owned();
    let asn = number(&alone, "/members/0/asn");
    site.write(
        "volumes.csv",
        &format!("month,member,class,volume,source\n{month},{asn},transit,2 TB,invoice\n{month},{asn},transit,1 TB,again\n"),
    );
    let share = json(&["share", "--data", &data, "--members", &members, "--volumes", &volumes, "--month", &month, "--format", "json"]);
    assert_eq!(share["members"][0]["transit"]["told"], "declared");
    assert_eq!(number(&share, "/members/0/transit/bytes_high"), 2_000_000_000_000);
    // Others tell nothing: the lower end is not known.
    assert_eq!(share["exchanged"]["low"]["identified"], false);
    assert!(number(&share, "/volumes/exchanged/low") > 0 && share["missing"].to_string().contains("was not measured for"), "{share}");
    let text = run(&["share", "--data", &data, "--members", &members, "--volumes", &volumes, "--month", &month]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("2.00 TB declared") && text.contains("\nmissing\n") && text.contains("1 of 6 networks tell"), "{text}");
}

#[test]
fn check_tells_the_lines_that_are_left_out_and_refuses_a_file_without_columns() {
    let site = Site::new();
    let config = site.path("chorsu.toml");
    site.write("volumes.csv", "month,member,class,volume,source\n2026-11,64501,transit,2,invoice\n2026-11,64501,cache,2 TB,invoice\n");
    let checked = run(&["check", "--config", &config]);
    let said = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.success() && said.contains("volumes.csv: 1 declared volumes"), "{said}");
    assert!(said.contains("volumes.csv, line 2: `volume` is `2` and was left out"), "{said}");
    for (text, part) in [("month,member\n", "there is no column `class`"), ("", "is empty")] {
        site.write("volumes.csv", text);
        for command in [&["check", "--config", &config][..], &["share", "--config", &config]] {
            let refused = run(command);
            let said = String::from_utf8(refused.stderr).unwrap();
            assert!(refused.status.code() == Some(1) && said.contains("volumes.csv") && said.contains(part), "{said}");
        }
    }
}
