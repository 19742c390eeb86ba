//! The router with a real journal behind it: shapes of answers, refusals, headers, pages without scripts.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by failing")]

mod figures;
mod locality;
mod places;
mod served;
mod share;
mod shipping;
#[path = "../site/mod.rs"]
mod site;

use axum::http::{Request, StatusCode, header};
use serde_json::Value;

use served::Served;

#[tokio::test]
async fn cells_others_and_unattributed_add_up_to_the_total() {
    let served = Served::new();
    for address in ["/api/v1/matrix", "/api/v1/matrix?top=5", "/api/v1/matrix?ip_version=6&top=1", "/api/v1/matrix?src=AS64501"] {
        let answer = served.get(address).await.json();
        for field in ["samples", "packets", "bytes"] {
            let cells: u64 = answer["cells"].as_array().unwrap().iter().map(|cell| cell[field].as_u64().unwrap()).sum();
            let rest = answer["others"][field].as_u64().unwrap() + answer["unattributed"][field].as_u64().unwrap();
            assert_eq!(cells + rest, answer["total"][field].as_u64().unwrap(), "{address} {field}");
        }
        assert!(answer["total"]["bytes"].as_u64().unwrap() > 0, "{address}");
        assert_eq!(answer["complete"], false);
    }
}

#[tokio::test]
async fn every_answer_has_its_shape() {
    let served = Served::new();
    let series = served.get("/api/v1/timeseries?by=ip_version&step=5m").await.json();
    assert_eq!(series["series"][0]["key"], "4");
    assert_eq!(series["series"][0]["points"].as_array().unwrap().len(), series["times"].as_array().unwrap().len());
    let members = served.get("/api/v1/members?top=3").await.json();
    assert_eq!(members["members"].as_array().unwrap().len(), 3);
    let member = served.get("/api/v1/members/AS64501").await.json();
    assert_eq!((member["asn"].as_u64(), member["registered"].as_bool()), (Some(64_501), Some(true)));
    assert!(member["peers"][0]["sent"]["bytes_high"].is_u64());
    let ports = served.get("/api/v1/ports").await.json();
    assert_eq!(ports["ports"][0]["if_index"], 1);
    assert_eq!((&ports["ports"][0]["name"], &ports["ports"][0]["lag"]), (&Value::from("xe-0/0/1"), &Value::from(1_000)));
    assert!(ports["ports"][0]["fcs_errors"].as_u64().unwrap() > 0);
    let exporters = served.get("/api/v1/exporters").await.json();
    assert_eq!(exporters["exporters"][0]["agent"], "192.0.2.1");
    let status = served.get("/api/v1/status").await.json();
    assert_eq!((&status["method"], &status["listeners"][0]["kernel_drops"]), (&Value::from("1"), &Value::from(12)));
    assert_eq!(status["directory"]["warnings"][0], "AS64501 has no port");
}

#[tokio::test]
async fn what_came_in_flow_records_is_told_apart() {
    let served = Served::new();
    let matrix = served.get("/api/v1/matrix").await.json();
    let flows = |estimate: &Value| (estimate["bytes_from_flows"].as_u64().unwrap(), estimate["interval_is_lower_bound"].as_bool().unwrap());
    let (from_flows, least) = flows(&matrix["total"]);
    assert!(from_flows > 0 && from_flows < matrix["total"]["bytes"].as_u64().unwrap() && least);
    let of_cells: u64 = matrix["cells"].as_array().unwrap().iter().map(|cell| flows(cell).0).sum();
    assert_eq!(of_cells, from_flows);
    assert_eq!(flows(&matrix["unattributed"]), (0, false));
    assert!(matrix["set_aside"]["reasons"]["other_direction"]["bytes"].as_u64().unwrap() > 0);
    assert_eq!(flows(&served.get("/api/v1/matrix?vlan=100").await.json()["total"]), (0, false));
    for (address, told) in [("/", true), ("/matrix", true), ("/?vlan=100", false), ("/matrix?vlan=100", false)] {
        let page = served.get(address).await;
        assert_eq!(page.text().contains("the interval is the least it can be"), told, "{address}");
        assert_eq!(page.text().contains("metered in the other direction too"), address == "/matrix", "{address}");
    }
}

