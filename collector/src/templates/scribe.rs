//! The thread that writes the book, so that a slow disk never keeps a window from being closed.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::thread::{self, JoinHandle};

use super::book::Book;
use super::book_file;

/// Writes the book to its file whenever it is told to.
pub(crate) struct Scribe {
    texts: SyncSender<String>,
    thread: JoinHandle<()>,
}

impl Scribe {
    /// Starts the thread.
    ///
    /// # Errors
    /// Hands on why there can be no thread.
    pub(crate) fn start(path: PathBuf) -> io::Result<Self> {
        let (texts, written) = mpsc::sync_channel::<String>(1);
        let write = move || {
            for text in written {
                if let Err(error) = book_file::write(&path, &text) {
                    tracing::warn!(path = %path.display(), %error, "the templates cannot be kept for the next start; going on without");
                }
            }
        };
        let thread = thread::Builder::new().name("templates".into()).spawn(write)?;
        Ok(Self { texts, thread })
    }

    /// Has the book written if it changed. While the disk is busy with an earlier text it stays as it is, to be offered again.
    pub(crate) fn offer(&self, book: &mut Book) {
        if book.take_changed()
            && let Err(TrySendError::Full(_)) = self.texts.try_send(book_file::text(book))
        {
            book.set_changed();
        }
    }

    /// Has the book written a last time if it changed, and waits until it is.
    pub(crate) fn finish(self, book: &mut Book) {
        if book.take_changed() {
            // The thread takes texts until the channel is closed.
            let _ = self.texts.send(book_file::text(book));
        }
        drop(self.texts);
        let _ = self.thread.join();
    }
}
