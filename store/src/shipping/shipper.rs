//! One turn of shipping after the other.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use schema::Timestamp;
use schema::warehouse::MemberRow;

use super::ShippingError;
use super::backoff::Backoff;
use super::files::Files;
use super::hold::{Hold, size_of};
use super::ledger::{Batch, Ledger, Turn};
use super::queue::{Composed, Most, Whose, compose};
use super::send::Warehouse;
use super::status::Watch;
use crate::catalog::Catalog;
use crate::error::{Result, StoreError};
use crate::layout::Layout;
use crate::listing::Listing;
use crate::segment::{Base, BaseId};
use crate::warehouse::{Access, Client};

/// What is shipped, and where to.
#[derive(Debug)]
pub struct Settings {
    /// The store.
    pub data: PathBuf,
    /// The exchange's short name: that of windows in which nothing was seen.
    pub exchange: Arc<str>,
    /// The warehouse.
    pub access: Access,
    /// Rows that go by one insert, where several windows go together.
    pub batch: u64,
    /// Octets of windows that are kept beyond their retention because they are not shipped.
    pub backlog: u64,
}

/// Makes the warehouse ready, or finds out that it is: called before anything is sent, and again after a failure.
pub type Prepare = Box<dyn Fn(&Client) -> Result<(), ShippingError> + Send>;

/// The member list as rows, if it has changed since the last call.
pub type ChangedMembers = Box<dyn FnMut() -> Option<Vec<MemberRow>> + Send>;

/// What a turn did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Done {
    /// So many windows were shipped.
    Shipped(usize),
    /// There was nothing to ship.
    Nothing,
}

/// Brings the windows of a journal to a warehouse.
pub struct Shipper {
    pub(super) layout: Layout,
    pub(super) ledger: Ledger,
    pub(super) warehouse: Warehouse,
    pub(super) watch: Watch,
    pub(super) backoff: Backoff,
    hold: Hold,
    listing: Listing,
    prepare: Prepare,
    members: ChangedMembers,
    /// What is known to be ready since the last failure.
    is_prepared: bool,
    /// The newest version of the member list, until it is there.
    unsent_members: Option<Vec<MemberRow>>,
    unreadable: HashSet<BaseId>,
    /// What the windows of the backlog take on disk; they never change, and a long backlog is looked at often.
    sizes: HashMap<BaseId, u64>,
    rows: u64,
    whose: Whose,
    seen: Seen,
}

/// What was there to ship at the last look.
#[derive(Default)]
struct Seen {
    catalog: Arc<Catalog>,
    unshipped: Vec<Base>,
    is_stale: bool,
}

impl Shipper {
    /// Opens the ledger of a store. Nothing is sent yet.
    ///
    /// # Errors
    /// If there is no store, its ledger cannot be read, or the certificates to trust cannot.
    pub fn open(settings: &Settings, prepare: Prepare, members: ChangedMembers) -> Result<Self, ShippingError> {
        let layout = Layout::new(&settings.data);
        layout.check()?;
        let to = format!("{} {}", settings.access.url, settings.access.database);
        let ledger = Ledger::open(&layout, &to)?;
        let hold = Hold::new(ledger.shipped(), layout.clone(), settings.backlog);
        let watch = Watch::new(&settings.access.to_string(), hold.given_up());
        let warehouse = Warehouse { client: Client::new(&settings.access)?, exchange: Arc::clone(&settings.exchange) };
        Ok(Self {
            layout,
            ledger,
            warehouse,
            watch,
            backoff: Backoff::default(),
            hold,
            listing: Listing::default(),
            prepare,
            members,
            is_prepared: false,
            unsent_members: None,
            unreadable: HashSet::new(),
            sizes: HashMap::new(),
            rows: settings.batch,
            whose: Whose::default(),
            seen: Seen { is_stale: true, ..Seen::default() },
        })
    }

    /// What the journal must keep for it.
    #[must_use]
    pub fn hold(&self) -> Hold {
        self.hold.clone()
    }

    /// Where its status can be looked at.
    #[must_use]
    pub fn watch(&self) -> Watch {
        self.watch.clone()
    }

    /// Ships what is next, if anything is.
    ///
    /// # Errors
    /// If the warehouse or the disk fails. The next turn goes on where this one stopped.
    pub fn turn(&mut self, now: Timestamp) -> Result<Done, ShippingError> {
        let outcome = self.try_turn(now);
        // What has failed may have failed for want of something that was there before.
        self.is_prepared &= outcome.is_ok();
        self.seen.is_stale |= !matches!(outcome, Ok(Done::Nothing));
        self.look()?;
        outcome
    }

    fn try_turn(&mut self, now: Timestamp) -> Result<Done, ShippingError> {
        self.look()?;
        if let Some(changed) = (self.members)() {
            self.unsent_members = Some(changed);
        }
        if self.seen.unshipped.is_empty() && self.unsent_members.is_none() && self.is_prepared {
            return Ok(Done::Nothing);
        }
        self.get_ready()?;
        if let Some(members) = &self.unsent_members {
            self.warehouse.send_members(members)?;
            self.unsent_members = None;
        }
        let (candidates, next) = self.whose.choose(&self.seen.unshipped, now);
        let candidates = candidates.to_vec();
        let shipped = self.ship(&candidates)?;
        self.whose = next;
        Ok(if shipped == 0 { Done::Nothing } else { Done::Shipped(shipped) })
    }

    /// Before the first window, and after every failure: the tables are there, and what this ledger does not know to be there is asked for.
    pub(super) fn get_ready(&mut self) -> Result<(), ShippingError> {
        if self.is_prepared {
            return Ok(());
        }
        (self.prepare)(&self.warehouse.client)?;
        let mut turn = self.ledger.turn()?;
        ask_what_is_there(&self.warehouse, &self.seen.catalog, &mut turn)?;
        self.seen.is_stale = true;
        self.is_prepared = true;
        Ok(self.look()?)
    }

