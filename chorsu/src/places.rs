//! What is known of addresses: read in the background, and again when a file changes or on SIGHUP.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use arc_swap::ArcSwap;
use directory::Current;
use directory::places::{Gazetteer, Places, SourceState};
use schema::Timestamp;
use schema::status::{DirectoryStatus, PlaceSourceStatus, PlacesStatus};

use crate::config::Economy;
use crate::failure::{Context, Outcome};
use crate::members::Members;

/// How often is looked whether files have changed. What is known of addresses changes by the day.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Makes the thread that reads the files look whether they have changed. The thread ends when nobody can any more.
#[derive(Clone)]
pub(crate) struct Look(Sender<()>);

impl Look {
    /// Starts to read. Until a file is read, it says nothing: a routing table takes some seconds, in which nobody waits for it.
    pub(crate) fn start(economy: &Economy, members: &Members) -> Outcome<Self> {
        let gazetteer = Gazetteer::new(economy.home.clone(), economy.sources.clone());
        let (look, asked) = channel();
        let (current, status) = (Arc::clone(&members.current), Arc::clone(&members.status));
        let reading = move || keep_up(gazetteer, &current, &status, &asked);
        let thread = thread::Builder::new().name("places".into()).spawn(reading);
        // Nothing is lost when the program ends while it reads: it writes nothing.
        thread.map(drop).context("the thread that reads what is known of addresses cannot be started")?;
        Ok(Self(look))
    }

    pub(crate) fn now(&self) {
        // A thread that has ended looks no more.
        let _ = self.0.send(());
    }
}

/// What the files say, read at once: for work that is of one moment. What cannot be read is logged, and says nothing.
pub(crate) fn read(economy: &Economy) -> Arc<Places> {
    let mut gazetteer = Gazetteer::new(economy.home.clone(), economy.sources.clone());
    gazetteer.refresh(Timestamp::now());
    tell(&[], &gazetteer.states().cloned().collect::<Vec<_>>());
    gazetteer.places().load_full()
}

fn keep_up(mut gazetteer: Gazetteer, current: &Current, status: &ArcSwap<DirectoryStatus>, asked: &Receiver<()>) {
    let mut before = Vec::new();
    loop {
        let changed = gazetteer.refresh(Timestamp::now());
        if changed {
            current.know(gazetteer.places().load_full(), Timestamp::now());
        }
        let states: Vec<SourceState> = gazetteer.states().cloned().collect();
        if changed || states != before {
            tell(&before, &states);
            let places = Arc::new(places_status(&gazetteer.places().load(), &states));
            status.rcu(|status| DirectoryStatus { places: Arc::clone(&places), ..DirectoryStatus::clone(status) });
        }
        before = states;
        match asked.recv_timeout(LOOK_EVERY) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Logs what is new of the files.
fn tell(before: &[SourceState], states: &[SourceState]) {
    for (position, state) in states.iter().enumerate() {
        let known = before.get(position);
        if let Some(refused) = state.refused.as_ref().filter(|refused| known.and_then(|known| known.refused.as_ref()) != Some(refused)) {
            tracing::error!("{refused}{}", if state.layer.is_some() { "; what it said before stays in use" } else { "" });
        }
        let Some(layer) = state.layer.as_ref().filter(|_| known.is_none_or(|known| known.loaded != state.loaded)) else { continue };
        let (v4, v6, networks, left_out) = (layer.prefixes_4(), layer.prefixes_6(), layer.networks(), layer.left_out());
        tracing::info!(v4, v6, networks, left_out, "{}: read as {}", state.source.file.display(), state.source.kind.title());
    }
}

pub(crate) fn places_status(places: &Places, states: &[SourceState]) -> PlacesStatus {
    PlacesStatus {
        home: places.home().name().to_owned(),
        economies: places.home().economies().to_vec(),
        octets: places.octets(),
        sources: states.iter().map(source_status).collect(),
    }
}

fn source_status(state: &SourceState) -> PlaceSourceStatus {
    let layer = state.layer.as_deref();
    PlaceSourceStatus {
        kind: state.source.kind.name(),
        file: state.source.file.display().to_string(),
        loaded: state.loaded,
        data_of: state.data_of(),
        prefixes_4: layer.map_or(0, |layer| layer.prefixes_4()),
        prefixes_6: layer.map_or(0, |layer| layer.prefixes_6()),
        networks: layer.map_or(0, |layer| layer.networks()),
        left_out: layer.map_or(0, |layer| layer.left_out()),
        notes: layer.map_or_else(Vec::new, |layer| layer.notes().to_vec()),
        refused: state.refused.clone(),
    }
}
