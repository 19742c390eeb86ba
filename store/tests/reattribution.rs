//! Members that are registered late get their history, and no file of the journal changes for it.
#![expect(clippy::unwrap_used, reason = "a test that cannot make its store has failed")]

mod made;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use made::*;
use proptest::collection::vec;
use proptest::prelude::*;
use schema::window::CellRow;
use schema::{Asn, Mac, Party, Reason, Timestamp, Window};
use store::answer::MatrixAnswer;
use store::question::{By, Question};
use store::reattribution::{Claim, FILE, MAX_CLAIMS, Refusal, append, load, withdraw};
use store::{Reader, StoreError, TableFormat, encode};

const NOW: Timestamp = Timestamp(MIDNIGHT.0 + 40 * 86_400_000);

fn mac(number: u8) -> Mac {
    Mac::new([2, 0, 0, 0, 0, number])
}

/// Whose traffic a row is: a member, or a MAC address above 0x80.
fn party(number: u8) -> (u32, u64) {
    if number & 0x80 == 0 { (number.into(), 0) } else { (0, mac(number).bits()) }
}

fn row(src: u8, dst: u8, reason: Reason, vlan: u16, bytes: u64) -> CellRow {
    let ((src, src_mac), (dst, dst_mac)) = (party(src), party(dst));
    CellRow { src_mac, dst_mac, vlan, ..cell(src, dst, reason.code(), bytes) }
}

/// The late member's MAC address.
const LATE: u8 = 0x89;
const OTHER: u8 = 0x90;

/// One row for each way in which the late member's MAC address can stand in the journal, and two others.
fn all_ways() -> Vec<CellRow> {
    vec![
        row(LATE, 2, Reason::UnknownSource, 0, 10_000),
        row(2, LATE, Reason::UnknownDestination, 0, 2_000),
        row(LATE, OTHER, Reason::UnknownBoth, 0, 300),
        row(OTHER, LATE, Reason::UnknownBoth, 7, 40),
        row(1, 2, Reason::Attributed, 0, 5),
        row(OTHER, 2, Reason::UnknownSource, 0, 6),
    ]
}

fn claim(mac_number: u8, asn: u32) -> Claim {
    Claim::new(mac(mac_number), None, Asn(asn)).unwrap()
}

fn in_vlan(vlan: u16) -> Claim {
    Claim::new(mac(LATE), Some(vlan), Asn(9)).unwrap()
}

/// What two parties exchanged, without the estimate.
fn cells(answer: &MatrixAnswer) -> BTreeMap<(u32, u32), u64> {
    answer.cells.iter().map(|cell| ((cell.src, cell.dst), cell.estimate.bytes)).collect()
}

fn reasons(answer: &MatrixAnswer) -> BTreeMap<&'static str, u64> {
    answer.unattributed.reasons.iter().map(|(reason, estimate)| (*reason, estimate.bytes)).collect()
}

/// What does not say from which windows an answer was made.
fn gist(mut answer: MatrixAnswer) -> MatrixAnswer {
    answer.coverage.step = String::new();
    answer
}

/// Every file under a folder with its octets.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in dir.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(contents(&path));
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    files
}

#[test]
fn what_a_late_member_exchanged_moves_from_the_unattributed_to_its_cells() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[window(minute(0), 1, all_ways())]));
    let before = matrix(dir.path(), &minutes(0, 1));
    let journal = contents(&dir.path().join("journal"));
    assert_eq!(append(dir.path(), "members.toml", &[claim(LATE, 9)], NOW).unwrap(), 1);

    let after = matrix(dir.path(), &minutes(0, 1));
    assert_eq!(cells(&before), BTreeMap::from([((1, 2), 5)]));
    assert_eq!(cells(&after), BTreeMap::from([((1, 2), 5), ((2, 9), 2_000), ((9, 2), 10_000)]));
    assert_eq!(reasons(&before), BTreeMap::from([("unknown_source", 10_006), ("unknown_destination", 2_000), ("unknown_both", 340)]));
    assert_eq!(reasons(&after), BTreeMap::from([("unknown_source", 6 + 40), ("unknown_destination", 300)]));
    let gained: u64 = cells(&after).values().sum::<u64>() - cells(&before).values().sum::<u64>();
    assert_eq!(before.unattributed.all.bytes - after.unattributed.all.bytes, gained);
    assert_eq!(after.total, before.total);
    assert_eq!(contents(&dir.path().join("journal")), journal, "no file of the journal is rewritten");
}

