//! How much stays local: with nothing but the exchange, with what members declare, and what is refused.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::http::StatusCode;
use report::books::{Books, Link};
use report::volumes::Book;
use schema::{Asn, Class, Month, Timestamp};
use serde_json::Value;

use crate::served::Served;

#[tokio::test]
async fn with_the_exchange_alone_it_says_what_is_there_and_what_is_missing() {
    let share = Served::new().get("/api/v1/share").await.json();
    assert_eq!((&share["exchanged"], &share["accessible"], &share["headline"]), (&Value::Null, &Value::Null, &Value::from("nothing")));
    assert_eq!((&share["economy"], &share["method"]), (&Value::from("TJ"), &Value::from(schema::METHOD_VERSION)));
    assert!(share["volumes"]["exchanged"]["low"].as_u64().unwrap() > 0, "{share}");
    assert_eq!(share["coverage"]["reporting"], 0);
    let missing = share["missing"].to_string();
    assert!(missing.contains("an exchange alone sees only what is exchanged") && missing.contains("share.volumes"), "{missing}");
}

/// A member that is not listed declares the running month and is bounded in the one before.
fn books(month: Month) -> Books {
    let text = format!("month,member,class,volume,source\n{month},64999,transit,3 TB,letter\n{month},64999,private,1 TB,letter\n");
    let link = |class| Link { member: Asn(64_999), class, capacity: 8_000_000, price: None };
    Books { volumes: Book::read(&text).unwrap().volumes, links: vec![link(Class::Transit), link(Class::Cache)], ..Books::default() }
}

#[tokio::test]
async fn what_a_network_declares_is_marked_and_bounds_the_share() {
    let month = Month::of(Timestamp::now().floor(std::time::Duration::from_secs(86_400)));
    let last = Month::of(month.start().minus(std::time::Duration::from_millis(1)));
    let served = Served::with(|site| site.books = Arc::new(ArcSwap::from_pointee(books(last))));
    let share = served.get(&format!("/api/v1/share?month={last}")).await.json();
    let member = share["members"].as_array().unwrap().iter().find(|member| member["asn"] == 64_999).unwrap();
    assert_eq!(
        (&member["transit"]["told"], &member["transit"]["bytes_low"]),
        (&Value::from("declared"), &Value::from(3_000_000_000_000_u64))
    );
    assert_eq!((&member["private"]["sources"][0], &member["cache"]["told"]), (&Value::from("letter"), &Value::from("capacity")));
    assert_eq!(member["cache"]["bytes_high"], last.seconds() * 1_000_000);
    assert!(!share["accessible"].is_null() && share["volumes"]["private"]["high"].is_null(), "{share}");
    let csv = served.get(&format!("/api/v1/share?month={last}&format=csv")).await;
    assert!(csv.text().starts_with("figure,asn,low,high,unit,told\n"), "{}", csv.text());
    assert!(csv.text().contains("transit,64999,3000000000000.0,3000000000000.0,octets,declared"), "{}", csv.text());
}

#[tokio::test]
async fn a_share_is_of_all_traffic_and_of_one_span() {
    let served = Served::new();
    for (parameters, part) in [
        ("vlan=5", "a share is of all traffic"),
        ("month=2026-13", "is no month"),
        ("month=2026-10&from=2026-10-01", "`month` and `from` exclude each other"),
        ("top=5", "`top` is not known here"),
    ] {
        let answer = served.get(&format!("/api/v1/share?{parameters}")).await;
        assert!(answer.status == StatusCode::BAD_REQUEST && answer.text().contains(part), "{parameters}: {}", answer.text());
    }
}

#[tokio::test]
async fn what_is_domestic_is_what_the_localities_say() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::with(|site| site.reader = Arc::new(crate::locality::journal(folder.path())));
    let share = served.get("/api/v1/share?range=1h").await.json();
    assert!(share["domestic"]["low"]["share"] == 0.6 && share["domestic"]["high"]["share"] == 0.7, "{share}");
    assert_eq!((&share["volumes"]["local"]["low"], &share["volumes"]["local"]["high"]), (&Value::from(600), &Value::Null));
    assert!(!share["missing"].to_string().contains("no cell of this time"), "{share}");
    let answer = served.get("/api/v1/share?src_locality=domestic").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}
