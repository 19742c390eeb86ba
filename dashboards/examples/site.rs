//! Serves the site of the tests, to look at its pages: `cargo run -p dashboards --example site [ADDRESS]`.

#![expect(clippy::unwrap_used, reason = "an example that cannot go on says where by failing")]

#[path = "../tests/site/mod.rs"]
mod site;

use schema::Timestamp;
use tokio::net::TcpListener;

/// Members of the exchange.
const MEMBERS: u32 = 12;

/// Minutes of traffic in its journal.
const MINUTES: u32 = 60;

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let dir = tempfile::tempdir().unwrap();
    let site = site::site(dir.path(), MEMBERS, MINUTES, Timestamp::now());
    let listener = TcpListener::bind(&address).await.unwrap();
    println!("http://{address}/");
    dashboards::serve(listener, site, std::future::pending::<()>()).await;
}
