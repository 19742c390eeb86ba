//! What was shipped, remembered on disk.
//!
//! ```text
//! DATA/shipping/lock       held while one batch is on its way, so that a back-fill and the service take turns
//! DATA/shipping/ledger     what was shipped, and what is on its way; lines are only ever added
//! ```
//!
//! | line | says |
//! |---|---|
//! | `chorsu shipping 1 URL DATABASE` | to which warehouse; the first line |
//! | `had NAME…` | these windows are there |
//! | `begin TOKEN NAME…` | these windows are sent together, now or again, under this token |
//! | `done TOKEN` | and are there |
//! | `lost TOKEN` | or cannot be sent any more |
//!
//! `begin` is on disk before the first octet is sent: what may have been taken already is sent again in the same composition, which the warehouse knows by its token. A line
//! without its end was being written by a process that was killed, and says nothing.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::shipped::Shipped;
use crate::catalog::Catalog;
use crate::error::{At, Result, StoreError};
use crate::layout::{Layout, sync_dir, write_synced};
use crate::segment::{Base, BaseId};

/// How the first line starts.
const FORMAT: &str = "chorsu shipping 1";

/// Octets from which on the file is written anew without the windows that the journal has no longer: they would grow by 50 MB a year.
const COMPACT_FROM: u64 = 1 << 20;

/// Octets of a window's name, about.
const LENGTH_OF_A_NAME: u64 = 48;

/// Windows of one line `had`.
const NAMES_OF_A_LINE: usize = 64;

/// Windows that are sent together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Batch {
    /// Under which token.
    pub(crate) token: String,
    /// In the order of their starts.
    pub(crate) bases: Vec<Base>,
}

/// The file, and what it says.
#[derive(Debug)]
pub(crate) struct Ledger {
    dir: PathBuf,
    /// `URL DATABASE`.
    to: String,
    /// What of it the journal's keeper has to know.
    shipped: Arc<Shipped>,
    pending: Option<Batch>,
    /// Whether the file was begun since what is in the warehouse was asked for last.
    is_new: bool,
    /// Octets that have been read, of the file with this number.
    read: u64,
    inode: u64,
}

/// The turn to ship; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'l> {
    ledger: &'l mut Ledger,
    file: File,
    _lock: File,
}

impl Ledger {
    /// Opens the ledger of a store for a warehouse, named `URL DATABASE`.
    pub(crate) fn open(layout: &Layout, to: &str) -> Result<Self> {
        let dir = layout.shipping();
        fs::create_dir_all(&dir).at("create", &dir)?;
        let mut ledger = Self { dir, to: to.to_owned(), shipped: Arc::default(), pending: None, is_new: false, read: 0, inode: 0 };
        // What is known is known from the start: retention asks before the first turn.
        drop(ledger.turn()?);
        Ok(ledger)
    }

    /// What was shipped, for the one who drops windows.
    pub(crate) fn shipped(&self) -> Arc<Shipped> {
        Arc::clone(&self.shipped)
    }

    /// Waits for the turn to ship, and learns what others have shipped meanwhile.
    pub(crate) fn turn(&mut self) -> Result<Turn<'_>> {
        let path = self.dir.join("lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&path).at("open", &path)?;
        lock.lock().at("lock", &path)?;
        let path = self.path();
        if !path.exists() {
            self.begin_anew(None)?;
        }
        self.catch_up()?;
        let file = File::options().append(true).open(&path).at("open", &path)?;
        Ok(Turn { ledger: self, file, _lock: lock })
    }

    fn path(&self) -> PathBuf {
        self.dir.join("ledger")
    }

