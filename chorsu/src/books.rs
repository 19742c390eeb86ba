//! What is written down of networks beside the exchange: read at the start, and again on SIGHUP.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use report::books::Books;
use report::volumes::{Book, MAX_OCTETS};

use crate::config::Share;
use crate::failure::{Failure, Outcome};

/// The books in use, and from where they come.
#[derive(Clone)]
pub(crate) struct Shelf {
    share: Share,
    pub(crate) current: Arc<ArcSwap<Books>>,
}

impl Shelf {
    /// Reads the books for the first time.
    pub(crate) fn open(share: &Share) -> Outcome<Self> {
        let books = books(share)?;
        Ok(Self { share: share.clone(), current: Arc::new(ArcSwap::from_pointee(books)) })
    }

    /// Reads them again. A file that is refused changes nothing: what it said before stays in use.
    pub(crate) fn reload(&self) {
        match books(&self.share) {
            Ok(books) => self.current.store(Arc::new(books)),
            Err(refused) => tracing::error!(%refused, "declared volumes not reloaded; the older ones stay in use"),
        }
    }
}

/// The books of a configuration. Lines that are left out are logged.
pub(crate) fn books(share: &Share) -> Outcome<Books> {
    let mut books = Books { links: share.links.clone(), outside: share.outside.clone(), ..Books::default() };
    if let Some(file) = &share.volumes {
        let book = volumes(file)?;
        notes(file, &book).for_each(|note| tracing::warn!("{note}"));
        books.volumes = book.volumes;
    }
    Ok(books)
}

/// Reads a file of declared volumes.
pub(crate) fn volumes(file: &Path) -> Outcome<Book> {
    let refused = |why: &dyn std::fmt::Display| Failure::new(format!("{}: {why}", file.display()));
    let size =
        std::fs::metadata(file).map_err(|error| refused(&format!("cannot be read: {error}; check the path of declared volumes")))?.len();
    if size > MAX_OCTETS {
        return Err(refused(&format!("is longer than {} MiB, too long for declared volumes; check its path", MAX_OCTETS >> 20)));
    }
    let text = std::fs::read_to_string(file).map_err(|error| refused(&format!("cannot be read: {error}; save it as UTF-8 text")))?;
    Book::read(&text).map_err(|error| refused(&error))
}

/// What was left out of a file, in sentences.
pub(crate) fn notes(file: &Path, book: &Book) -> impl Iterator<Item = String> {
    let file = file.display();
    let more = book.left_out.saturating_sub(book.warnings.len() as u64);
    let more = (more > 0).then(|| format!("{file}: {more} more lines were left out"));
    let warnings: Vec<String> = book.warnings.iter().map(|warning| format!("{file}, {warning}")).collect();
    warnings.into_iter().chain(more)
}
