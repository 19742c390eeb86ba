//! From where is known in which economy an address is: in the status, the metrics, and on the page.

use serde_json::Value;

use crate::served::Served;

#[tokio::test]
async fn each_file_tells_its_age_and_what_it_holds() {
    let served = Served::new();
    let status = served.get("/api/v1/status").await.json();
    let places = &status["places"];
    assert_eq!((&places["home"], &places["economies"][0]), (&Value::from("TJ"), &Value::from("TJ")));
    let [refused, read] = [0, 1].map(|place| &places["sources"][place]);
    assert_eq!((&refused["kind"], &refused["data_of"]), (&Value::from("geofeeds"), &Value::Null));
    assert_eq!(refused["refused"], "feed.csv: cannot be read");
    assert_eq!((&read["ipv4_prefixes"], &read["left_out"]), (&Value::from(98_765), &Value::from(1)));
    assert!((259_200..260_000).contains(&read["age_seconds"].as_u64().unwrap()), "{read}");
}

#[tokio::test]
async fn the_metrics_name_each_file() {
    let metrics = Served::new().get("/metrics").await;
    for line in [
        "chorsu_places_table_bytes 1000000",
        "chorsu_places_source_ipv4_prefixes{kind=\"registries\",file=\"delegated-test\"} 98765",
        "chorsu_places_source_refused{kind=\"geofeeds\",file=\"feed.csv\"} 1",
        "chorsu_places_source_refused{kind=\"registries\",file=\"delegated-test\"} 0",
    ] {
        assert!(metrics.text().lines().any(|written| written == line), "{line}");
    }
    // A file that was never read has no age.
    assert!(!metrics.text().contains("data_timestamp_seconds{kind=\"geofeeds\""));
}

#[tokio::test]
async fn the_page_shows_the_files_and_a_refused_one_wants_attention() {
    let served = Served::new();
    let page = served.get("/exporters").await;
    for text in ["Economies and networks", "Seen from TJ.", "delegated-test", "data-value=\"98765\"", "not read yet", "3\u{a0}d"] {
        assert!(page.text().contains(text), "{text}");
    }
    assert!(served.get("/").await.text().contains("feed.csv: cannot be read"));
}