#[tokio::test]
async fn exporters_of_every_protocol_are_told() {
    let served = Served::new();
    let answer = served.get("/api/v1/exporters").await.json();
    let of = |agent: &str| answer["exporters"].as_array().unwrap().iter().find(|row| row["agent"] == agent).unwrap().clone();
    assert_eq!((&of("192.0.2.1")["protocol"], &of("192.0.2.3")["protocol"]), (&Value::from("sflow5"), &Value::from("ipfix")));
    assert_eq!(of("192.0.2.3")["flow_records"].as_u64().unwrap(), 200 * of("192.0.2.3")["lost_records"].as_u64().unwrap());
    let status = served.get("/api/v1/status").await.json();
    assert_eq!((&status["exporters"][2]["protocol"], &status["exporters"][2]["templates"]), (&Value::from("ipfix"), &Value::from(5)));
    assert_eq!(status["strangers"][0], serde_json::json!({"address": "198.51.100.9", "datagrams": 80}));
    let page = served.get("/exporters").await;
    for part in ["IPFIX", "sFlow v5", "Senders that are not on the list", "198.51.100.9", "Data before its template came", ">unknown<"] {
        assert!(page.text().contains(part), "{part}");
    }
    let page = served.get("/").await;
    for part in [
        "No sampling rate is known of 192.0.2.3",
        "set its rate (“sampling”) in the configuration",
        "2 senders are not on the list",
        "The busiest is 198.51.100.9 with 80 datagrams",
        "192.0.2.3 lost 0.50\u{a0}% of its flow records",
    ] {
        assert!(page.text().contains(part), "{part}");
    }
}

#[tokio::test]
async fn nothing_is_said_of_strangers_where_there_are_none() {
    let served = Served::new();
    served.says(|status| {
        status.strangers.clear();
        status.exporters[2].totals.unscalable = 11;
    });
    assert!(!served.get("/exporters").await.text().contains("Senders that are not on the list"));
    let page = served.get("/").await;
    assert!(!page.text().contains("are not on the list") && !page.text().contains("No sampling rate"), "11 of 12 000 came before the rate");
}

