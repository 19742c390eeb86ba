//! From an address to its economy and its network, as an operator meets it: a configuration, files that change, `check` and `lookup`.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tests::{Service, json, number, run};

const REGISTRY: &str = "2|test|20261127|2|19700101|20261127|+0000
test|TJ|ipv4|192.0.2.0|256|20260101|allocated|a
test|US|ipv4|198.51.100.0|256|20260101|allocated|b
test|US|asn|64500|1|20260101|allocated|b
";

struct Site(TempDir);

impl Site {
    fn new(more: &str) -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        site.write("registry", REGISTRY);
        site.write("feed.csv", "198.51.100.0/25,TJ,,Dushanbe,\n192.0.2.300/24,TJ\n");
        site.write("caches.csv", "198.51.100.200/32,a cache\nAS64500\n");
        site.write(
            "chorsu.toml",
            &format!(
                "[collect]\nlisten = [\"127.0.0.1:0\"]\n[store]\ndata = \"data\"\n[http]\nlisten = \"127.0.0.1:0\"\n\
                 [economy]\nhome = \"TJ\"\ngeofeeds = \"feed.csv\"\nregistries = [\"registry\"]\nlocal_cache = \"caches.csv\"\n{more}"
            ),
        );
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
fn look_ups_name_the_file_that_decided() {
    let site = Site::new("");
    let config = site.path("chorsu.toml");
    let words = ["192.0.2.1", "198.51.100.1", "198.51.100.130", "198.51.100.200", "2001:db8::1", "AS64500"];
    let found = json(&[&["lookup", "--config", &config, "--format", "json"], words.as_slice()].concat());
    let seen = |place: usize| {
        let of = &found["addresses"][place];
        [&of["locality"], &of["economy"], &of["economy_by"]["kind"]].map(|value| value.as_str().unwrap_or("–").to_owned())
    };
    assert_eq!(seen(0), ["domestic", "TJ", "registries"]);
    assert_eq!(seen(1), ["domestic", "TJ", "geofeeds"]);
    assert_eq!(seen(2), ["foreign", "US", "registries"]);
    assert_eq!(seen(3), ["local_cache", "US", "registries"]);
    assert_eq!(seen(4), ["unknown", "–", "–"]);
    assert_eq!(found["addresses"][0]["economy_by"]["data_of"], "2026-11-27T00:00:00Z");
    let network = &found["networks"][0];
    assert_eq!((&network["registered_in"], &network["local_cache_by"]["kind"]), (&Value::from("US"), &Value::from("local_cache")));
    let table = run(&["lookup", "192.0.2.1", "--home", "US", "--registries", &site.path("registry")]);
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(table.starts_with("seen from US\n") && table.contains("192.0.2.1  foreign   TJ"), "{table}");
}

#[test]
fn a_check_tells_what_each_file_holds_and_what_it_leaves_out() {
    let site = Site::new("");
    let checked = run(&["check", "--config", &site.path("chorsu.toml")]);
    let said = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.success());
    for text in [
        "feed.csv: line 2: `192.0.2.300/24` is no prefix and was left out",
        "registry: a registry's statistics of 2026-11-27T00:00:00Z with 2 prefixes of IPv4, 0 of IPv6 and 1 ranges of AS numbers",
    ] {
        assert!(said.contains(text), "{text}\n{said}");
    }
    site.write("registry", "<html>");
    let checked = run(&["check", "--config", &site.path("chorsu.toml")]);
    let said = String::from_utf8(checked.stderr).unwrap();
    assert!(checked.status.code() == Some(1) && said.contains("registry: is no registry's statistics"), "{said}");
}

#[test]
fn files_are_read_again_and_a_broken_one_goes_on_saying_what_it_said() {
    let site = Site::new("");
    let mut service = Service::start(&["run", "--config", &site.path("chorsu.toml")]);
    service.listens();
    let pages = service.pages();
    let prefixes = |status: &Value, place| status.pointer(&format!("/places/sources/{place}/ipv4_prefixes")).and_then(Value::as_u64);
    let first = pages.until("/api/v1/status", |status| prefixes(status, 1) == Some(2));
    assert_eq!((prefixes(&first, 0), number(&first, "/places/sources/0/left_out")), (Some(1), 1));
    site.write("feed.csv", "198.51.100.0/25,TJ\n203.0.113.0/24,TJ\n");
    site.write("registry", "<html>");
    service.signal(Signal::SIGHUP);
    let second = pages.until("/api/v1/status", |status| prefixes(status, 0) == Some(2));
    assert_eq!(prefixes(&second, 1), Some(2));
    assert!(second["places"]["sources"][1]["refused"].as_str().unwrap().contains("is no registry's statistics"));
    service.stop();
}

#[test]
fn nothing_above_layer_2_is_looked_at_where_that_is_switched_off() {
    let site = Site::new("[privacy]\nlayer2_only = true\n");
    let config = site.path("chorsu.toml");
    let refused = run(&["lookup", "192.0.2.1", "--config", &config]);
    assert!(String::from_utf8(refused.stderr).unwrap().contains("`privacy.layer2_only` switches look-ups off"));
    let checked = String::from_utf8(run(&["check", "--config", &config]).stdout).unwrap();
    assert!(checked.contains("`privacy.layer2_only` is on") && !checked.contains("feed.csv"), "{checked}");
    let mut service = Service::start(&["run", "--config", &config]);
    service.listens();
    assert!(service.pages().json("/api/v1/status")["places"].is_null());
    service.stop();
}
