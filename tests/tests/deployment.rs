//! The compose file and what belongs to it. No container engine is needed: the file is held against its schema by docker-compose, and its parts against each other.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tests::run;

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").canonicalize().unwrap()
}

/// Debian's docker-compose on a file of the folder; `None` where it is not installed, after saying so.
fn compose(test: &str, file: &Path) -> Option<Output> {
    if !Path::new("/usr/bin/docker-compose").is_file() {
        println!("skipped: {test}: docker-compose is not installed; tests/prepare.sh installs it");
        return None;
    }
    Some(Command::new("/usr/bin/docker-compose").arg("--file").arg(file).arg("config").output().unwrap())
}

/// The compose file as docker-compose resolves it.
fn resolved(test: &str) -> Option<Value> {
    let output = compose(test, &deploy().join("compose.yaml"))?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Debian's docker-compose brings a Python that reads YAML.
    let program = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)";
    let mut reader = Command::new("/usr/bin/python3");
    reader.args(["-c", program]).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut reader = reader.spawn().unwrap();
    std::io::Write::write_all(&mut reader.stdin.take().unwrap(), &output.stdout).unwrap();
    Some(serde_json::from_slice(&reader.wait_with_output().unwrap().stdout).unwrap())
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn every_service_is_bounded_hardened_and_looked_after() {
    let Some(compose) = resolved("every_service_is_bounded_hardened_and_looked_after") else { return };
    let services = compose["services"].as_object().unwrap();
    assert_eq!(
        services.keys().collect::<BTreeSet<_>>(),
        ["chorsu", "clickhouse", "grafana"].iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>().iter().collect()
    );
    for (name, service) in services {
        assert!(service["read_only"] == true && texts(&service["cap_drop"]) == ["ALL"] && service["privileged"].is_null(), "{name}");
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        for bound in ["mem_limit", "memswap_limit", "cpus", "pids_limit", "healthcheck", "restart", "logging", "user"] {
            assert!(!service[bound].is_null(), "{name} has no {bound}");
        }
        assert!(!service["user"].as_str().unwrap().starts_with("0:"), "{name} runs as root");
        for port in service["ports"].as_array().into_iter().flatten() {
            let port = port.as_str().map_or_else(|| port.to_string(), str::to_owned);
            assert!(port.contains("127.0.0.1"), "{name} is open to the network by {port}");
        }
        for (variable, value) in service["environment"].as_object().into_iter().flatten() {
            let tells = variable.contains("PASSWORD") && !variable.ends_with("_FILE");
            assert!(!tells, "{name}: {variable} = {value} stands in the environment; give it as a file");
        }
    }
}

#[test]
fn what_is_mounted_is_there_and_every_secret_is_made() {
    let Some(compose) = resolved("what_is_mounted_is_there_and_every_secret_is_made") else { return };
    let made = tempfile::tempdir().unwrap();
    let make = || Command::new(deploy().join("make-secrets.sh")).arg(made.path()).output().unwrap();
    assert!(make().status.success());
    let read = |name: &str| std::fs::read_to_string(made.path().join(name)).unwrap();
    let first = read("chorsu_clickhouse_password");
    assert!(first.len() == 32 && first != read("grafana_clickhouse_password"), "{first}");
    assert!(make().status.success());
    assert_eq!(read("chorsu_clickhouse_password"), first, "what is in use stays");
    let sum = Command::new("sha256sum").arg(made.path().join("chorsu_clickhouse_password")).output().unwrap();
    let hash = String::from_utf8_lossy(&sum.stdout).split(' ').next().unwrap().to_owned();
    assert!(read("clickhouse_users.xml").contains(&format!("<password_sha256_hex>{hash}</password_sha256_hex>")));
    for (name, secret) in compose["secrets"].as_object().unwrap() {
        let file = Path::new(secret["file"].as_str().unwrap()).file_name().unwrap();
        assert!(made.path().join(file).is_file(), "{name} is not made");
    }
    let services = compose["services"].as_object().unwrap();
    for (name, service) in services {
        for volume in texts(&service["volumes"]) {
            let host = Path::new(volume.split(':').next().unwrap());
            let is_operators = host.file_name().is_some_and(|file| file == "members.toml");
            assert!(!host.is_absolute() || is_operators || host.exists(), "{name} mounts {volume}, which is not there");
        }
    }
    assert!(deploy().join("..").join(services["chorsu"]["build"]["dockerfile"].as_str().unwrap()).is_file());
    let source = std::fs::read_to_string(deploy().join("../dashboards/grafana/provisioning/datasources/chorsu.yaml")).unwrap();
    for variable in source.split('$').skip(1).filter_map(|rest| rest.lines().next()).filter(|name| name.starts_with("CHORSU")) {
        assert!(services["grafana"]["environment"].get(variable).is_some(), "{variable} is not given to Grafana");
    }
}

#[test]
fn a_key_that_compose_does_not_know_is_found() {
    let broken = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(deploy().join("compose.yaml")).unwrap();
    let path = broken.path().join("compose.yaml");
    std::fs::write(&path, text.replace("stop_grace_period", "stop_grace_periods")).unwrap();
    let Some(output) = compose("a_key_that_compose_does_not_know_is_found", &path) else { return };
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("stop_grace_periods"));
}

#[test]
fn the_configuration_has_no_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let text = std::fs::read_to_string(deploy().join("chorsu.toml")).unwrap();
    let here = text
        .replace("/var/lib/chorsu", &path("data"))
        .replace("/run/secrets/chorsu_clickhouse_password", &path("password"))
        .replace("\"127.0.0.1:8080\"", "\"127.0.0.1:0\"")
        .replace("http://127.0.0.1:8123", "http://127.0.0.1:1")
        .replace("[store]", "[collect]\nlisten = [\"127.0.0.1:0\"]\n\n[store]");
    assert_eq!(here.matches(folder.path().to_str().unwrap()).count(), 2, "the data and the password are where the compose file has them");
    std::fs::write(path("chorsu.toml"), here).unwrap();
    std::fs::write(path("password"), "word\n").unwrap();
    std::fs::write(path("members.toml"), "[[member]]\nasn = 64500\nname = \"Example\"\nmacs = [\"02:00:5e:00:00:01\"]\n").unwrap();
    let output = run(&["check", "--config", &path("chorsu.toml")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("no mistakes"));
}