#[tokio::test]
async fn bad_requests_get_a_problem_with_a_sentence() {
    let served = Served::new();
    for (address, status, words) in [
        ("/api/v1/matrix?colour=red", 400, "is not known here; it takes from, to"),
        ("/api/v1/matrix?from=yesterday", 400, "RFC 3339"),
        ("/api/v1/timeseries?step=soon", 400, "`step`"),
        ("/api/v1/members/google", 400, "no ASN"),
        ("/api/v1/members/65000", 404, "not in the directory"),
        ("/api/v1/status?from=2026-11-21", 400, "takes none"),
        ("/api/v1/weather", 404, "matrix, share, timeseries"),
    ] {
        let answer = served.get(address).await;
        assert_eq!(answer.status.as_u16(), status, "{address}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
}

#[tokio::test]
async fn answers_come_in_the_format_asked_for() {
    let served = Served::new();
    for place in ["matrix", "timeseries", "members", "ports", "exporters"] {
        let csv = served.get(&format!("/api/v1/{place}?format=csv")).await;
        assert!(csv.header("content-type").starts_with("text/csv") && csv.text().lines().count() > 1, "{place}");
        let parquet = served.get(&format!("/api/v1/{place}?format=parquet")).await;
        assert!(parquet.body.starts_with(b"PAR1"), "{place}");
        let arrow = served
            .ask(Request::get(format!("/api/v1/{place}")).header("host", "[::1]").header("accept", "application/vnd.apache.arrow.stream"))
            .await;
        assert_eq!(arrow.header("content-type"), "application/vnd.apache.arrow.stream");
    }
}

#[tokio::test]
async fn every_route_carries_the_security_headers() {
    let served = Served::new();
    for address in [
        "/",
        "/matrix",
        "/ports",
        "/exporters",
        "/api/v1/status",
        "/api/v1/matrix?x=1",
        "/metrics",
        "/healthz",
        "/readyz",
        "/nowhere",
        "/assets/x.js",
    ] {
        let answer = served.get(address).await;
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'; script-src 'self'"), "{address}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert!(!answer.header("referrer-policy").is_empty() && !answer.header("cache-control").is_empty());
    }
}

#[tokio::test]
async fn foreign_hosts_are_refused() {
    let served = Served::new();
    for (host, status) in [("evil.example", 421), ("stats.ix.example", 200), ("localhost:8080", 200), ("[::1]:8080", 200)] {
        let answer = served.ask(Request::get("/healthz").header(header::HOST, host)).await;
        assert_eq!(answer.status.as_u16(), status, "{host}");
    }
    assert_eq!(served.ask(Request::get("/healthz")).await.status.as_u16(), 421);
}

#[tokio::test]
async fn pages_hold_their_tables_before_any_script_runs() {
    let served = Served::new();
    for (address, parts) in [
        ("/", vec!["The exchange carries <strong>", "Top members", "Top pairs", "192.0.2.2 is silent", "12 datagrams were dropped"]),
        ("/?from=2026-01-01&to=2026-01-02", vec!["Nothing was measured"]),
        ("/matrix?top=5&order=name", vec!["possible pairs exchange traffic", "<table class=\"heat\"", ">Others<", "The largest pairs"]),
        ("/ports", vec!["Counters and samples agree on <strong>", "Counters and samples of each port", "xe-0/0/3"]),
        (
            "/exporters",
            vec!["2</strong> of 3 exporters are heard", "Where it was lost", "unknown record", "127.0.0.1:6343", "AS64501 has no port"],
        ),
    ] {
        let page = served.get(address).await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        for part in parts {
            assert!(page.text().contains(part), "{address}: {part}");
        }
        assert!(!page.text().contains("<script>") && !page.text().contains("style="), "{address}");
    }
}

/// A second attribute of the same name is no error to a browser: it is dropped, and with it what it was to show.
#[tokio::test]
async fn no_element_says_an_attribute_twice_and_no_shape_is_left_open() {
    let served = Served::new();
    for page in ["/", "/matrix", "/ports", "/exporters"] {
        let answer = served.get(page).await;
        let tags = answer.text().split('<').filter_map(|tag| tag.split('>').next());
        for tag in tags {
            assert!(tag.matches(" class=").count() <= 1, "{page}: <{tag}>");
        }
        // What stands inside of a shape is not drawn.
        for shape in ["rect", "line", "path"] {
            let (opened, closed) =
                (answer.text().matches(&format!("<{shape} ")).count(), answer.text().matches(&format!("</{shape}>")).count());
            assert_eq!(opened, closed, "{page}: {shape}");
        }
    }
}

#[tokio::test]
async fn names_of_members_are_escaped() {
    let page = Served::new().get("/").await;
    assert!(page.text().contains("&lt;script&gt;alert('x')&lt;/script&gt; &amp; Sons"));
    let page = Served::new().get("/matrix?%3Cscript%3E=1").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text().contains("parameter `&lt;script&gt;` is not known here"));
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_known_again() {
    let served = Served::new();
    let page = served.get("/").await;
    let start = page.text().find("/assets/main-").unwrap();
    let address: String = page.text()[start..].chars().take_while(|c| *c != '"').collect();
    let asset = served.get(&address).await;
    assert!(asset.header("cache-control").contains("immutable"));
    let known = served.ask(Request::get(&address).header("host", "localhost").header("if-none-match", asset.header("etag"))).await;
    assert_eq!(known.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn metrics_are_lines_of_name_labels_and_number() {
    let served = Served::new();
    let metrics = served.get("/metrics").await;
    for line in metrics.text().lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("chorsu_") && value.parse::<f64>().is_ok(), "{line}");
    }
    for line in [
        "chorsu_kernel_drops_total{listener=\"127.0.0.1:6343\"} 12",
        "chorsu_exporter_lost_datagrams_total{agent=\"192.0.2.1\",sub_agent=\"0\",protocol=\"sflow5\"} 90",
        "chorsu_exporter_flow_records_total{agent=\"192.0.2.3\",sub_agent=\"7\",protocol=\"ipfix\"} 12000",
        "chorsu_exporter_lost_records_total{agent=\"192.0.2.3\",sub_agent=\"7\",protocol=\"ipfix\"} 60",
        "chorsu_exporter_templates{agent=\"192.0.2.3\",sub_agent=\"7\",protocol=\"ipfix\"} 5",
        "chorsu_strangers 2",
        "chorsu_stranger_datagrams_total 84",
        "chorsu_skipped_total{reason=\"unknown_record\"} 512",
        "chorsu_windows_written_total 56",
        "# EOF",
    ] {
        assert!(metrics.text().lines().any(|written| written == line), "{line}");
    }
    assert!(!metrics.text().contains("6450"));
}

#[tokio::test]
async fn a_failing_store_is_not_ready() {
    let served = Served::new();
    assert_eq!(served.get("/readyz").await.status, StatusCode::OK);
    served.says(|status| status.store.failing = Some("no space left".to_owned()));
    let answer = served.get("/readyz").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().contains("no space left"));
    assert_eq!(served.get("/healthz").await.text(), "ok\n");
}