#[test]
fn both_sides_may_be_claimed() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[window(minute(0), 1, all_ways())]));
    append(dir.path(), "one", &[claim(LATE, 9)], NOW).unwrap();
    append(dir.path(), "two", &[claim(OTHER, 1)], NOW).unwrap();
    let answer = matrix(dir.path(), &minutes(0, 1));
    let expected = BTreeMap::from([((1, 2), 5 + 6), ((1, 9), 40), ((2, 9), 2_000), ((9, 1), 300), ((9, 2), 10_000)]);
    assert_eq!((cells(&answer), reasons(&answer)), (expected, BTreeMap::new()));
}

#[test]
fn a_reason_that_has_nothing_to_do_with_the_member_stays() {
    let kept = [
        row(LATE, 0, Reason::GroupDestination, 0, 1),
        row(LATE, 0, Reason::AmbiguousMac, 0, 20),
        row(LATE, OTHER, Reason::Tunnelled, 0, 300),
        row(LATE, 2, Reason::Discarded, 0, 4_000),
        row(2, LATE, Reason::CorePort, 0, 50_000),
        CellRow { reason: 200, ..row(LATE, 2, Reason::UnknownSource, 0, 600_000) },
    ];
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[window(minute(0), 1, kept.to_vec())]));
    let before = matrix(dir.path(), &minutes(0, 1));
    append(dir.path(), "list", &[claim(LATE, 9)], NOW).unwrap();
    assert_eq!(matrix(dir.path(), &minutes(0, 1)), before);
    let sent = matrix(dir.path(), &Question { src: Some(Asn(9)), ..minutes(0, 1) });
    assert_eq!(reasons(&sent), BTreeMap::from([("group_destination", 1), ("ambiguous_mac", 20), ("tunnelled", 300), ("unknown", 600_000)]));
    assert_eq!(sent.set_aside.all.bytes, 4_000);
    let received = matrix(dir.path(), &Question { dst: Some(Asn(9)), ..minutes(0, 1) });
    assert_eq!((received.total.bytes, received.set_aside.all.bytes), (0, 50_000));
}

#[test]
fn what_another_frame_carries_is_exchanged_once_both_sides_are_known() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[window(minute(0), 1, vec![row(2, LATE, Reason::Tunnelled, 0, 5)])]));
    append(dir.path(), "list", &[claim(LATE, 9)], NOW).unwrap();
    assert_eq!(cells(&matrix(dir.path(), &minutes(0, 1))), BTreeMap::from([((2, 9), 5)]));
}

#[test]
fn every_level_gives_the_same_answer() {
    let dir = tempfile::tempdir().unwrap();
    let windows: Vec<Window> = [0, 3, 61, 700, 1_439, 1_440, 1_500, 2_879].map(|number| window(minute(number), 1, all_ways())).into();
    let mut journal = filled(dir.path(), &windows);
    let today = claim(LATE, 9).during(Some(MIDNIGHT), Some(MIDNIGHT.plus(DAY))).unwrap();
    append(dir.path(), "list", &[today], NOW).unwrap();
    let questions =
        [("1m", minutes(0, 3)), ("5m", minutes(0, 5)), ("1h", minutes(0, 60)), ("1d", minutes(0, 1_440)), ("1d", minutes(0, 2_880))];
    let fine = questions.clone().map(|(_, question)| matrix(dir.path(), &question));
    let hourly = timeseries(dir.path(), &Question { src: Some(Asn(9)), ..minutes(0, 2_880) }, HOUR);
    journal.maintain(later()).unwrap();
    for ((level, question), fine) in questions.iter().zip(fine) {
        let coarse = matrix(dir.path(), question);
        assert_eq!(coarse.coverage.step, *level);
        assert_eq!(gist(coarse), gist(fine), "{level}");
    }
    let two_days = matrix(dir.path(), &minutes(0, 2_880));
    assert_eq!(
        cells(&two_days),
        BTreeMap::from([((1, 2), 8 * 5), ((2, 9), 5 * 2_000), ((9, 2), 5 * 10_000)]),
        "five of eight are of its day"
    );
    assert_eq!(timeseries(dir.path(), &Question { src: Some(Asn(9)), ..minutes(0, 2_880) }, HOUR).series, hourly.series);
}

