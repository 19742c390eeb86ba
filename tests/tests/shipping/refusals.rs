//! What is said when ClickHouse does not let one in, or cannot be reached.

use std::net::TcpListener;
use std::time::Duration;

use schema::Timestamp;
use store::warehouse::{Access, Client, Timeouts, Trouble};
use tests::{chorsu, run};

use super::made::{Store, access, shipper};
use super::old::{OldServer, WORD};
use super::{engine, proxy::Proxy};

/// What a way in is refused with.
fn trouble(access: &Access) -> String {
    let said = Client::new(access).and_then(|client| client.version()).unwrap_err().to_string();
    assert!(!said.contains('\n') && !said.contains(access.password.reveal()), "{said}");
    said
}

#[test]
fn an_old_server_tells_why_it_lets_nobody_in() {
    let Some(server) = OldServer::start("an_old_server_tells_why_it_lets_nobody_in") else { return };
    let client = Client::new(&server.access("chorsu", WORD)).unwrap();
    assert!(client.version().unwrap().starts_with("18."));
    for (user, password, part) in [
        ("chorsu", "another-word", "the password is wrong: see `clickhouse.password_file`"),
        ("nobody", WORD, "`clickhouse.user` is not known there"),
        ("elsewhere", WORD, "the user may not come from this machine's address"),
    ] {
        let said = trouble(&server.access(user, password));
        assert!(said.contains(part), "{user}: {said}");
    }
    let reader = Client::new(&server.access("reader", WORD)).unwrap();
    let refused = reader.execute("CREATE TABLE t (a UInt8) ENGINE = Memory", &[]).unwrap_err();
    assert_eq!(refused.refusal().map(|refusal| refusal.code), Some(164), "{refused}");
    let missing = client.ask("SELECT * FROM windows", &[], "TabSeparated").unwrap_err().to_string();
    assert!(missing.contains("`chorsu schema apply` makes it"), "{missing}");
    let elsewhere = Access { database: "nowhere".into(), ..server.access("chorsu", WORD) };
    let missing = Client::new(&elsewhere).unwrap().ask("SELECT 1", &[], "TabSeparated").unwrap_err().to_string();
    assert!(missing.contains("the database is missing"), "{missing}");
}

#[test]
fn by_tls_only_the_authorities_that_are_named_are_trusted() {
    let Some(server) = OldServer::start("by_tls_only_the_authorities_that_are_named_are_trusted") else { return };
    let version = Client::new(&server.by_tls(Some("ca.pem"))).unwrap().version();
    assert!(version.unwrap().starts_with("18."));
    let said = trouble(&server.by_tls(Some("other.pem")));
    assert!(said.contains("invalid peer certificate"), "{said}");
    for (name, content, part) in [
        ("empty.pem", "", "holds no certificate"),
        ("none.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read"),
    ] {
        std::fs::write(server.file(name), content).unwrap();
        assert!(trouble(&server.by_tls(Some(name))).contains(part), "{name}");
    }
    assert!(trouble(&server.by_tls(Some("missing.pem"))).contains("see `clickhouse.ca_file`"));
    // The system's own authorities have not signed it; where a system trusts nobody, that is said.
    let said = trouble(&server.by_tls(None));
    assert!(said.contains("invalid peer certificate") || said.contains("install ca-certificates"), "{said}");
}

#[test]
fn nobody_there_somebody_else_and_a_silent_one_are_told_apart() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    let quick = Timeouts { connect: Duration::from_secs(1), question: Duration::from_millis(300), insert: Duration::from_millis(300) };
    let silent = Access { timeouts: quick, ..access(&url, "x") };
    assert!(trouble(&silent).contains("did not answer in time"), "a listener that never answers");
    drop(free);
    let said = trouble(&silent);
    assert!(said.contains("cannot be reached") && said.contains("onnection refused"), "{said}");

    let somebody = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", somebody.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut asked, _) = somebody.accept().unwrap();
        let _ = asked.read(&mut [0; 4_096]);
        asked.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nno such x").unwrap();
    });
    assert!(trouble(&access(&url, "x")).contains("see that `clickhouse.url` is the HTTP interface"));
}

#[test]
fn a_configuration_is_checked_against_the_database_and_shows_no_password() {
    let Some((engine, database)) = engine("a_configuration_is_checked_against_the_database_and_shows_no_password", "checked") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chorsu.toml");
    let check = |password: &str, url: &str| {
        std::fs::write(folder.path().join("password"), password).unwrap();
        let text = format!(
            "[collect]\nlisten = [\"127.0.0.1:0\"]\n[http]\nlisten = \"127.0.0.1:0\"\n[clickhouse]\nurl = \"{url}\"\ndatabase = \"{database}\"\npassword_file = \"password\"\n"
        );
        std::fs::write(&path, text).unwrap();
        let output = run(&["check", "--config", path.to_str().unwrap()]);
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        assert!(!said.contains(password), "{said}");
        (output.status.success(), said)
    };
    let (is_right, said) = check(tests::clickhouse::PASSWORD, &engine.url());
    assert!(is_right && said.contains("note: ClickHouse 26."), "{said}");
    let (is_right, said) = check("an0ther-word", &engine.url());
    assert!(!is_right && said.contains("user or password is wrong: see `clickhouse.user`"), "{said}");
    let (is_right, said) = check("an0ther-word", "http://127.0.0.1:1");
    assert!(is_right && said.contains("until it answers, windows wait in the journal"), "{said}");
    let by_environment = chorsu(&["ship", "--config", path.to_str().unwrap(), "--from", "2026-11-01"]).output().unwrap();
    assert!(!by_environment.status.success());
}

#[test]
fn a_refusal_is_told_and_the_next_turn_goes_on_from_there() {
    let Some((engine, database)) = engine("a_refusal_is_told_and_the_next_turn_goes_on_from_there", "refused") else { return };
    let proxy = Proxy::to(&engine.url());
    let mut store = Store::new();
    store.append(3);
    let mut shipper = shipper(store.path(), access(&proxy.url(), &database));
    engine.told(&database, "RENAME TABLE ports_1m TO ports_elsewhere");
    let refused = shipper.turn(Timestamp::now()).unwrap_err();
    assert!(!refused.may_pass() && refused.to_string().contains("a table is missing"), "{refused}");
    engine.told(&database, "RENAME TABLE ports_elsewhere TO ports_1m");
    shipper.turn(Timestamp::now()).unwrap();
    store.must_be_there_once(&engine, &database);
    // One that takes everything and says nothing is given up in time.
    store.append(1);
    proxy.get_stuck();
    let quick = Timeouts { insert: Duration::from_millis(500), question: Duration::from_millis(500), ..access("", "").timeouts };
    let mut impatient = super::made::shipper(store.path(), Access { timeouts: quick, ..access(&proxy.url(), &database) });
    let stuck = impatient.turn(Timestamp::now()).unwrap_err();
    assert!(matches!(&stuck, store::shipping::ShippingError::Warehouse(Trouble::TimedOut { .. })), "{stuck}");
}
