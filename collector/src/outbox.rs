//! Closed windows on their way to the store.
//!
//! A window leaves only after the store has said that it is kept. While the disk is full the newest windows wait here, in bounded memory;
//! what does not fit any more is lost, counted and shown.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schema::Window;
use schema::status::StoreStatus;

/// Windows that may wait for the disk: two hours of them. It keeps a full disk from filling the memory too.
pub const MAX_WAITING: usize = 120;

/// What flow records brought of earlier windows may wait beside them: each that is closed brings at most some sixty, most of them small.
pub const MAX_WAITING_LATE: usize = 60 * MAX_WAITING;

/// Cells that the waiting windows may hold together, for the same reason: at some 80 octets each, 160 MB.
pub const MAX_WAITING_CELLS: usize = 2_000_000;

/// The place where closed windows wait for the store.
#[derive(Default)]
pub struct Outbox {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    /// How many of them are late.
    late: usize,
    store: StoreStatus,
    /// Samples of the windows that were lost.
    lost_samples: u64,
    closed: bool,
}

struct Waiting {
    window: Arc<Window>,
    late: bool,
}

impl Outbox {
    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole after every statement that holds the lock, so a thread that panicked elsewhere spoiled nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a closed window in. If there is no place, the oldest are lost: the newest are what the operator looks at while mending the
    /// disk.
    pub fn put(&self, window: Window) {
        self.push(window, false);
    }

    /// Puts in what flow records brought of a window that was closed before.
    pub fn put_late(&self, window: Window) {
        self.push(window, true);
    }

    fn push(&self, window: Window, late: bool) {
        let mut state = self.state();
        state.waiting.push_back(Waiting { window: Arc::new(window), late });
        state.late += usize::from(late);
        while state.waiting.len() > 1 && state.is_full() {
            let Some(oldest) = state.waiting.pop_front() else { break };
            state.late -= usize::from(oldest.late);
            state.store.windows_lost += 1;
            state.lost_samples += oldest.window.cells.iter().map(|row| row.samples).sum::<u64>();
        }
        drop(state);
        self.changed.notify_all();
    }

    /// The oldest window, which stays in until [`Outbox::kept`]. Waits for one at most `patience`; `None` if there is none.
    pub fn oldest(&self, patience: Duration) -> Option<Arc<Window>> {
        let state = self.state();
        let nothing_yet = |state: &mut State| state.waiting.is_empty() && !state.closed;
        let (state, _) = self.changed.wait_timeout_while(state, patience, nothing_yet).unwrap_or_else(PoisonError::into_inner);
        state.waiting.front().map(|waiting| Arc::clone(&waiting.window))
    }

    /// The window is kept: lets it go.
    pub fn kept(&self, window: &Arc<Window>) {
        let mut state = self.state();
        state.waiting.retain(|waiting| !Arc::ptr_eq(&waiting.window, window));
        state.late = state.waiting.iter().filter(|waiting| waiting.late).count();
        state.store.windows_written += 1;
        state.store.failing = None;
        state.store.newest = state.store.newest.max(Some(window.start));
    }

    /// The window could not be kept now; it stays in.
    pub fn failed(&self, why: String) {
        self.state().store.failing = Some(why);
    }

    /// Says that no window will come any more.
    pub fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// Whether no window will come any more.
    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Whether no window will come any more and none waits.
    pub fn is_done(&self) -> bool {
        let state = self.state();
        state.closed && state.waiting.is_empty()
    }

    /// The windows that wait, the oldest first, and the store's health.
    pub fn status(&self) -> (Vec<Arc<Window>>, StoreStatus) {
        let state = self.state();
        (state.waiting.iter().map(|waiting| Arc::clone(&waiting.window)).collect(), state.store.clone())
    }

    /// Samples that lie in the windows that were lost.
    pub fn lost_samples(&self) -> u64 {
        self.state().lost_samples
    }
}

impl State {
    fn is_full(&self) -> bool {
        let cells: usize = self.waiting.iter().map(|waiting| waiting.window.cells.len()).sum();
        self.waiting.len() - self.late > MAX_WAITING || self.late > MAX_WAITING_LATE || cells > MAX_WAITING_CELLS
    }
}

#[cfg(test)]
mod tests {
    use schema::window::CellRow;

    use super::*;

    fn window(serial: u64) -> Window {
        let cell = CellRow { samples: 3, ..CellRow::default() };
        Window { serial, cells: vec![cell.clone(), cell], ..Window::default() }
    }

    #[test]
    fn a_window_leaves_only_when_it_is_kept() {
        let outbox = Outbox::default();
        outbox.put(window(1));
        outbox.put(window(2));
        let first = outbox.oldest(Duration::ZERO).unwrap();
        outbox.failed("the disk is full".into());
        assert_eq!(outbox.oldest(Duration::ZERO).unwrap().serial, 1);
        assert_eq!(outbox.status().1.failing.as_deref(), Some("the disk is full"));
        outbox.kept(&first);
        assert_eq!(outbox.oldest(Duration::ZERO).unwrap().serial, 2);
        assert_eq!((outbox.status().1.failing, outbox.status().1.windows_written), (None, 1));
    }

    #[test]
    fn what_does_not_fit_is_counted_as_lost_and_the_newest_stay() {
        let outbox = Outbox::default();
        let count = MAX_WAITING as u64 + 5;
        (0..count).for_each(|serial| outbox.put(window(serial)));
        let (waiting, store) = outbox.status();
        assert_eq!((waiting.len(), store.windows_lost, outbox.lost_samples()), (MAX_WAITING, 5, 5 * 6));
        assert_eq!(waiting.last().map(|window| window.serial), Some(count - 1));
    }

    #[test]
    fn late_windows_push_out_no_window_of_the_last_two_hours() {
        let outbox = Outbox::default();
        for serial in 0..MAX_WAITING as u64 {
            outbox.put(window(serial));
            (0..60).for_each(|_| outbox.put_late(window(serial)));
        }
        assert_eq!(outbox.status().1.windows_lost, 0);
        outbox.put_late(window(1_000));
        assert_eq!((outbox.status().0.len(), outbox.status().1.windows_lost), (MAX_WAITING + MAX_WAITING_LATE - 1, 2));
        let kept = outbox.oldest(Duration::ZERO).unwrap();
        outbox.kept(&kept);
        outbox.put_late(window(1_001));
        assert_eq!(outbox.status().1.windows_lost, 2);
    }

    #[test]
    fn it_is_done_when_closed_and_empty() {
        let outbox = Outbox::default();
        outbox.put(window(1));
        outbox.close();
        assert!(!outbox.is_done());
        let last = outbox.oldest(Duration::from_secs(60)).unwrap();
        outbox.kept(&last);
        assert!(outbox.is_done());
        assert!(outbox.oldest(Duration::from_secs(60)).is_none());
    }
}