#[test]
fn a_claim_holds_from_its_first_day_to_before_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let day = |number: u32| MIDNIGHT.plus(DAY * number);
    let windows: Vec<Window> =
        (0..5).map(|number| window(minute(number * 1_440), 1, vec![row(LATE, 2, Reason::UnknownSource, 0, 1)])).collect();
    drop(filled(dir.path(), &windows));
    let all = minutes(0, 5 * 1_440);
    for (from, until, days) in
        [(None, None, 5), (Some(day(1)), None, 4), (None, Some(day(1)), 1), (Some(day(1)), Some(day(3)), 2), (Some(day(5)), None, 0)]
    {
        let id = append(dir.path(), "list", &[claim(LATE, 9).during(from, until).unwrap()], NOW).unwrap();
        let answer = matrix(dir.path(), &all);
        assert_eq!((cells(&answer).get(&(9, 2)).copied().unwrap_or_default(), answer.unattributed.all.bytes), (days, 5 - days));
        withdraw(dir.path(), id, NOW).unwrap();
    }
}

#[test]
fn a_claim_for_a_vlan_leaves_other_vlans_alone() {
    let dir = tempfile::tempdir().unwrap();
    let rows = [0, 7, 8].map(|vlan| row(LATE, 2, Reason::UnknownSource, vlan, 10_u64.pow(vlan.into())));
    drop(filled(dir.path(), &[window(minute(0), 1, rows.to_vec())]));
    let id = append(dir.path(), "list", &[in_vlan(7)], NOW).unwrap();
    let claimed = || cells(&matrix(dir.path(), &minutes(0, 1)));
    assert_eq!(claimed(), BTreeMap::from([((9, 2), 10_000_000)]));
    append(dir.path(), "the rest", &[claim(LATE, 5)], NOW).unwrap();
    assert_eq!(claimed(), BTreeMap::from([((5, 2), 100_000_001), ((9, 2), 10_000_000)]));
    withdraw(dir.path(), id, NOW).unwrap();
    assert_eq!(claimed(), BTreeMap::from([((5, 2), 110_000_001)]));
    let untagged = matrix(dir.path(), &Question { vlan: Some(0), ..minutes(0, 1) });
    assert_eq!(cells(&untagged), BTreeMap::from([((5, 2), 1)]));
}

#[test]
fn a_withdrawal_restores_every_answer_exactly() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[window(minute(0), 1, all_ways())]));
    let reader = Reader::open(dir.path()).unwrap();
    let ask = || {
        let question = minutes(0, 1);
        let matrix = reader.matrix(&question, None, &|asn| asn.to_string(), &[]).unwrap();
        (matrix, reader.members(&question, &[], &[]).unwrap(), reader.unknown_macs(&question, None, &[]).unwrap())
    };
    let before = ask();
    let id = append(dir.path(), "list", &[claim(LATE, 9), claim(OTHER, 1)], NOW).unwrap();
    assert_ne!(ask(), before);
    withdraw(dir.path(), id, NOW).unwrap();
    assert_eq!(ask(), before);
    let known = load(dir.path()).unwrap();
    assert_eq!((known.all().len(), known.in_force().count(), known.all()[0].withdrawn), (1, 0, Some(NOW)));
    for (id, refused) in [(id, Refusal::Withdrawn { id, at: NOW }), (7, Refusal::NoSuch { id: 7 })] {
        assert!(matches!(withdraw(dir.path(), id, NOW), Err(StoreError::Reattribution(found)) if found == refused));
    }
}

#[test]
fn filters_and_time_series_find_the_history_of_a_late_member() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[window(minute(0), 1, all_ways()), window(minute(2), 1, all_ways())]));
    append(dir.path(), "list", &[claim(LATE, 9)], NOW).unwrap();
    let sent = Question { src: Some(Asn(9)), ..minutes(0, 3) };
    let received = Question { dst: Some(Asn(9)), ..minutes(0, 3) };
    assert_eq!((matrix(dir.path(), &sent).total.bytes, matrix(dir.path(), &received).total.bytes), (2 * 10_300, 2 * 2_040));
    let points = |question| {
        timeseries(dir.path(), question, MINUTE).series[0].points.iter().map(|point| point.map(|point| point.bytes)).collect::<Vec<_>>()
    };
    assert_eq!(points(&sent), [Some(10_300), None, Some(10_300)]);
    let reader = Reader::open(dir.path()).unwrap();
    let by_vlan = reader.timeseries(&received, Some(MINUTE), By::Vlan, &[]).unwrap();
    assert_eq!(by_vlan.series.iter().map(|series| series.key.as_str()).collect::<Vec<_>>(), ["0", "7"]);
    let members = reader.members(&minutes(0, 3), &[], &[]).unwrap();
    let late = members.members.iter().find(|member| member.member.asn == 9).unwrap();
    assert_eq!((late.sent.bytes, late.received.bytes, late.peers), (2 * 10_300, 2 * 2_040, 1));
}

