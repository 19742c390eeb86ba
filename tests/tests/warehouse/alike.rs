//! Both executors give the same answers.

use std::sync::Arc;
use std::time::Duration;

use schema::{Asn, Locality, Mac, Timestamp, Window};
use serde_json::Value;
use store::Reader;
use store::answer::MemberName;
use store::question::{By, Question};
use store::reattribution::{Claim, append};
use tests::chorsu;
use tests::clickhouse::{ClickHouse, PASSWORD, USER};
use tests::warehouse::{client, minute, send, stranger, window};

use super::{assert_alike, both, journal, value};

/// Windows of more than two days: twenty minutes in a row, and then one in three hours; gaps, a window that began late, parts that came late, windows of one start that two
/// processes closed.
fn windows() -> Vec<Window> {
    let mut windows: Vec<Window> = (600..621).filter(|number| number % 11 != 3).map(|number| window(number, 1, None)).collect();
    windows.extend((0..1440 * 2).step_by(180).map(|number| window(number + 7, 2, None)));
    windows.push(window(651, 1, Some((17_000, 60_000))));
    windows.extend([window(605, 9, Some((60_000, 60_000))), window(1507, 9, Some((0, 60_000)))]);
    windows.extend([window(2_900, 1, Some((0, 20_000))), window(2_900, 5, Some((25_000, 60_000)))]);
    windows.extend((2_901..2_906).map(|number| window(number, 1, None)));
    windows
}

/// The answers to some forty questions, by what was asked: the matrix of every span, and one or two of the others, which take turns.
fn asked(reader: &Reader, live: &[Arc<Window>]) -> Vec<(String, Value)> {
    let mut answers = Vec::new();
    for (number, (name, question)) in questions().into_iter().enumerate() {
        let mut answer = |kind: &str, answer: Value| answers.push((format!("{kind} {name}"), answer));
        let matrix = |top| reader.matrix(&question, top, &|asn| format!("AS{asn}"), live).unwrap();
        answer("matrix", value(&matrix(None)));
        answer("localities", value(&reader.locality(&question, live).unwrap()));
        let by = [By::Nothing, By::Vlan, By::IpVersion, By::Locality][number % 4];
        answer("time series", value(&reader.timeseries(&question, None, by, live).unwrap()));
        match number % 4 {
            0 => answer("exporters", value(&reader.exporters(&question, live).unwrap())),
            1 => answer("ports", value(&reader.ports(&question, &|_, _| None, live).unwrap())),
            2 => {
                let hours = reader.timeseries(&question, Some(Duration::from_secs(7_200)), by, live).unwrap();
                answer("time series of two hours", value(&hours));
                answer("matrix of three", value(&matrix(Some(3))));
            }
            _ => {
                let members = [64_500, 64_999].map(|asn| MemberName { asn, name: format!("member {asn}") });
                answer("members", value(&reader.members(&question, &members, live).unwrap()));
                answer("unknown addresses", value(&reader.unknown_macs(&question, Some(4), live).unwrap()));
            }
        }
    }
    answers
}

fn questions() -> Vec<(&'static str, Question)> {
    let span = |from, to| Question::all(minute(from), minute(to));
    vec![
        ("of everything", span(-60, 1440 * 4)),
        ("of a day", span(0, 1440)),
        ("of an hour and a bit", span(598, 661)),
        ("of a few minutes", span(603, 609)),
        ("with edges at every level", span(617, 1440 + 611)),
        ("of nothing", span(641, 645)),
        ("of the last minutes", span(2_880, 2_910)),
        ("of one VLAN", Question { vlan: Some(100), ..span(0, 1440 * 3) }),
        ("of IPv6", Question { ip_version: Some(6), ..span(600, 700) }),
        ("of a sender", Question { src: Some(Asn(64_503)), ..span(0, 1440 * 3) }),
        ("of a receiver, raked", Question { dst: Some(Asn(64_501)), raked: true, ..span(600, 660) }),
        ("from abroad", Question { src_locality: Some(Locality::Foreign), ..span(0, 1440 * 3) }),
        ("into the economy", Question { dst_locality: Some(Locality::Domestic), ..span(600, 660) }),
        ("raked", Question { raked: true, ..span(0, 1440 * 3) }),
    ]
}

/// The answers of both, alike; `source` is what the warehouse's must name.
fn compare(ours: &Reader, theirs: &Reader, live: &[Arc<Window>], source: &str) {
    let is_of_something = |(name, _): &(String, Value)| !name.ends_with("of nothing");
    let (ours, theirs) = (asked(ours, live), asked(theirs, live));
    assert!(ours.len() >= 40, "{}", ours.len());
    assert_alike(&ours, &theirs);
    let named = theirs.iter().filter(|answer| is_of_something(answer)).filter(|(_, answer)| answer["source"] == source);
    assert!(
        2 * named.count() >= theirs.len(),
        "answered from elsewhere: {:?}",
        theirs.iter().map(|(_, it)| &it["source"]).collect::<Vec<_>>()
    );
}

