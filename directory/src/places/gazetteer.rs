//! The files in use, and the table that is made of them.

use std::sync::Arc;

use arc_swap::ArcSwap;
use schema::Timestamp;

use super::home::Home;
use super::layer::Layer;
use super::read;
use super::source::PlaceSource;
use super::table::Places;
use crate::load::Stamp;

/// Files that places may come from: five registries, geofeeds of a whole economy's networks, and some more. An answer names its source by one octet.
pub const MAX_SOURCES: usize = 200;

/// How a file is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceState {
    /// The file.
    pub source: PlaceSource,
    /// What it said when it was last understood; nothing if it never was.
    pub layer: Option<Arc<Layer>>,
    /// When it was last understood.
    pub loaded: Option<Timestamp>,
    /// When that version of the file was written, by the file system.
    pub modified: Option<Timestamp>,
    /// Why its latest version was refused, as one sentence that begins with the file.
    pub refused: Option<String>,
}

impl SourceState {
    /// Of when its data is: what the file itself says, else when it was written.
    #[must_use]
    pub fn data_of(&self) -> Option<Timestamp> {
        self.layer.as_ref().and_then(|layer| layer.made()).or(self.modified)
    }
}

/// A file, and which of its versions was read last.
#[derive(Debug)]
struct Watched {
    state: SourceState,
    tried: bool,
    stamp: Option<Stamp>,
}

impl Watched {
    /// Reads the file if it is another than last time. Whether that changed what is known.
    fn look(&mut self, now: Timestamp) -> bool {
        let stamp = Stamp::of(&self.state.source.file);
        // A file that has vanished for the moment, as some programs save, has not changed.
        if self.tried && (stamp.is_none() || stamp == self.stamp) {
            return false;
        }
        self.tried = true;
        self.stamp = stamp;
        match read::load(&self.state.source) {
            Ok(layer) => {
                self.state.modified = stamp.and_then(Stamp::modified);
                self.state.loaded = Some(now);
                self.state.refused = None;
                self.state.layer = Some(Arc::new(layer));
                true
            }
            Err(refused) => {
                self.state.refused = Some(format!("{}: {refused}", self.state.source.file.display()));
                false
            }
        }
    }
}

/// Keeps the files' layers and makes the table of them. Whoever looks up takes the table and waits for nobody.
#[derive(Debug)]
pub struct Gazetteer {
    home: Home,
    files: Vec<Watched>,
    places: Arc<ArcSwap<Places>>,
}

impl Gazetteer {
    /// For these files, none of which is read yet. Of more than [`MAX_SOURCES`] the rest is never read.
    #[must_use]
    pub fn new(home: Home, sources: impl IntoIterator<Item = PlaceSource>) -> Self {
        let watched = |source| {
            let state = SourceState { source, layer: None, loaded: None, modified: None, refused: None };
            Watched { state, tried: false, stamp: None }
        };
        let files = sources.into_iter().take(MAX_SOURCES).map(watched).collect();
        Self { places: Arc::new(ArcSwap::from_pointee(Places::new(home.clone(), &[]))), home, files }
    }

    /// The table, swapped whole whenever there is another.
    #[must_use]
    pub const fn places(&self) -> &Arc<ArcSwap<Places>> {
        &self.places
    }

    /// How the files are.
    pub fn states(&self) -> impl Iterator<Item = &SourceState> {
        self.files.iter().map(|file| &file.state)
    }

    /// Reads the files that are others than last time, and swaps the table if that changed anything. Whether it did. A file that is refused goes on saying what it said before.
    pub fn refresh(&mut self, now: Timestamp) -> bool {
        // Each is looked at, whatever came of those before it.
        let changed = self.files.iter_mut().filter_map(|file| file.look(now).then_some(())).count() > 0;
        if changed {
            let told = self.files.iter().filter_map(|file| Some((file.state.source.clone(), Arc::clone(file.state.layer.as_ref()?))));
            self.places.store(Arc::new(Places::new(self.home.clone(), &told.collect::<Vec<_>>())));
        }
        changed
    }
}
