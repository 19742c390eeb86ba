//! The thread that brings closed windows from the collector's outbox into the journal, and keeps the journal in order.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use collector::Outbox;
use schema::Timestamp;
use store::Journal;

/// How long to wait before a window that could not be written is tried again.
const AGAIN: Duration = Duration::from_secs(2);

/// How often roll-ups and retention are looked after.
const MAINTENANCE: Duration = Duration::from_secs(20);

/// How often a window is tried when the service stops: a disk that is still full then would keep it from ever stopping.
const LAST_TRIES: u32 = 3;

/// Starts the thread. It ends when the outbox is closed and empty, or its last windows cannot be written.
pub(crate) fn start(mut journal: Journal, outbox: Arc<Outbox>) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name("keeper".into()).spawn(move || keep(&mut journal, &outbox))
}

fn keep(journal: &mut Journal, outbox: &Outbox) {
    let mut maintained = Instant::now().checked_sub(MAINTENANCE);
    let mut tries = 0;
    while !outbox.is_done() {
        if let Some(window) = outbox.oldest(Duration::from_secs(1)) {
            match journal.append(&window) {
                Ok(_) => {
                    outbox.kept(&window);
                    tries = 0;
                }
                Err(error) => {
                    tracing::error!(%error, "a window cannot be written; it waits");
                    outbox.failed(error.to_string());
                    tries += 1;
                    if outbox.is_closed() && tries >= LAST_TRIES {
                        tracing::error!(windows = outbox.status().0.len(), "stopped although windows are not written: they are lost");
                        return;
                    }
                    thread::sleep(AGAIN);
                }
            }
        }
        if maintained.is_none_or(|at| at.elapsed() >= MAINTENANCE) {
            if let Err(error) = journal.maintain(Timestamp::now()) {
                tracing::error!(%error, "roll-ups and retention stand still");
            }
            maintained = Some(Instant::now());
        }
    }
}