#[test]
fn a_running_service_shows_a_claim_with_its_next_answer_and_in_live_windows_too() {
    let dir = tempfile::tempdir().unwrap();
    let journal = filled(dir.path(), &[window(minute(0), 1, all_ways())]);
    let reader = Reader::open(dir.path()).unwrap();
    let running = live(window(minute(1), 1, all_ways()));
    let sent = || {
        let question = Question { src: Some(Asn(9)), ..minutes(0, 2) };
        reader.matrix(&question, None, &|asn| asn.to_string(), &running).unwrap().total.bytes
    };
    assert_eq!(sent(), 0);
    let id = append(dir.path(), "list", &[claim(LATE, 9)], NOW).unwrap();
    assert_eq!(sent(), 2 * 10_300);
    withdraw(dir.path(), id, NOW).unwrap();
    assert_eq!(sent(), 0);
    append(dir.path(), "list", &[in_vlan(7)], NOW).unwrap();
    let unknown = reader.clone().unknown_macs(&minutes(0, 2), None, &running).unwrap().macs;
    let unknown: Vec<_> = unknown.iter().map(|unknown| (unknown.mac, unknown.vlan)).collect();
    assert_eq!((sent(), unknown), (0, vec![(mac(LATE), 0), (mac(OTHER), 0), (mac(OTHER), 7)]));
    drop(journal);
}

#[test]
fn a_kill_halfway_through_a_line_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    append(dir.path(), "first", &[claim(LATE, 9)], NOW).unwrap();
    let path = dir.path().join(FILE);
    let one = fs::read(&path).unwrap();
    append(dir.path(), "zwei ü", &[claim(OTHER, 1)], NOW).unwrap();
    let two = fs::read(&path).unwrap();
    for cut in one.len()..two.len() {
        fs::write(&path, &two[..cut]).unwrap();
        let known = load(dir.path()).unwrap();
        assert_eq!(known.all().iter().map(|made| made.by.as_str()).collect::<Vec<_>>(), ["first"], "cut at {cut}");
        assert_eq!(append(dir.path(), "zwei ü", &[claim(OTHER, 1)], NOW).unwrap(), 2);
        assert_eq!(fs::read(&path).unwrap(), two, "cut at {cut}");
    }
}

#[test]
fn lists_that_are_made_at_the_same_time_all_stay() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let mut ids: Vec<u64> = std::thread::scope(|scope| {
        let path = dir.path();
        let made = |number: u8| scope.spawn(move || append(path, "list", &[claim(0x80 | number, 1)], NOW).unwrap());
        let threads: Vec<_> = (0..8).map(made).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    ids.sort_unstable();
    assert_eq!(ids, (1..=8).collect::<Vec<_>>());
    assert_eq!(load(dir.path()).unwrap().in_force().count(), 8);
}

#[test]
fn a_broken_line_is_named_with_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let journal = filled(dir.path(), &[window(minute(0), 1, all_ways())]);
    append(dir.path(), "list", &[claim(LATE, 9)], NOW).unwrap();
    let path = dir.path().join(FILE);
    let good = fs::read_to_string(&path).unwrap();
    let noon = good.replace("\"from\":null", "\"from\":\"2026-11-21T12:00:00Z\"").replace("\"id\":1", "\"id\":2");
    let broken =
        ["{", "[]", "null", "{\"id\":2}", good.trim_end(), noon.trim_end(), "{\"withdraws\":9,\"made\":\"2026-11-21\"}", "\u{0}\u{0}"];
    for line in broken {
        fs::write(&path, format!("{good}\n{line}\n")).unwrap();
        let said = load(dir.path()).unwrap_err().to_string();
        assert!(said.starts_with(&format!("{}, line 3: ", path.display())), "{line}: {said}");
        assert!(
            Reader::open(dir.path()).unwrap().matrix(&minutes(0, 1), None, &|asn| asn.to_string(), &[]).is_err(),
            "figures are not changed in silence"
        );
        assert!(append(dir.path(), "list", &[claim(OTHER, 1)], NOW).is_err());
    }
    fs::write(&path, format!("{good}\n")).unwrap();
    assert_eq!(append(dir.path(), "list", &[claim(OTHER, 1)], NOW).unwrap(), 2);
    drop(journal);
}