#[test]
fn both_answer_every_question_alike() {
    let Some(engine) = ClickHouse::start("both_answer_every_question_alike") else { return };
    let (folder, windows) = (tempfile::tempdir().unwrap(), windows());
    let database = engine.database("alike");
    journal(folder.path(), &windows);
    let [ours, theirs] = both(&engine, folder.path(), &database);
    let client = client(&engine, &database);
    // Of another exchange in the same tables nothing may be seen.
    engine
        .told(&database, "INSERT INTO cells_1m (time, exchange, src_asn, dst_asn, bytes) SELECT '2026-11-21 10:05:00', 'other', 1, 2, 1e9");
    let (sent, late) = windows.split_at(windows.len() - 9);
    send(&engine, &client, folder.path(), sent);
    // Nine windows are a backlog, which the journal answers for; two more are in memory, of which one is in the journal, too.
    let live = [windows[windows.len() - 1].clone(), window(2_906, 1, Some((0, 30_000)))].map(Arc::new);
    for live in [&[][..], &live] {
        let questions = Question::all(minute(-60), minute(1440 * 4));
        let [one, other] = [&ours, &theirs].map(|reader| value(&reader.matrix(&questions, None, &|asn| asn.to_string(), live).unwrap()));
        assert_alike(&[("with a backlog".into(), one)], &[("".into(), other.clone())]);
        assert_eq!(other["source"], if live.is_empty() { "clickhouse+journal" } else { "clickhouse+journal+live" });
    }
    send(&engine, &client, folder.path(), late);
    compare(&ours, &theirs, &[], "clickhouse");
}

#[test]
fn addresses_that_are_claimed_later_are_given_to_their_members_alike() {
    let Some(engine) = ClickHouse::start("addresses_that_are_claimed_later_are_given_to_their_members_alike") else { return };
    let folder = tempfile::tempdir().unwrap();
    let windows: Vec<Window> = [5, 700, 1441, 1500, 2890].map(|number| window(number, 1, None)).into();
    let database = engine.database("claims");
    journal(folder.path(), &windows);
    send(&engine, &client(&engine, &database), folder.path(), &windows);
    let claim = |number, vlan, asn: u32| Claim::new(Mac::from_bits(stranger(number)), vlan, Asn(asn)).unwrap();
    let from_the_second_day = claim(1, None, 64_502).during(Some(minute(1440)), None).unwrap();
    let claims = [claim(0, Some(100), 64_501), from_the_second_day, claim(4, None, 64_777)];
    append(folder.path(), "a test", &claims, Timestamp(0)).unwrap();
    let [ours, theirs] = both(&engine, folder.path(), &database);
    let all = Question::all(minute(0), minute(1440 * 4));
    let members = ours.matrix(&all, None, &|asn| asn.to_string(), &[]).unwrap().members;
    assert!(members.iter().any(|member| member.asn == 64_777), "no claim was put over a row");
    compare(&ours, &theirs, &[], "clickhouse");
}

#[test]
fn the_command_ships_a_journal_and_asks_whom_the_configuration_names() {
    let Some(engine) = ClickHouse::start("the_command_ships_a_journal_and_asks_whom_the_configuration_names") else { return };
    let folder = tempfile::tempdir().unwrap();
    let windows: Vec<Window> = [5, 700, 701, 1441].map(|number| window(number, 1, None)).into();
    journal(&folder.path().join("data"), &windows);
    let file = folder.path().join("chorsu.toml");
    let configure = |questions: &str| {
        let section = format!(
            "[clickhouse]\nurl = \"{}\"\ndatabase = \"by_command\"\nuser = \"{USER}\"\nquestions = \"{questions}\"\n",
            engine.url()
        );
        std::fs::write(&file, section).unwrap();
    };
    let run = |arguments: &[&str]| {
        let with = ["--config", file.to_str().unwrap()];
        let output = chorsu(&[arguments, &with].concat()).env("CHORSU_CLICKHOUSE_PASSWORD", PASSWORD).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    configure("journal");
    let said = run(&["ship", "--from", "2026-11-21", "--to", "2026-11-23"]);
    assert!(said.contains("4 windows in the journal: 0 were in ClickHouse, 4 are there now"), "{said}");
    for question in ["matrix", "members", "ports", "exporters"] {
        let ask =
            || serde_json::from_str::<Value>(&run(&[question, "--from", "2026-11-21", "--to", "2026-11-23", "--format", "json"])).unwrap();
        configure("journal");
        let ours = ask();
        configure("clickhouse");
        let theirs = ask();
        assert_eq!((ours["source"].as_str(), theirs["source"].as_str()), (Some("journal"), Some("clickhouse")));
        assert_alike(&[(question.into(), ours)], &[(question.into(), theirs)]);
    }
}

#[test]
fn what_is_too_old_for_minutes_is_answered_from_longer_sums() {
    let Some(engine) = ClickHouse::start("what_is_too_old_for_minutes_is_answered_from_longer_sums") else { return };
    let [folder, empty] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let windows: Vec<Window> = [5, 6, 8, 700, 1441].map(|number| window(number, 1, None)).into();
    journal(folder.path(), &windows);
    journal(empty.path(), &[]);
    let database = engine.database("old");
    let [_, theirs] = both(&engine, empty.path(), &database);
    send(&engine, &client(&engine, &database), folder.path(), &windows);
    let ask = |reader: &Reader, from, to| {
        let answer = reader.matrix(&Question::all(minute(from), minute(to)), None, &|asn| asn.to_string(), &[]).unwrap();
        (answer.coverage.from, answer.coverage.to, answer.coverage.step, answer.total.bytes)
    };
    let ours = Reader::open(folder.path()).unwrap();
    assert_eq!(ask(&theirs, 6, 8), ask(&ours, 6, 8));
    for table in schema::warehouse::KEPT {
        engine.told(&database, &format!("ALTER TABLE {}_1m DROP PARTITION '2026-11-21'", table.name));
    }
    let (_, _, _, bytes) = ask(&ours, 5, 10);
    assert_eq!(ask(&theirs, 6, 8), (minute(5), minute(10), "5m".to_owned(), bytes));
    assert_eq!(ask(&theirs, 1440, 1443), ask(&ours, 1440, 1443));
}
