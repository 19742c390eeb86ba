//! The pages over a year's journal, as browsers that are left open ask for them.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use dashboards::{ExchangeInfo, Site};
use schema::Timestamp;
use schema::status::Status;
use store::Reader;
use tower::ServiceExt as _;

use crate::clock::{median, percentile};
use crate::report::Report;
use crate::year::Year;

/// Pages, and the answers that scripts fetch.
const PAGES: [&str; 6] = ["/", "/matrix", "/ports", "/exporters", "/api/v1/members", "/api/v1/timeseries"];

/// The spans that they offer.
const SPANS: [(&str, Duration); 3] = [("24h", DAY), ("30d", Duration::from_secs(30 * 86_400)), ("year", Duration::from_secs(365 * 86_400))];

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// Each page is asked for so often, a minute further each time.
const TURNS: u32 = 60;

/// Measures all of that.
///
/// # Errors
/// If a page cannot be had.
pub fn measure(year: &Year, report: &mut Report) -> Result<(), Box<dyn Error>> {
    report.section("Pages over the same journal, asked for again a minute further each time".to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let router = dashboards::router(site(year)?);
    let mut all = Vec::new();
    for (name, span) in SPANS {
        let times = runtime.block_on(again(&router, span))?;
        report.add(format!("pages_{name}_ms"), median(times.clone()), "ms, median of all pages");
        report.add(format!("pages_{name}_p99_ms"), percentile(times.clone(), 0.99), "ms, 99th percentile");
        all.extend(times);
    }
    report.add("pages_p99_ms", percentile(all.clone(), 0.99), "ms, 99th percentile over all spans");
    report.add("pages_questions", all.len() as f64, "pages asked for");
    Ok(())
}

fn site(year: &Year) -> Result<Site, Box<dyn Error>> {
    Ok(Site {
        exchange: ExchangeInfo { name: "ix".to_owned(), title: "Example Exchange".to_owned() },
        reader: Arc::new(Reader::open(&year.folder)?),
        status: Arc::new(ArcSwap::from_pointee(Status { at: Year::END, ..Status::default() })),
        shipping: None,
        directory: Arc::default(),
        books: Arc::default(),
        version: env!("CARGO_PKG_VERSION"),
        hosts: Vec::new(),
    })
}

/// The times of all pages. What the first turn takes, in which nothing is remembered, is not among them: it is measured by itself.
async fn again(router: &Router, span: Duration) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut times = Vec::new();
    for turn in 0..=TURNS {
        let to = Year::END.minus(MINUTE * (TURNS - turn));
        for page in PAGES {
            let took = milliseconds(router, page, to.minus(span), to).await?;
            times.extend((turn > 0).then_some(took));
        }
    }
    Ok(times)
}

/// How long a page takes, to its last octet.
async fn milliseconds(router: &Router, page: &str, from: Timestamp, to: Timestamp) -> Result<f64, Box<dyn Error>> {
    let request = Request::get(format!("{page}?from={from}&to={to}")).header(header::HOST, "127.0.0.1:8080").body(Body::empty())?;
    let start = Instant::now();
    let response = router.clone().oneshot(request).await?;
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await?;
    let took = start.elapsed().as_secs_f64() * 1e3;
    if status != StatusCode::OK {
        return Err(format!("{page} from {from} to {to}: {status}, {}", String::from_utf8_lossy(&body)).into());
    }
    Ok(took)
}
