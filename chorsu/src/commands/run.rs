//! `chorsu run`: the service.

use std::future::Future;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use schema::time::span_text;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::books::Shelf;
use crate::config::{Config, rule_text};
use crate::failure::{Context, Failure, Outcome};
use crate::members::Members;
use crate::places::Look;
use crate::strangers;
use crate::wiring::{self, House};

/// Threads that serve the pages. Questions run on their own threads; these only wait and write.
const SERVING_THREADS: usize = 2;

pub(crate) fn run(file: &Path) -> Outcome {
    let config = Config::load(file).map_err(|mistakes| Failure::several(&mistakes))?;
    log();
    pages_can_be_served(config.http.listen)?;
    let house = wiring::build(&config)?;
    say(&config, &house);
    serve(house, config.http.listen, |_| {}, stopped())
}

/// Log lines go to standard error: coloured on a terminal, and without the time under systemd, which adds its own.
pub(crate) fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("CHORSU_LOG").unwrap_or_else(|_| "info".into());
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).with_target(false);
    // A second call finds the first one's subscriber in place, which does the same.
    let _ = if std::env::var_os("JOURNAL_STREAM").is_some() { lines.without_time().try_init() } else { lines.try_init() };
}

fn say(config: &Config, house: &House) {
    let status = house.members.status.load();
    for address in house.addresses() {
        let (threads, window) = (house.sizes.threads, span_text(config.collect.window));
        tracing::info!(threads, window, "listening for sFlow, NetFlow and IPFIX on UDP {address}{}", custom(*address));
    }
    tracing::info!("receiving with {}", house.sizes);
    if let Some(advice) = house.sizes.advice() {
        tracing::warn!("{advice}");
    }
    if !config.collect.allow.is_empty() {
        tracing::info!("datagrams are taken from {} only", config.collect.allowed());
    }
    for rule in &config.exporters {
        tracing::info!("[[exporter]] {}", rule_text(rule));
    }
    tracing::info!(
        members = status.members,
        macs = status.macs,
        "members from {}",
        if status.origin.is_empty() { "nowhere: `members.file` is not set" } else { &status.origin }
    );
    for warning in &status.warnings {
        tracing::warn!("{warning}");
    }
}

/// Who sends to a port by custom; what comes is told by its content all the same.
const fn custom(address: SocketAddr) -> &'static str {
    match address.port() {
        6343 => ", the usual port of sFlow",
        2055 => ", the usual port of NetFlow",
        4739 => ", the usual port of IPFIX",
        _ => "",
    }
}

/// Serves the pages until `stop`, then stops the house in order: no new questions, the last window closed and written.
pub(crate) fn serve(house: House, listen: SocketAddr, ready: impl FnOnce(SocketAddr), stop: impl Future<Output = ()>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(SERVING_THREADS).enable_all().build();
    let runtime = runtime.context("the threads that serve the pages cannot be started")?;
    let served = runtime.block_on(async {
        let listener = TcpListener::bind(listen).await.map_err(|error| http_refused(listen, &error))?;
        let address = listener.local_addr().context("the address of the pages cannot be found")?;
        tracing::info!("pages on http://{address}/");
        ready(address);
        let reload = tokio::spawn(reload_on_hangup(house.members.clone(), house.books.clone(), house.places.clone()));
        let strangers = tokio::spawn(strangers::tell(Arc::clone(&house.status)));
        let (tell, told) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(dashboards::serve(listener, house.site(), async {
            let _ = told.await;
        }));
        stop.await;
        tracing::info!("stopping: the running window is closed and written");
        reload.abort();
        strangers.abort();
        let _ = tell.send(());
        serving.await.context("serving the pages")
    });
    house.stop();
    served
}

/// Finds out before anything is started whether the pages' address is to be had.
pub(crate) fn pages_can_be_served(listen: SocketAddr) -> Outcome {
    std::net::TcpListener::bind(listen).map(drop).map_err(|error| http_refused(listen, &error))
}

fn http_refused(listen: SocketAddr, error: &io::Error) -> Failure {
    let what = match error.kind() {
        io::ErrorKind::AddrInUse => "is in use by another program; stop that program or choose another address",
        io::ErrorKind::PermissionDenied => "needs a privilege that this process lacks; choose a port of 1024 or above",
        io::ErrorKind::AddrNotAvailable => "is no address of this machine; `ip address` lists those that it has",
        _ => return Failure::new(format!("the pages cannot be served on TCP {listen}: {error}")),
    };
    Failure::new(format!("TCP {listen} {what} for the pages (`http.listen`, or --listen of the demo)"))
}

/// Ends with SIGTERM or SIGINT.
pub(crate) async fn stopped() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

async fn reload_on_hangup(members: Members, books: Shelf, places: Option<Look>) {
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    while hangup.recv().await.is_some() {
        if let Some(places) = &places {
            places.now();
        }
        let (members, books) = (members.clone(), books.clone());
        // Reading a large list takes a moment; the pages go on meanwhile.
        let reload = move || {
            members.reload();
            books.reload();
        };
        let _ = tokio::task::spawn_blocking(reload).await;
    }
}
