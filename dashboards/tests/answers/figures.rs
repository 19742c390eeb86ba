//! How sure figures are, what was lost, and what ports' counters say: in answers, on pages, in metrics.

use serde_json::Value;

use crate::served::Served;

fn of_port(ports: &Value, if_index: u64) -> &Value {
    ports["ports"].as_array().unwrap().iter().find(|port| port["if_index"] == if_index).unwrap()
}

#[tokio::test]
async fn ports_are_held_against_their_samples() {
    let served = Served::new();
    let ports = served.get("/api/v1/ports").await.json();
    let factor = |if_index| of_port(&ports, if_index)["received"]["factor"].as_f64().unwrap();
    assert!((factor(1) - 1.02).abs() < 1e-3 && (factor(3) - 1.6).abs() < 1e-3, "{} {}", factor(1), factor(3));
    assert!(of_port(&ports, 6)["received"]["factor"].is_null(), "it has no counters");
    assert_eq!((&of_port(&ports, 49)["suspicion"]["members"], &of_port(&ports, 1)["suspicion"]), (&Value::from(6), &Value::Null));

    let page = served.get("/ports").await;
    let text = page.text();
    for part in [
        "Counters and samples agree on <strong>10</strong> of <strong>11</strong> ports; on 1 they differ",
        "<caption class=\"unseen\">Counters and samples of each port</caption>",
        ">differs<",
        ">unchecked<",
        "no counter",
        "Frames of 6 members were sampled as they came in here",
        "[[exporter]]\naddress = &quot;192.0.2.1&quot;\ncore_ports = [49]",
    ] {
        assert!(text.contains(part), "{part}");
    }
    let place = |name: &str| text.find(&format!(">{name}</span>")).unwrap();
    assert!(place("ifIndex 49") < place("xe-0/0/3") && place("xe-0/0/3") < place("xe-0/0/1"), "those that need a look come first");
}

#[tokio::test]
async fn figures_are_marked_where_counters_differ_or_say_nothing() {
    let served = Served::new();
    let matrix = served.get("/api/v1/matrix").await.json();
    let of = |src: u64| matrix["cells"].as_array().unwrap().iter().find(|cell| cell["src"] == src).unwrap();
    let quality = |src| of(src)["quality"].as_str().unwrap();
    assert_eq!((quality(64_500), quality(64_502), quality(64_505)), ("agrees", "differs", "unchecked"));
    for address in ["/", "/matrix"] {
        let page = served.get(address).await;
        assert!(page.text().contains("(port counters say 1.60 times as much)"), "{address}");
        assert!(page.text().contains("≠</span>The counters of the ports where it entered differ"), "{address}");
        assert!(page.text().contains("◦</span>"), "{address}");
    }
}

#[tokio::test]
async fn figures_can_be_shown_as_the_ports_counted_them() {
    let served = Served::new();
    for place in ["/api/v1/matrix", "/api/v1/members"] {
        let bytes = |answer: Value| answer["total"]["bytes"].as_u64().unwrap();
        let sampled = bytes(served.get(place).await.json());
        let counted = bytes(served.get(&format!("{place}?raked=true")).await.json());
        assert_eq!(bytes(served.get(&format!("{place}?raked=false")).await.json()), sampled);
        assert!(counted > sampled + sampled / 20 && counted < sampled + sampled / 5, "{place}: {sampled} {counted}");
    }
    let series = served.get("/api/v1/timeseries?raked=true").await;
    assert_eq!(series.status.as_u16(), 200, "{}", series.text());
    for (refused, words) in [("/api/v1/ports?raked=true", "not known here"), ("/api/v1/matrix?raked=yes", "one of true, false")] {
        assert!(served.get(refused).await.text().contains(words), "{refused}");
    }
    let page = served.get("/matrix?raked=true").await;
    for part in
        ["<option value=\"true\" selected>as counted by the ports", "/api/v1/matrix?raked=true&amp;format=csv", "As counted: each sender"]
    {
        assert!(page.text().contains(part), "{part}");
    }
    assert!(page.text().contains("href=\"/?raked=true\"") && page.text().contains("href=\"/ports\""), "only where it means something");
}

