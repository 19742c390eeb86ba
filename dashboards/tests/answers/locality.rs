//! What the API and the overview say of where both ends are.

use std::sync::Arc;

use dashboards::Site;
use directory::places::{Home, Places};
use schema::window::CellRow;
use schema::{Economy, Timestamp, Window};
use serde_json::Value;
use store::{Journal, Options, Reader};

use crate::served::Served;
use crate::site::MINUTE;

/// A journal of one minute in which 600 of 1,000 octets are domestic at both ends, and 100 may be.
pub(crate) fn journal(folder: &std::path::Path) -> Reader {
    let start = Timestamp::now().floor(MINUTE).minus(MINUTE * 5);
    let cell = |src_locality, dst_locality, bytes| CellRow {
        time: start,
        exchange: "ix".into(),
        src_asn: 64_500,
        dst_asn: 64_501,
        src_locality,
        dst_locality,
        samples: 9,
        packets: 9,
        bytes,
        ..CellRow::default()
    };
    let cells = vec![cell(1, 1, 600), cell(1, 2, 300), cell(0, 1, 100)];
    let window = Window { start, length: MINUTE, serial: 1, cells, ..Window::default() };
    Journal::open(folder, Options::default()).unwrap().append(&window).unwrap();
    Reader::open(folder).unwrap()
}

fn looks_up(site: &mut Site) {
    let places = Places::new(Home::from("TJ".parse::<Economy>().unwrap()), &[]);
    let list = directory::Directory::empty().as_of(Timestamp::now());
    site.directory.store(Arc::new(list.with_places(Some(Arc::new(places)))));
}

#[tokio::test]
async fn the_share_is_said_with_both_ends_and_what_it_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::with(|site| {
        looks_up(site);
        site.reader = Arc::new(journal(folder.path()));
        site.status = Arc::default();
    });
    let answer = served.get("/api/v1/locality").await.json();
    assert_eq!((&answer["total"]["bytes"], answer["flows"].as_array().unwrap().len()), (&Value::from(1_000), 3));
    assert_eq!((&answer["domestic"]["low"]["share"], &answer["domestic"]["high"]["share"]), (&Value::from(0.6), &Value::from(0.7)));
    let series = served.get("/api/v1/timeseries?by=locality").await.json();
    assert_eq!(series["series"][0]["key"], "domestic_to_domestic");
    let csv = served.get("/api/v1/locality?format=csv").await;
    assert!(csv.text().lines().any(|line| line.starts_with("flow,domestic,foreign,")), "{}", csv.text());
    let overview = served.get("/").await;
    for part in ["is domestic at both ends", "between 60", "Seen from TJ", "not of the economy"] {
        assert!(overview.text().contains(part), "{part}");
    }
}

#[tokio::test]
async fn where_addresses_are_not_looked_at_there_is_no_card_and_where_none_is_known_no_share() {
    let without = Served::new();
    assert!(!without.get("/").await.text().contains("How much is domestic"));
    assert_eq!(without.get("/api/v1/locality").await.json()["domestic"], Value::Null);
    let unknown = Served::with(looks_up).get("/").await;
    assert!(unknown.text().contains("Of no address in this span") && !unknown.text().contains("is domestic at both ends"));
}
