//! The thread that ships for as long as the service runs.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use schema::Timestamp;

use super::shipper::{Done, Shipper};

/// How often it looks for new windows when there is nothing to ship.
const LOOK: Duration = Duration::from_secs(1);

/// How long stopping waits for an insert that is under way. It is not lost by being left: the next start sends it again.
const PATIENCE: Duration = Duration::from_secs(5);

/// A shipper at work.
#[derive(Debug)]
pub struct Shipping {
    signal: Arc<Signal>,
    thread: JoinHandle<()>,
}

/// Tells the thread to end, and that it has.
#[derive(Debug, Default)]
struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_stopping: bool,
    is_over: bool,
}

impl Shipping {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(shipper: Shipper) -> io::Result<Self> {
        let signal = Arc::new(Signal::default());
        let told = Arc::clone(&signal);
        let thread = thread::Builder::new().name("shipper".into()).spawn(move || {
            run(shipper, &told);
            told.change(|state| state.is_over = true);
        })?;
        Ok(Self { signal, thread })
    }

    /// Ends it: at once if it waits, else after the insert that is under way, if that does not take long.
    pub fn stop(self) {
        self.signal.change(|state| state.is_stopping = true);
        if self.signal.wait(PATIENCE, |state| state.is_over) {
            // A thread that panicked has said so by itself.
            let _ = self.thread.join();
        } else {
            tracing::warn!("an insert into ClickHouse is still under way: the next start repeats it");
        }
    }
}

fn run(mut shipper: Shipper, signal: &Signal) {
    loop {
        let wait = match shipper.turn(Timestamp::now()) {
            Ok(done) => {
                shipper.went_well();
                if done == Done::Nothing { LOOK } else { Duration::ZERO }
            }
            Err(error) => shipper.went_wrong(&error.to_string(), Timestamp::now()),
        };
        if signal.wait(wait, |state| state.is_stopping) {
            return;
        }
    }
}

impl Shipper {
    fn went_well(&mut self) {
        self.backoff.reset();
        self.watch.change(|status| {
            if let Some(since) = status.failing_since.take() {
                tracing::info!(since = %since, "ClickHouse takes windows again");
            }
            status.failing = None;
        });
    }

    /// Counts always, logs when what is wrong changes; gives how long to wait.
    fn went_wrong(&mut self, error: &str, now: Timestamp) -> Duration {
        let wait = self.backoff.next();
        self.watch.change(|status| {
            status.retries += 1;
            if status.failing.as_deref() != Some(error) {
                tracing::warn!(error, "windows are not shipped: they wait in the journal");
            }
            status.failing = Some(error.to_owned());
            status.failing_since.get_or_insert(now);
        });
        wait
    }
}

impl Signal {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits so long, or until it is so; whether it is.
    fn wait(&self, most: Duration, is_so: impl Fn(&State) -> bool) -> bool {
        let until = Instant::now() + most;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !is_so(&state) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