#[tokio::test]
async fn shares_have_intervals_and_nothing_seen_is_not_zero() {
    let served = Served::new();
    let matrix = served.get("/api/v1/matrix").await.json();
    let attribution = &matrix["attribution"];
    let (share, low) = (attribution["share"].as_f64().unwrap(), attribution["share_low"].as_f64().unwrap());
    assert!(share < 1.0 && low < share && share > 0.99, "{attribution}");
    assert!(matrix["cells"][0]["share_high"].as_f64() > matrix["cells"][0]["share"].as_f64());
    assert!(matrix["unseen"]["bits_per_second_high"].as_u64().unwrap() > 0);
    let overview = served.get("/").await;
    assert!(overview.text().contains("of it between known members, between 99."), "attribution");
    let page = served.get("/matrix").await;
    assert!(page.text().contains("<td class=\"none\"><span class=\"unseen\">&lt; "), "a cell without samples");
    assert!(page.text().contains("none seen, less than "), "its legend");
    let hatched = page.text().split("<td class=\"h").find(|cell| cell.contains(" few\"")).unwrap();
    assert!(hatched.contains("a hint only, as sure as"), "{}", &hatched[..200]);
}

#[tokio::test]
async fn the_loss_budget_comes_first_and_names_the_place() {
    let served = Served::new();
    let exporters = served.get("/api/v1/exporters").await.json();
    let stages: Vec<&str> = exporters["budget"].as_array().unwrap().iter().map(|stage| stage["stage"].as_str().unwrap()).collect();
    assert_eq!((stages.first(), stages.last()), (Some(&"agent"), Some(&"store")));
    let loss = &exporters["exporters"][0]["loss"];
    assert_eq!((loss["mostly"].as_str(), loss["made_good"].as_bool()), (Some("exporter_in_silence"), Some(true)));
    assert!(exporters["listeners"][0]["refused"].as_u64().unwrap() > 0);

    let page = served.get("/exporters").await;
    let text = page.text();
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}"));
    let order = [
        "<strong>17\u{a0}%</strong> of the samples were lost, most of them dropped by the switches in silence.",
        "of the flow records were lost",
        "What lost flow records told is missing",
        "class=\"stages\"",
        "<caption class=\"unseen\">Where it was lost</caption>",
        "<caption class=\"unseen\">Loss by exporter</caption>",
        ">Weighed by pool<",
        "What the listening addresses took in this span",
    ];
    assert!(order.windows(2).all(|pair| place(pair[0]) < place(pair[1])));
}

#[tokio::test]
async fn the_overview_names_what_makes_its_figures_wrong() {
    let served = Served::new();
    let page = served.get("/").await;
    for part in [
        "may be counted twice at 192.0.2.1",
        "ifIndex 49 looks like a port between switches: 6 members were sampled coming in there, 6 of them also at other ports",
        "Ports whose counters and samples differ: 1",
        "Most of all on xe-0/0/3 of 192.0.2.1, where the counter says 1.60 times",
        "192.0.2.1 drops 17\u{a0}% of its samples in silence",
        "192.0.2.1 sends sampling rates that no switch has",
        "The sample pools of 192.0.2.1 contradict its sampling rate",
        "<a href=\"/ports\">Ports</a>",
    ] {
        assert!(page.text().contains(part), "{part}");
    }
    assert!(!page.text().contains("unaccounted"));
    served.says(|status| status.ledger.received += 17);
    let page = served.get("/").await;
    assert!(page.text().contains("17 samples are unaccounted for") && page.text().contains("This is a mistake in chorsu"));
}

#[tokio::test]
async fn the_ledger_stands_in_the_status_and_the_metrics() {
    let served = Served::new();
    served.says(|status| status.ledger.in_windows += 3);
    let status = served.get("/api/v1/status").await.json();
    assert_eq!(status["ledger"], serde_json::json!({"received": 1_000, "in_windows": 1_003, "lost": 0, "unaccounted": -3}));
    assert_eq!((&status["exporters"][0]["by_pool"], &status["listeners"][0]["refused"]), (&Value::from(50_000), &Value::from(84)));
    let metrics = served.get("/metrics").await;
    for line in [
        "chorsu_samples_received_total 1000",
        "chorsu_samples_in_windows_total 1003",
        "chorsu_samples_unaccounted -3",
        "chorsu_refused_datagrams_total{listener=\"127.0.0.1:6343\"} 84",
        "chorsu_exporter_duplicate_datagrams_total{agent=\"192.0.2.1\",sub_agent=\"0\",protocol=\"sflow5\"} 2",
        "chorsu_exporter_implausible_total{agent=\"192.0.2.1\",sub_agent=\"0\",protocol=\"sflow5\"} 1",
        "chorsu_exporter_weighed_total{agent=\"192.0.2.1\",sub_agent=\"0\",protocol=\"sflow5\",by=\"pool\"} 50000",
    ] {
        assert!(metrics.text().lines().any(|written| written == line), "{line}");
    }
}