#[test]
fn what_cannot_be_claimed_is_refused_and_leaves_no_line() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(append(dir.path(), "list", &[claim(LATE, 9)], NOW), Err(StoreError::NoStore { .. })));
    drop(open(dir.path()));
    append(dir.path(), "list", &[claim(LATE, 9)], NOW).unwrap();
    let before = fs::read(dir.path().join(FILE)).unwrap();
    let refused = |claims: &[Claim]| match append(dir.path(), "list", claims, NOW) {
        Err(StoreError::Reattribution(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let others: Vec<Claim> =
        (0..MAX_CLAIMS as u64).map(|bits| Claim::new(Mac::from_bits(0x0200_0100_0000 + bits), None, Asn(1)).unwrap()).collect();
    assert_eq!(refused(&[]), Refusal::NoClaims);
    assert_eq!(refused(&others), Refusal::TooManyClaims { claims: MAX_CLAIMS + 1, most: MAX_CLAIMS });
    let said = refused(&[claim(LATE, 5)]).to_string();
    assert!(said.contains("02:00:00:00:00:89 is claimed for AS5 and for AS9") || said.contains("is claimed for AS9 and for AS5"), "{said}");
    assert!(matches!(refused(&[claim(OTHER, 5), claim(OTHER, 6)]), Refusal::Contradiction { .. }));
    assert_eq!(fs::read(dir.path().join(FILE)).unwrap(), before);
    withdraw(dir.path(), 1, NOW).unwrap();
    assert_eq!(append(dir.path(), "list", &others, NOW).unwrap(), 2, "withdrawn claims make room, for other members too");
}

#[test]
fn unknown_macs_are_listed_with_their_days_until_they_are_claimed() {
    let dir = tempfile::tempdir().unwrap();
    let aside = row(LATE, 2, Reason::Discarded, 0, 1_000_000);
    let mut journal = filled(dir.path(), &[window(minute(5), 1, all_ways()), window(minute(1_450), 1, [all_ways(), vec![aside]].concat())]);
    let reader = Reader::open(dir.path()).unwrap();
    let ask = |top| reader.unknown_macs(&minutes(0, 2_880), top, &live(window(minute(2_879), 2, all_ways()))).unwrap();
    for _ in 0..2 {
        let answer = ask(None);
        let told: Vec<_> = answer.macs.iter().map(|mac| (mac.mac, mac.vlan, mac.sent.bytes, mac.received.bytes)).collect();
        let expected = [(mac(LATE), 0, 30_900, 6_000), (mac(OTHER), 0, 18, 900), (mac(LATE), 7, 0, 120), (mac(OTHER), 7, 120, 0)];
        assert_eq!((told.as_slice(), answer.others.macs), (&expected[..], 0));
        assert_eq!((answer.macs[0].first_day.start(), answer.macs[0].last_day.start()), (MIDNIGHT, MIDNIGHT.plus(DAY)));
        let short = ask(Some(1));
        assert_eq!((short.macs.as_slice(), short.others.macs), (&answer.macs[..1], 3));
        assert_eq!((short.others.sent.bytes, short.others.received.bytes), (138, 1_020));
        journal.maintain(later()).unwrap();
    }
    let csv = String::from_utf8(encode(&ask(Some(1)).to_batch().unwrap(), TableFormat::Csv).unwrap()).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[0].starts_with("kind,mac,vlan,first_day,last_day,sent_samples,"), "{csv}");
    assert!(lines[1].starts_with("mac,02:00:00:00:00:89,0,2026-11-21,2026-11-22,"), "{csv}");
    assert!(lines[2].starts_with("others,,,,,"), "{csv}");
    append(dir.path(), "list", &[in_vlan(0), claim(OTHER, 1)], NOW).unwrap();
    assert_eq!(ask(None).macs.iter().map(|mac| (mac.mac, mac.vlan)).collect::<Vec<_>>(), [(mac(LATE), 7)]);
    assert!(
        serde_json::to_string(&ask(None))
            .unwrap()
            .contains(r#""mac":"02:00:00:00:00:89","vlan":7,"first_day":"2026-11-21","last_day":"2026-11-22""#)
    );
}

/// Cells as an attribution makes them: the reason follows from what is known of both sides.
fn any_cells() -> impl Strategy<Value = Vec<CellRow>> {
    let side = || prop_oneof![1..4_u8, 0x80..0x84_u8];
    let one = (
        side(),
        side(),
        0..2_u16,
        0..1_000_000_u64,
        prop::sample::select(vec![None, None, Some(Reason::CorePort), Some(Reason::GroupDestination)]),
    );
    let one = one.prop_map(|(src, dst, vlan, bytes, special)| {
        let reason = match (src & 0x80 != 0, dst & 0x80 != 0) {
            (false, false) => Reason::Attributed,
            (true, false) => Reason::UnknownSource,
            (false, true) => Reason::UnknownDestination,
            (true, true) => Reason::UnknownBoth,
        };
        row(src, dst, special.unwrap_or(reason), vlan, bytes)
    });
    vec(one, 0..8)
}

fn any_windows() -> impl Strategy<Value = Vec<Window>> {
    vec((0..4 * 1_440_i64, any_cells()), 1..8).prop_map(|windows| {
        let windows = windows.into_iter().zip(1..);
        windows.map(|((number, cells), serial)| window(minute(number), serial, cells)).collect()
    })
}

fn any_claims() -> impl Strategy<Value = Vec<Claim>> {
    let one = (0x80..0x84_u8, prop::option::of(0..2_u16), 1..9_u32, prop::option::of(0..4_u32), prop::option::of(1..5_u32));
    vec(one, 1..6).prop_map(|claims| {
        let claims = claims.into_iter().filter_map(|(address, vlan, asn, from, until)| {
            let midnight = |day: Option<u32>| day.map(|day| MIDNIGHT.plus(DAY * day));
            Claim::new(mac(address), vlan, Asn(asn)).unwrap().during(midnight(from), midnight(until)).ok()
        });
        claims.collect()
    })
}

/// The matrix by plain loops over the rows: whose each side is by the claims, and what follows.
fn by_hand(windows: &[Window], owner: &dyn Fn(Mac, u16, Timestamp) -> Option<Asn>) -> BTreeMap<(u32, u32), u64> {
    let mut sums = BTreeMap::new();
    for row in windows.iter().flat_map(|window| &window.cells) {
        let side = |party: Party| party.asn().or_else(|| owner(party.mac()?, row.vlan, row.time));
        let unknown = [Reason::Attributed, Reason::UnknownSource, Reason::UnknownDestination, Reason::UnknownBoth];
        if let (Some(src), Some(dst), true) = (side(row.src()), side(row.dst()), unknown.contains(&row.reason().unwrap())) {
            *sums.entry((src.0, dst.0)).or_default() += row.bytes;
        }
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn claims_move_sums_and_never_change_their_total(windows in any_windows(), claims in any_claims(), in_memory in 0..3_usize) {
        let dir = tempfile::tempdir().unwrap();
        let (live, kept) = windows.split_at(in_memory.min(windows.len()));
        let live: Vec<Arc<Window>> = live.iter().cloned().map(Arc::new).collect();
        let mut journal = filled(dir.path(), kept);
        let all = minutes(0, 4 * 1_440);
        let before = matrix_with(dir.path(), &all, &live);
        for claim in &claims {
            // Those that contradict an earlier one are refused.
            let _ = append(dir.path(), "list", &[*claim], NOW);
        }
        let known = load(dir.path()).unwrap();
        let owner = |mac, vlan, time: Timestamp| known.owner(mac, vlan, store::reattribution::Day::containing(time));
        for run in 0..2 {
            let after = matrix_with(dir.path(), &all, &live);
            prop_assert_eq!(after.total, before.total, "run {}", run);
            prop_assert_eq!(&after.set_aside, &before.set_aside);
            prop_assert_eq!(cells(&after), by_hand(&windows, &owner));
            let lost = before.unattributed.all.bytes - after.unattributed.all.bytes;
            let gained = cells(&after).values().sum::<u64>() - cells(&before).values().sum::<u64>();
            prop_assert_eq!(lost, gained);
            journal.maintain(later().plus(2 * DAY)).unwrap();
        }
        for made in known.in_force() {
            withdraw(dir.path(), made.id, NOW).unwrap();
        }
        prop_assert_eq!(gist(matrix_with(dir.path(), &all, &live)), gist(before));
    }
}