    /// Reads the lines that were added since the last time, or all of them if the file is another one.
    fn catch_up(&mut self) -> Result<()> {
        let path = self.path();
        let mut file = File::options().read(true).write(true).open(&path).at("open", &path)?;
        let about = file.metadata().at("read", &path)?;
        if about.ino() != self.inode || about.len() < self.read {
            (self.read, self.inode, self.pending) = (0, about.ino(), None);
            self.shipped.clear();
        }
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(self.read)).and_then(|_| file.read_to_end(&mut text)).at("read", &path)?;
        let whole = text.iter().rposition(|octet| *octet == b'\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            file.set_len(self.read + whole as u64).and_then(|()| file.sync_all()).at("cut", &path)?;
        }
        text.truncate(whole);
        let text = String::from_utf8_lossy(&text).into_owned();
        let mut lines = text.lines();
        if self.read == 0 && lines.next() != Some(&self.head()) {
            return self.change_warehouse(&text);
        }
        lines.for_each(|line| self.take(line));
        self.read += whole as u64;
        Ok(())
    }

    fn head(&self) -> String {
        format!("{FORMAT} {}", self.to)
    }

    /// The file is of another warehouse. What this one has, it says itself; but what was on its way stays together, for it may be the same one under another address.
    fn change_warehouse(&mut self, text: &str) -> Result<()> {
        let head = text.lines().next().unwrap_or_default();
        if !head.is_empty() && !head.starts_with(FORMAT) {
            let detail = format!("begins with {head:?}: it was written by another version; use that one");
            return Err(StoreError::Shipping { path: self.path(), detail });
        }
        text.lines().skip(1).for_each(|line| self.take(line));
        let pending = self.pending.take();
        self.shipped.clear();
        let before = self.dir.join("ledger-before");
        fs::rename(self.path(), &before).at("rename", &self.path())?;
        tracing::info!(before = head, now = self.to, "another warehouse: what it has is asked of it");
        self.begin_anew(pending)?;
        self.catch_up()
    }

    fn begin_anew(&mut self, pending: Option<Batch>) -> Result<()> {
        self.is_new = true;
        let pending = pending.map_or_else(String::new, |batch| begin_line(&batch));
        self.replace(&format!("{}\n{pending}", self.head()))
    }

    /// Puts another file in the place of this one.
    fn replace(&self, text: &str) -> Result<()> {
        let unfinished = self.dir.join(".tmp-ledger");
        write_synced(&unfinished, text.as_bytes())?;
        fs::rename(&unfinished, self.path()).at("rename", &unfinished)?;
        sync_dir(&self.dir)
    }

    fn take(&mut self, line: &str) {
        let mut words = line.split(' ');
        match words.next() {
            Some("had") => self.shipped.add(words.filter_map(Base::parse).map(|base| base.id)),
            Some("begin") => {
                let Some(token) = words.next() else { return };
                let batch = Batch { token: token.to_owned(), bases: words.filter_map(Base::parse).collect() };
                self.shipped.on_its_way(batch.bases.iter().map(|base| base.id));
                self.pending = Some(batch);
            }
            // Neither is to be sent any more.
            Some("done" | "lost") => {
                let ids = self.end(words.next());
                self.shipped.add(ids);
            }
            _ => {}
        }
    }

    /// The batch of this token is on its way no longer.
    fn end(&mut self, token: Option<&str>) -> Vec<BaseId> {
        let Some(batch) = self.pending.take_if(|batch| Some(&*batch.token) == token) else { return Vec::new() };
        self.shipped.on_its_way([]);
        batch.bases.iter().map(|base| base.id).collect()
    }
}

