//! What pages, API and metrics say of shipping to ClickHouse.

use schema::Timestamp;
use serde_json::Value;
use store::shipping::{GivenUp, ShippingStatus, Watch};

use crate::served::Served;

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn behind() -> ShippingStatus {
    ShippingStatus {
        to: "https://clickhouse.example.net:8443, database chorsu".into(),
        windows: 10,
        rows: 1_000,
        octets: 50_000,
        up_to: Some(moment("2026-11-21T10:00:00Z")),
        newest: Some(moment("2026-11-21T12:00:00Z")),
        backlog_windows: 120,
        backlog_octets: 5_000_000,
        retries: 4,
        failing: Some("ClickHouse cannot be reached".into()),
        failing_since: Some(moment("2026-11-21T12:01:00Z")),
        given_up: GivenUp { windows: 7, span: Some((moment("2026-11-20T00:00:00Z"), moment("2026-11-20T00:07:00Z"))) },
        unreadable: 0,
    }
}

#[tokio::test]
async fn without_a_clickhouse_nothing_is_said_of_it() {
    let served = Served::new();
    assert_eq!(served.get("/api/v1/status").await.json()["shipping"], Value::Null);
    assert!(!served.get("/metrics").await.text().contains("chorsu_ship"));
    assert!(!served.get("/exporters").await.text().contains("ClickHouse"));
}

#[tokio::test]
async fn a_backlog_its_cause_and_what_was_given_up_are_shown_everywhere() {
    let served = Served::with(|site| site.shipping = Some(Watch::still(behind())));
    let shipping = &served.get("/api/v1/status").await.json()["shipping"];
    assert_eq!((&shipping["backlog_windows"], &shipping["up_to"]), (&Value::from(120), &Value::from("2026-11-21T10:00:00Z")));
    assert_eq!(shipping["given_up"], serde_json::json!({"windows": 7, "from": "2026-11-20T00:00:00Z", "to": "2026-11-20T00:07:00Z"}));
    let metrics = served.get("/metrics").await;
    for line in [
        "chorsu_shipping_backlog_windows 120",
        "chorsu_shipping_backlog_bytes 5000000",
        "chorsu_shipping_failing 1",
        "chorsu_shipping_retries_total 4",
        "chorsu_shipping_given_up_windows_total 7",
        "chorsu_shipped_up_to_timestamp_seconds 1795255200",
    ] {
        assert!(metrics.text().lines().any(|found| found == line), "{line} is not in\n{}", metrics.text());
    }
    let overview = served.get("/").await;
    for part in ["Windows are not shipped to ClickHouse since", "ClickHouse cannot be reached.", "7 windows will be missing in ClickHouse"]
    {
        assert!(overview.text().contains(part), "{part}");
    }
    assert!(served.get("/exporters").await.text().contains("has everything up to"));
}

#[tokio::test]
async fn a_clickhouse_that_has_everything_needs_no_attention() {
    let whole = ShippingStatus { backlog_windows: 0, failing: None, failing_since: None, given_up: GivenUp::default(), ..behind() };
    let served = Served::with(|site| site.shipping = Some(Watch::still(whole)));
    assert!(!served.get("/").await.text().contains("ClickHouse"));
    let exporters = served.get("/exporters").await;
    assert!(exporters.text().contains("has everything up to") && !exporters.text().contains("windows wait"));
}
