//! Where things lie on disk, and how they are put there so that a crash at any moment leaves nothing to repair.
//!
//! ```text
//! DATA/FORMAT                      version of this layout
//! DATA/lock                        held by the one writer
//! DATA/journal/1m|5m|1h|1d/NAME/   a segment: a file for each of its tables, as in cells.parquet; roll-ups also `inputs`
//! DATA/journal/5d|30d/NAME/        a bundle: some tables of several days, summed again
//! DATA/shipping/                   what was shipped to ClickHouse, if there is one
//! DATA/reattributions.jsonl        claims of unknown MAC addresses; has a lock of its own
//! DATA/quarantine/                 segments that could not be read, set aside for a person to look at
//! ```
//!
//! A segment is made under a name that starts with `.tmp-`, and then renamed; a name that a reader can see is whole.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use schema::Level;

use crate::error::{At, Result, StoreError};
use crate::segment::{Base, RollUp, Segment};

/// What the file FORMAT says.
const FORMAT: &str = "chorsu journal 1";

/// How the names of unfinished things start.
const UNFINISHED: &str = ".tmp-";

/// The file in a roll-up that names the windows it is the sum of.
pub(crate) const INPUTS: &str = "inputs";

/// The paths of one store.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(crate) fn level(&self, level: Level) -> PathBuf {
        self.root.join("journal").join(level.name())
    }

    pub(crate) fn segment(&self, segment: &Segment) -> PathBuf {
        self.level(segment.level()).join(segment.to_string())
    }

    /// Where it is remembered what was shipped.
    pub(crate) fn shipping(&self) -> PathBuf {
        self.root.join("shipping")
    }

    /// Makes what is missing and removes what a killed writer left unfinished. Only for the writer.
    pub(crate) fn prepare(&self) -> Result<()> {
        for level in Level::EVERY {
            let dir = self.level(level);
            fs::create_dir_all(&dir).at("create", &dir)?;
            remove_unfinished(&dir)?;
        }
        self.write_format()?;
        sync_dir(&self.root.join("journal"))?;
        sync_dir(&self.root)
    }

    fn write_format(&self) -> Result<()> {
        let path = self.root.join("FORMAT");
        if path.exists() {
            return self.check();
        }
        let unfinished = self.root.join(format!("{UNFINISHED}FORMAT"));
        write_synced(&unfinished, format!("{FORMAT}\n").as_bytes())?;
        fs::rename(&unfinished, &path).at("rename", &unfinished)
    }

    /// Checks that there is a store, in a format that this version reads.
    pub(crate) fn check(&self) -> Result<()> {
        let path = self.root.join("FORMAT");
        let found = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(StoreError::NoStore { dir: self.root.clone() }),
            found => found.at("read", &path)?,
        };
        if found.trim_end() == FORMAT {
            return Ok(());
        }
        Err(StoreError::Format { dir: self.root.clone(), found: found.trim_end().to_owned(), expected: FORMAT })
    }

    /// Takes the writer's lock; it is held as long as the file is.
    pub(crate) fn lock(&self) -> Result<File> {
        fs::create_dir_all(&self.root).at("create", &self.root)?;
        let path = self.root.join("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path).at("open", &path)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(StoreError::Locked { dir: self.root.clone() }),
            Err(fs::TryLockError::Error(source)) => Err(StoreError::Io { doing: "lock", path, source }),
        }
    }

    /// A directory for the files of a segment that is not there yet.
    pub(crate) fn begin(&self, segment: &Segment) -> Result<PathBuf> {
        let dir = self.level(segment.level()).join(format!("{UNFINISHED}{segment}"));
        remove_dir(&dir)?;
        fs::create_dir(&dir).at("create", &dir)?;
        Ok(dir)
    }

    /// Gives the finished directory its name. Durable only once it and its parent are synced.
    pub(crate) fn finish(&self, unfinished: &Path, segment: &Segment) -> Result<()> {
        fs::rename(unfinished, self.segment(segment)).at("rename", unfinished)
    }

    /// Removes a segment: it disappears at once, then its files go.
    pub(crate) fn remove(&self, segment: &Segment) -> Result<()> {
        let unfinished = self.level(segment.level()).join(format!("{UNFINISHED}gone-{segment}"));
        fs::rename(self.segment(segment), &unfinished).at("rename", &unfinished)?;
        remove_dir(&unfinished)
    }

    /// Sets a segment aside under a name that is free.
    pub(crate) fn quarantine(&self, segment: &Segment) -> Result<PathBuf> {
        let dir = self.root.join("quarantine");
        fs::create_dir_all(&dir).at("create", &dir)?;
        let name = format!("{}-{segment}", segment.level().name());
        let again = (1..).map(|number| dir.join(format!("{name}.{number}")));
        let free = std::iter::once(dir.join(&name)).chain(again).find(|path| !path.exists()).unwrap_or_else(|| dir.join(&name));
        fs::rename(self.segment(segment), &free).at("set aside", &free)?;
        Ok(free)
    }

    /// The windows that a roll-up is the sum of.
    pub(crate) fn inputs(&self, roll_up: &RollUp) -> Result<Vec<Base>> {
        let segment = self.segment(&Segment::RollUp(*roll_up));
        let text = match fs::read_to_string(segment.join(INPUTS)) {
            Ok(text) => text,
            Err(_) if !segment.exists() => return Err(StoreError::Gone { segment }),
            Err(error) => return Err(StoreError::Broken { segment, detail: format!("its list of windows: {error}") }),
        };
        let bases: Option<Vec<Base>> = text.lines().map(Base::parse).collect();
        let bases = bases.filter(|bases| bases.len() as u64 == roll_up.tally.count);
        bases.ok_or_else(|| StoreError::Broken { segment, detail: "its list of windows is incomplete".to_owned() })
    }
}

fn remove_unfinished(dir: &Path) -> Result<()> {
    for entry in fs::read_dir(dir).at("list", dir)? {
        let entry = entry.at("list", dir)?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            remove_dir(&entry.path())?;
        }
    }
    Ok(())
}

/// Whether a name is that of something unfinished, which readers step over in silence.
pub(crate) fn is_unfinished(name: &str) -> bool {
    name.starts_with(UNFINISHED)
}

fn remove_dir(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.at("remove", dir),
    }
}

/// Writes a file and waits until it is on disk.
pub(crate) fn write_synced(path: &Path, content: &[u8]) -> Result<()> {
    let mut file = File::create(path).at("create", path)?;
    file.write_all(content).at("write", path)?;
    file.sync_all().at("sync", path)
}

/// Waits until a file is on disk.
pub(crate) fn sync_file(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).at("sync", path)
}

/// Waits until a directory's names are on disk.
pub(crate) fn sync_dir(dir: &Path) -> Result<()> {
    sync_file(dir)
}

/// Waits until a segment's files and their names are on disk.
pub(crate) fn sync_segment(dir: &Path) -> Result<()> {
    for entry in fs::read_dir(dir).at("list", dir)? {
        sync_file(&entry.at("list", dir)?.path())?;
    }
    sync_dir(dir)
}