impl Turn<'_> {
    /// What was begun and not ended: it goes first, and as it was.
    pub(crate) fn pending(&self) -> Option<&Batch> {
        self.ledger.pending.as_ref()
    }

    /// Whether the ledger was begun since the last call of [`knows_the_warehouse`](Self::knows_the_warehouse): then it does not know what is there.
    pub(crate) const fn is_new(&self) -> bool {
        self.ledger.is_new
    }

    /// What is in the warehouse has been asked for, and noted.
    pub(crate) const fn knows_the_warehouse(&mut self) {
        self.ledger.is_new = false;
    }

    /// Notes that a batch is about to be sent.
    pub(crate) fn begin(&mut self, batch: &Batch) -> Result<()> {
        self.add(&begin_line(batch))
    }

    /// Notes that it is there.
    pub(crate) fn done(&mut self, token: &str) -> Result<()> {
        self.add(&format!("done {token}\n"))
    }

    /// Notes that it cannot be sent any more.
    pub(crate) fn lost(&mut self, token: &str) -> Result<()> {
        self.add(&format!("lost {token}\n"))
    }

    /// Notes windows that turned out to be there.
    pub(crate) fn had(&mut self, bases: &[Base]) -> Result<()> {
        let lines: String = bases.chunks(NAMES_OF_A_LINE).map(|bases| format!("had{}\n", names(bases))).collect();
        if lines.is_empty() { Ok(()) } else { self.add(&lines) }
    }

    /// Whether a window is there already.
    pub(crate) fn has(&self, base: &Base) -> bool {
        self.ledger.shipped.has(&base.id)
    }

    /// Forgets windows that the journal has no longer, if that makes the file much shorter.
    pub(crate) fn compact(&mut self, kept: &Catalog) -> Result<()> {
        if self.ledger.read < COMPACT_FROM {
            return Ok(());
        }
        let shipped: Vec<Base> = kept.bases.values().filter(|base| self.has(base)).copied().collect();
        if self.ledger.read < 2 * LENGTH_OF_A_NAME * shipped.len() as u64 {
            return Ok(());
        }
        let had: String = shipped.chunks(NAMES_OF_A_LINE).map(|bases| format!("had{}\n", names(bases))).collect();
        let pending = self.ledger.pending.as_ref().map_or_else(String::new, begin_line);
        self.ledger.replace(&format!("{}\n{had}{pending}", self.ledger.head()))?;
        self.file = File::options().append(true).open(self.ledger.path()).at("open", &self.ledger.path())?;
        self.ledger.catch_up()
    }

    /// Adds lines, waits until they are on disk, and takes them as read.
    fn add(&mut self, lines: &str) -> Result<()> {
        let path = self.ledger.path();
        self.file.write_all(lines.as_bytes()).and_then(|()| self.file.sync_data()).at("write", &path)?;
        lines.lines().for_each(|line| self.ledger.take(line));
        self.ledger.read += lines.len() as u64;
        Ok(())
    }
}

fn begin_line(batch: &Batch) -> String {
    format!("begin {}{}\n", batch.token, names(&batch.bases))
}

