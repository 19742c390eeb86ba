//! Questions to the store, away from the threads that serve.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use directory::Snapshot;
use report::books::{Books, Listed};
use report::{About, ShareAnswer};
use schema::status::Status;
use schema::{Asn, Level, Timestamp, Window};
use store::answer::{ExportersAnswer, LocalityAnswer, MatrixAnswer, MemberName, MembersAnswer, PortsAnswer, TimeseriesAnswer};
use store::question::{By, Question};
use store::shipping::{ShippingStatus, Watch};
use store::{Reader, StoreError};

use crate::problem::Problem;
use crate::site::{Hall, live_windows};

/// How long a question waits for its turn before its asker is told to come back.
const TURN_TIMEOUT: Duration = Duration::from_secs(20);

/// The store together with the moment that an answer is of: one status, one directory, one set of live windows.
pub(crate) struct Reading {
    reader: Arc<Reader>,
    live: Vec<Arc<Window>>,
    pub(crate) status: Arc<Status>,
    pub(crate) shipping: Option<ShippingStatus>,
    pub(crate) directory: Arc<Snapshot>,
    books: Arc<Books>,
}

impl Reading {
    fn new(hall: &Hall) -> Self {
        let status = hall.site.status.load_full();
        let (reader, directory) = (Arc::clone(&hall.site.reader), hall.site.directory.load_full());
        let shipping = hall.site.shipping.as_ref().map(Watch::status);
        let books = hall.site.books.load_full();
        Self { books, reader, live: live_windows(&status), status, shipping, directory }
    }

    /// A member's name, or "AS…" where the directory has none.
    pub(crate) fn name(&self, asn: u32) -> Cow<'_, str> {
        self.directory.name(Asn(asn))
    }

    pub(crate) fn matrix(&self, question: &Question, top: Option<usize>) -> Result<MatrixAnswer, StoreError> {
        self.reader.matrix(question, top, &|asn| self.name(asn).into_owned(), &self.live)
    }

    pub(crate) fn timeseries(&self, question: &Question, step: Option<Duration>, by: By) -> Result<TimeseriesAnswer, StoreError> {
        self.reader.timeseries(question, step, by, &self.live)
    }

    pub(crate) fn locality(&self, question: &Question) -> Result<LocalityAnswer, StoreError> {
        self.reader.locality(question, &self.live)
    }

    pub(crate) fn members(&self, question: &Question) -> Result<MembersAnswer, StoreError> {
        let members = self.directory.members().iter();
        let registered: Vec<MemberName> = members.map(|member| MemberName { asn: member.asn.0, name: member.name.clone() }).collect();
        self.reader.members(question, &registered, &self.live)
    }

    pub(crate) fn ports(&self, question: &Question) -> Result<PortsAnswer, StoreError> {
        self.reader.ports(question, &|agent, if_index| self.owner(agent, if_index), &self.live)
    }

    pub(crate) fn exporters(&self, question: &Question) -> Result<ExportersAnswer, StoreError> {
        self.reader.exporters(question, &self.live)
    }

    /// The shares of a span, which ends before the running minute: that is not measured yet.
    pub(crate) fn share(&self, question: &Question, now: Timestamp) -> Result<ShareAnswer, StoreError> {
        let listed = |member: &directory::Member| Listed { asn: member.asn, name: member.name.clone(), port_speed: member.speed };
        let listed: Vec<Listed> = self.directory.members().iter().map(listed).collect();
        let home = self.status.directory.places.home.as_str();
        let about = About { economy: Some(home).filter(|home| !home.is_empty()), listed: &listed, books: &self.books };
        let last = now.floor(Level::Minute.span());
        let to = if question.from < last { question.to.min(last) } else { question.to };
        about.ask(&self.reader, &Question { to, ..question.clone() }, &self.live)
    }

    fn owner(&self, agent: &str, if_index: u32) -> Option<MemberName> {
        let agent: IpAddr = agent.parse().ok()?;
        let asn = self.directory.by_port(agent, if_index)?;
        Some(MemberName { asn: asn.0, name: self.directory.name(asn).into_owned() })
    }
}

/// Puts a question on a thread where it may block, when its turn has come.
///
/// The turn is given back when the work ends, not when its asker has gone, so that abandoned questions count as well.
///
/// # Errors
/// Tells the asker to come back if there are too many questions, and hides the store's own words, which are logged.
pub(crate) async fn read<T: Send + 'static>(
    hall: &Arc<Hall>,
    work: impl FnOnce(&Reading) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Problem> {
    let turn = tokio::time::timeout(TURN_TIMEOUT, Arc::clone(&hall.questions).acquire_owned()).await;
    let Ok(Ok(turn)) = turn else {
        return Err(Problem::busy("too many questions are being worked on; ask again in a moment"));
    };
    let reading = Reading::new(hall);
    let worked = tokio::task::spawn_blocking(move || {
        let answer = work(&reading);
        drop(turn);
        answer
    });
    match worked.await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(failed(&error)),
        Err(error) => Err(failed(&error)),
    }
}

fn failed(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "a question could not be answered");
    Problem::internal("the store could not answer; its log says why")
}
