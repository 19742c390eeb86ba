//! How a command ends when it cannot do what was asked: one sentence on standard error, and an exit code.

use std::fmt::{self, Display};
use std::io::{self, Write};
use std::process::ExitCode;

/// Sentences for standard error: what, where, and what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    sentences: Vec<String>,
}

pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(sentence: impl Display) -> Self {
        Self { sentences: vec![sentence.to_string()] }
    }

    /// Several mistakes, each with a sentence of its own.
    pub(crate) fn several<T: Display>(mistakes: &[T]) -> Self {
        Self { sentences: mistakes.iter().map(ToString::to_string).collect() }
    }

    pub(crate) fn report(&self) -> ExitCode {
        for sentence in &self.sentences {
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(io::stderr(), "chorsu: {sentence}");
        }
        ExitCode::FAILURE
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentences.join("; "))
    }
}

/// Says for what an error stood in the way.
pub(crate) trait Context<T> {
    /// `doing` is the first half of the sentence, the error the second.
    fn context(self, doing: impl Display) -> Outcome<T>;
    /// The error's own sentence is enough.
    fn plain(self) -> Outcome<T>;
}

impl<T, E: Display> Context<T> for Result<T, E> {
    fn context(self, doing: impl Display) -> Outcome<T> {
        self.map_err(|error| Failure::new(format!("{doing}: {error}")))
    }

    fn plain(self) -> Outcome<T> {
        self.map_err(Failure::new)
    }
}

/// Writes to standard output. A reader that has gone (`| head`) ends the command quietly.
pub(crate) fn print(text: impl AsRef<[u8]>) -> Outcome {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_ref()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("standard output cannot be written"),
    }
}
