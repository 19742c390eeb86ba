//! What the pages are of.

use std::sync::Arc;

use arc_swap::ArcSwap;
use schema::Window;
use schema::status::Status;
use tokio::sync::Semaphore;

use crate::assets::Bundle;

/// The exchange as it is named to people.
#[derive(Clone, Debug)]
pub struct ExchangeInfo {
    /// Short name, as it is stored with every row.
    pub name: String,
    /// Name in titles and sentences.
    pub title: String,
}

/// Everything that the pages show, and who may ask for it.
pub struct Site {
    /// The exchange.
    pub exchange: ExchangeInfo,
    /// Questions to the journal.
    pub reader: Arc<store::Reader>,
    /// What the collector says of itself; it publishes a new one with every tick.
    pub status: Arc<ArcSwap<Status>>,
    /// How shipping to ClickHouse stands; `None` where there is no ClickHouse.
    pub shipping: Option<store::shipping::Watch>,
    /// What is written down of networks beside the exchange.
    pub books: Arc<ArcSwap<report::books::Books>>,
    /// The directory in use.
    pub directory: Arc<ArcSwap<directory::Snapshot>>,
    /// Version of the program.
    pub version: &'static str,
    /// Names by which browsers may call this server, without port, beside `localhost` and literal addresses. Any other
    /// `Host` is refused, so that a foreign page cannot rebind its own name to this server and read the answers.
    pub hosts: Vec<String>,
}

/// Questions that are worked on at the same time; more wait for their turn, so that a burst of requests cannot take all threads
/// and memory from the collector.
const CONCURRENT_QUESTIONS: usize = 4;

/// The site with what serving adds to it.
pub(crate) struct Hall {
    pub(crate) site: Site,
    pub(crate) bundle: Bundle,
    pub(crate) questions: Arc<Semaphore>,
}

impl Hall {
    pub(crate) fn new(site: Site) -> Self {
        Self { site, bundle: Bundle::embedded(), questions: Arc::new(Semaphore::new(CONCURRENT_QUESTIONS)) }
    }
}

/// The windows that are not in the journal yet, the oldest first and the running one last.
pub(crate) fn live_windows(status: &Status) -> Vec<Arc<Window>> {
    let running = std::iter::once(&status.running).filter(|window| !window.length.is_zero());
    status.waiting.iter().chain(running).map(Arc::clone).collect()
}
