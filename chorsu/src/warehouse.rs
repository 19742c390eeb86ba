//! Who answers questions, as the configuration wants it.

use std::path::Path;
use std::sync::Arc;

use store::Reader;
use store::warehouse::{Client, Warehouse};

use crate::config::{Config, Questions};
use crate::failure::{Context, Outcome};

/// Opens the store in a folder for questions. With `clickhouse.questions = "clickhouse"` they go there first; ClickHouse need not be there yet.
pub(crate) fn reader(data: &Path, config: Option<&Config>) -> Outcome<Reader> {
    let reader = Reader::open(data).plain()?;
    let Some(config) = config else { return Ok(reader) };
    let Some(clickhouse) = config.clickhouse.as_ref().filter(|clickhouse| clickhouse.questions == Questions::ClickHouse) else {
        return Ok(reader);
    };
    let client = Client::new(&clickhouse.access()?).plain()?;
    Ok(reader.with_warehouse(Warehouse::new(client, Arc::clone(&config.exchange.name), clickhouse.keep)))
}