    /// Ships as many of these windows as go together; before them what was begun and not ended. Gives how many were shipped.
    pub(super) fn ship(&mut self, candidates: &[Base]) -> Result<usize, ShippingError> {
        let mut turn = self.ledger.turn()?;
        if turn.is_new() {
            ask_what_is_there(&self.warehouse, &self.seen.catalog, &mut turn)?;
        }
        let most = Most { rows: self.rows, exchange: &self.warehouse.exchange };
        let composed = match turn.pending().cloned() {
            Some(batch) => resume(&self.layout, batch, &mut turn, &self.watch)?,
            None => next(&self.layout, candidates, most, &mut turn, |base, error| {
                tracing::error!(window = %base, %error, "cannot be shipped");
                self.unreadable.insert(base.id);
                self.watch.change(|status| status.unreadable += 1);
            })?,
        };
        let Some(Composed { batch, files }) = composed else { return Ok(0) };
        self.warehouse.send(&batch.token, &files)?;
        turn.done(&batch.token)?;
        turn.compact(&self.seen.catalog)?;
        count(&self.watch, &files);
        Ok(files.len())
    }

    /// Looks what there is to ship, if the journal or the ledger has changed.
    pub(super) fn look(&mut self) -> Result<()> {
        let catalog = self.listing.catalog(&self.layout)?;
        if !self.seen.is_stale && Arc::ptr_eq(&catalog, &self.seen.catalog) {
            return Ok(());
        }
        let shipped = self.ledger.shipped();
        let is_due = |base: &&Base| !shipped.has(&base.id) && !self.unreadable.contains(&base.id);
        let unshipped: Vec<Base> = catalog.bases.values().filter(is_due).copied().collect();
        let octets = self.octets(&unshipped);
        self.watch.change(|status| {
            status.backlog_windows = unshipped.len() as u64;
            status.backlog_octets = octets;
            let newest = catalog.bases.values().next_back().map(Base::end);
            status.up_to = unshipped.first().map(|base| base.id.start).or(newest).or(status.up_to);
        });
        self.seen = Seen { catalog, unshipped, is_stale: false };
        Ok(())
    }

    fn octets(&mut self, windows: &[Base]) -> u64 {
        let (layout, older) = (&self.layout, std::mem::take(&mut self.sizes));
        let size = |base: &Base| (base.id, older.get(&base.id).copied().unwrap_or_else(|| size_of(layout, base)));
        self.sizes = windows.iter().map(size).collect();
        self.sizes.values().sum()
    }

    /// What the journal held at the last look.
    pub(super) fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.seen.catalog)
    }

    /// Whether a window's files were found to be broken.
    pub(super) fn is_unreadable(&self, base: &Base) -> bool {
        self.unreadable.contains(&base.id)
    }
}

/// Notes the windows of the journal that are in the warehouse and not in the ledger. What is on its way is ended by its own token.
fn ask_what_is_there(warehouse: &Warehouse, catalog: &Catalog, turn: &mut Turn<'_>) -> Result<(), ShippingError> {
    let is_unknown = |base: &&Base| !turn.has(base) && turn.pending().is_none_or(|batch| !batch.bases.contains(base));
    let unknown: Vec<Base> = catalog.bases.values().filter(is_unknown).copied().collect();
    if let (Some(first), Some(last)) = (unknown.first(), unknown.last()) {
        let there = warehouse.windows(first.id.start, last.end())?;
        let had: Vec<Base> = unknown.into_iter().filter(|base| there.contains(&base.id)).collect();
        turn.had(&had)?;
    }
    turn.knows_the_warehouse();
    Ok(())
}

/// A batch that was begun, as it was. One whose files cannot be read any more is given up: nobody can tell whether they were taken, and twice would be worse than not at all.
fn resume(layout: &Layout, batch: Batch, turn: &mut Turn<'_>, watch: &Watch) -> Result<Option<Composed>> {
    let files: Result<Vec<Files>> = batch.bases.iter().map(|base| Files::read(layout, *base)).collect();
    match files {
        Err(error @ (StoreError::Gone { .. } | StoreError::Broken { .. })) => {
            tracing::error!(windows = batch.bases.len(), token = batch.token, %error, "cannot be shipped to their end");
            turn.lost(&batch.token)?;
            watch.change(|status| status.unreadable += batch.bases.len() as u64);
            Ok(None)
        }
        files => Ok(Some(Composed { batch, files: files? })),
    }
}

/// As many of these windows as go together, noted as begun.
fn next(
    layout: &Layout,
    candidates: &[Base],
    most: Most<'_>,
    turn: &mut Turn<'_>,
    unreadable: impl FnMut(Base, &StoreError),
) -> Result<Option<Composed>> {
    // Others may have had their turn since these were looked up.
    let candidates: Vec<Base> = candidates.iter().filter(|base| !turn.has(base)).copied().collect();
    let composed = compose(layout, &candidates, most, unreadable)?;
    if let Some(composed) = &composed {
        turn.begin(&composed.batch)?;
    }
    Ok(composed)
}

fn count(watch: &Watch, files: &[Files]) {
    let newest = files.iter().map(|files| files.base.end()).max();
    watch.change(|status| {
        status.windows += files.len() as u64;
        status.rows += files.iter().map(Files::rows).sum::<u64>();
        status.octets += files.iter().map(Files::octets).sum::<u64>();
        status.newest = status.newest.max(newest);
    });
}

impl std::fmt::Debug for Shipper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shipper").field("layout", &self.layout).field("warehouse", &self.warehouse).finish_non_exhaustive()
    }
}
