//! Speaking with the warehouse.
//!
//! Calls block: who asks is a thread that may. A small runtime of its own does the waiting, so that neither the keeper nor the pages depend on it.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use clickhouse::error::{Error, Result as Answered};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::{Builder, Runtime};

use super::access::{Access, Compression};
use super::connector::connector;
use super::trouble::Trouble;

/// How long an idle connection is kept: shorter than the shortest time after which ClickHouse closes one (3 s in older versions), so that a request is not
/// sent into a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(2);

/// Octets handed over at a time while a file is sent.
const CHUNK: usize = 1 << 18;

/// A ClickHouse, as one user sees one database.
pub struct Client {
    inner: clickhouse::Client,
    access: Access,
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
}

/// Named values that a statement is sent with: `{name:Type}` in it stands for them.
pub type Bound<'v> = [(&'v str, String)];

/// How an insert is taken: nothing of it in the background, by a cluster's distributed tables neither, no error stepped over, and the whole of it in one block, so that the
/// same insert twice is the same block twice. `0` lifts the other bounds of a block.
const INSERT_SETTINGS: [(&str, &str); 12] = [
    ("async_insert", "0"),
    ("distributed_foreground_insert", "1"),
    ("insert_deduplicate", "1"),
    ("deduplicate_blocks_in_dependent_materialized_views", "1"),
    ("materialized_views_ignore_errors", "0"),
    ("max_insert_threads", "1"),
    ("max_insert_block_size", MOST_ROWS_OF_A_BLOCK),
    ("min_insert_block_size_rows", MOST_ROWS_OF_A_BLOCK),
    ("min_insert_block_size_bytes", "0"),
    ("min_insert_block_size_rows_for_materialized_views", MOST_ROWS_OF_A_BLOCK),
    ("min_insert_block_size_bytes_for_materialized_views", "0"),
    ("input_format_parquet_preserve_order", "1"),
];

/// More rows than a window can have: bounds what a warehouse lays out in memory for one insert, and keeps a window in one piece.
const MOST_ROWS_OF_A_BLOCK: &str = "2097152";

impl Client {
    /// Prepares to speak with a ClickHouse. Nothing is sent yet.
    ///
    /// # Errors
    /// If the certificates to trust cannot be read, or no thread can be started.
    pub fn new(access: &Access) -> Result<Self, Trouble> {
        let http = HttpClient::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build(connector(access)?);
        let compression = match access.compression {
            Compression::Lz4 => clickhouse::Compression::Lz4,
            Compression::None => clickhouse::Compression::None,
        };
        let inner = clickhouse::Client::with_http_client(http)
            .with_url(&access.url)
            .with_database(&access.database)
            .with_user(&access.user)
            .with_password(access.password.reveal())
            .with_compression(compression)
            .with_product_info("chorsu", env!("CARGO_PKG_VERSION"));
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("warehouse").enable_all().build();
        let runtime = runtime.map_err(|error| Trouble::Start(error.to_string()))?;
        Ok(Self { inner, access: access.clone(), runtime: Some(runtime) })
    }

    /// With whom it speaks.
    #[must_use]
    pub const fn access(&self) -> &Access {
        &self.access
    }

    /// Does what a statement says that has no answer.
    ///
    /// # Errors
    /// If ClickHouse cannot be reached or refuses.
    pub fn execute(&self, statement: &str, bound: &Bound<'_>) -> Result<(), Trouble> {
        self.wait(self.access.timeouts.question, QUESTION_KEY, self.prepared(&self.inner, statement, bound).execute())
    }

    /// As [`execute`](Self::execute), in no database: for the statement that makes it.
    ///
    /// # Errors
    /// If ClickHouse cannot be reached or refuses.
    pub fn execute_outside(&self, statement: &str) -> Result<(), Trouble> {
        let outside = self.inner.clone().with_database("default");
        self.wait(self.access.timeouts.question, QUESTION_KEY, self.prepared(&outside, statement, &[]).execute())
    }

    /// The answer to a question, in a format of ClickHouse's, as in `ArrowStream` or `TabSeparated`.
    ///
    /// # Errors
    /// If ClickHouse cannot be reached or refuses, or its answer breaks off.
    pub fn ask(&self, question: &str, bound: &Bound<'_>, format: &str) -> Result<Bytes, Trouble> {
        let question = self.prepared(&self.inner, question, bound);
        self.wait(self.access.timeouts.question, QUESTION_KEY, async { question.fetch_bytes(format)?.collect().await })
    }

    /// Its version, as in `26.9.2.1`: shows that it can be reached, and lets this user in.
    ///
    /// # Errors
    /// If ClickHouse cannot be reached or refuses.
    pub fn version(&self) -> Result<String, Trouble> {
        let outside = self.inner.clone().with_database("default");
        let question = self.prepared(&outside, "SELECT version()", &[]);
        let answer =
            self.wait(self.access.timeouts.question, QUESTION_KEY, async { question.fetch_bytes("TabSeparated")?.collect().await })?;
        Ok(String::from_utf8_lossy(&answer).trim().to_owned())
    }

    /// Inserts a Parquet file into a table. The same `token` twice counts once, in the table and in its views.
    ///
    /// When this returns, ClickHouse has taken all of it, or had it already. After an error it may have taken it, too.
    ///
    /// # Errors
    /// If ClickHouse cannot be reached or refuses.
    pub fn insert_parquet(&self, table: &str, token: &str, file: Bytes) -> Result<(), Trouble> {
        let plain = self.inner.clone().with_compression(clickhouse::Compression::None);
        let statement = format!("INSERT INTO `{}` FORMAT Parquet", table.replace(['`', '\\'], ""));
        let mut insert = plain.insert_formatted_with(statement).with_setting("insert_deduplication_token", token);
        for (name, value) in INSERT_SETTINGS {
            insert = insert.with_setting(name, value);
        }
        self.wait(self.access.timeouts.insert, "`clickhouse.insert_timeout`", async move {
            let mut left = file;
            while !left.is_empty() {
                insert.send(left.split_to(CHUNK.min(left.len()))).await?;
            }
            insert.end().await
        })
    }

    fn prepared(&self, client: &clickhouse::Client, statement: &str, bound: &Bound<'_>) -> clickhouse::query::Query {
        let query = client.query_raw(statement);
        bound.iter().fold(query, |query, (name, value)| query.param(name, value))
    }

    fn wait<T>(&self, most: Duration, key: &'static str, work: impl Future<Output = Answered<T>>) -> Result<T, Trouble> {
        let Some(runtime) = &self.runtime else { return Err(Trouble::Start("it has been stopped".into())) };
        let timed = async { tokio::time::timeout(most, work).await.unwrap_or(Err(Error::TimedOut)) };
        runtime.block_on(timed).map_err(|error| Trouble::of(&self.access.url, key, &error))
    }
}

/// The key that says how long a question may take.
const QUESTION_KEY: &str = "`clickhouse.question_timeout`";

impl Drop for Client {
    /// Does not wait for answers that nobody wants any more; a runtime must not be waited for where it may be dropped by another one.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("access", &self.access).finish_non_exhaustive()
    }
}