fn names(bases: &[Base]) -> String {
    bases.iter().map(|base| format!(" {base}")).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use schema::Timestamp;

    use super::*;

    const TO: &str = "http://127.0.0.1:8123 chorsu";

    fn base(minute: i64) -> Base {
        let id = BaseId { start: Timestamp(minute * 60_000), serial: minute.unsigned_abs() };
        Base { id, length: Duration::from_secs(60), partial: None }
    }

    fn batch(token: &str, minutes: std::ops::Range<i64>) -> Batch {
        Batch { token: token.to_owned(), bases: minutes.map(base).collect() }
    }

    fn opened(dir: &std::path::Path, to: &str) -> Ledger {
        Ledger::open(&Layout::new(dir), to).unwrap()
    }

    fn known(ledger: &Ledger, minutes: i64) -> Vec<i64> {
        (0..minutes).filter(|minute| ledger.shipped().has(&base(*minute).id)).collect()
    }

    #[test]
    fn what_was_noted_is_known_again_also_by_others() {
        let dir = tempfile::tempdir().unwrap();
        let (mut ledger, mut other) = (opened(dir.path(), TO), opened(dir.path(), TO));
        let mut turn = ledger.turn().unwrap();
        turn.begin(&batch("a", 0..3)).unwrap();
        turn.done("a").unwrap();
        turn.had(&[base(5)]).unwrap();
        turn.begin(&batch("b", 6..8)).unwrap();
        drop(turn);
        assert_eq!(known(&ledger, 9), [0, 1, 2, 5]);
        assert_eq!(other.turn().unwrap().pending(), Some(&batch("b", 6..8)));
        assert_eq!(known(&other, 9), [0, 1, 2, 5]);
        other.turn().unwrap().lost("b").unwrap();
        let mut turn = ledger.turn().unwrap();
        assert!(turn.pending().is_none() && turn.has(&base(6)), "what is lost is not sent again");
        turn.done("never begun").unwrap();
        drop(turn);
        assert_eq!(known(&opened(dir.path(), TO), 9), [0, 1, 2, 5, 6, 7]);
    }

    #[test]
    fn a_ledger_that_is_cut_anywhere_says_what_was_written_before_the_cut() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = opened(dir.path(), TO);
        let mut turn = ledger.turn().unwrap();
        for number in 0..4 {
            turn.begin(&batch(&format!("t{number}"), number..number + 1)).unwrap();
            turn.done(&format!("t{number}")).unwrap();
        }
        drop(turn);
        let path = ledger.path();
        let whole = fs::read(&path).unwrap();
        let head = whole.iter().position(|octet| *octet == b'\n').unwrap() + 1;
        for cut in head..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let mut again = opened(dir.path(), TO);
            let lines = whole[..cut].iter().filter(|octet| **octet == b'\n').count() - 1;
            assert_eq!(known(&again, 9).len(), lines / 2, "cut after {cut} octets");
            let mut turn = again.turn().unwrap();
            assert_eq!(turn.pending().is_some(), lines % 2 == 1, "cut after {cut} octets");
            // What is added now stands in a line of its own.
            turn.had(&[base(8)]).unwrap();
            drop(turn);
            assert!(known(&opened(dir.path(), TO), 9).contains(&8));
        }
    }

    #[test]
    fn of_another_warehouse_only_what_is_on_its_way_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = opened(dir.path(), TO);
        let mut turn = ledger.turn().unwrap();
        turn.had(&[base(1)]).unwrap();
        turn.begin(&batch("a", 2..4)).unwrap();
        turn.knows_the_warehouse();
        assert!(!turn.is_new());
        drop(turn);
        let mut other = opened(dir.path(), "http://127.0.0.1:8124 chorsu");
        let turn = other.turn().unwrap();
        assert!(turn.is_new() && turn.pending() == Some(&batch("a", 2..4)));
        drop(turn);
        assert!(known(&other, 9).is_empty());
        assert!(ledger.turn().unwrap().is_new(), "who knew the first one must ask again");
    }

    #[test]
    fn a_file_of_another_version_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = opened(dir.path(), TO).path();
        fs::write(&path, "chorsu shipping 2 somewhere\n").unwrap();
        let refused = Ledger::open(&Layout::new(dir.path()), TO).unwrap_err().to_string();
        assert!(refused.contains("written by another version"), "{refused}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "chorsu shipping 2 somewhere\n");
    }

    #[test]
    fn a_long_ledger_is_written_anew_without_what_the_journal_has_no_longer() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = opened(dir.path(), TO);
        let mut other = opened(dir.path(), TO);
        let mut turn = ledger.turn().unwrap();
        let all: Vec<Base> = (0..30_000).map(base).collect();
        turn.had(&all).unwrap();
        turn.begin(&batch("a", 30_000..30_002)).unwrap();
        let mut catalog = Catalog::default();
        (29_000..30_010).for_each(|minute| catalog.insert(crate::segment::Segment::Base(base(minute))));
        turn.compact(&catalog).unwrap();
        turn.had(&[base(30_005)]).unwrap();
        drop(turn);
        assert!(fs::metadata(ledger.path()).unwrap().len() < 100_000);
        for ledger in [&mut ledger, &mut other] {
            assert_eq!(ledger.turn().unwrap().pending(), Some(&batch("a", 30_000..30_002)));
            assert_eq!(known(ledger, 30_010).len(), 1_001, "those that the journal has, and the one after");
        }
    }
}
