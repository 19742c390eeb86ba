//! Shipping as the configuration wants it.

use std::sync::Arc;

use directory::Snapshot;
use schema::Timestamp;
use schema::warehouse::MemberRow;
use store::shipping::{ChangedMembers, Prepare, Settings, Shipper};
use store::warehouse::apply;

use crate::config::{ClickHouse, Config};
use crate::failure::{Context, Outcome};
use crate::members::Members;

/// Makes ready to ship what is in the journal. Nothing is sent yet, and ClickHouse need not be there.
pub(crate) fn open(config: &Config, clickhouse: &ClickHouse, members: ChangedMembers) -> Outcome<Shipper> {
    let settings = Settings {
        data: config.store.data.clone(),
        exchange: Arc::clone(&config.exchange.name),
        access: clickhouse.access()?,
        batch: clickhouse.batch,
        backlog: clickhouse.backlog,
    };
    Shipper::open(&settings, make_ready(clickhouse), members).plain()
}

/// Brings the tables to this version's form.
fn make_ready(clickhouse: &ClickHouse) -> Prepare {
    let (form, keep) = (clickhouse.form.clone(), clickhouse.keep);
    Box::new(move |client| {
        let applied = apply(client, &form, &keep)?;
        applied.steps.iter().for_each(|(number, name)| tracing::info!(number, "ClickHouse has {name}"));
        Ok(())
    })
}

/// Says what the member list is whenever it is another one.
pub(crate) fn changed_members(exchange: &Arc<str>, members: &Members) -> ChangedMembers {
    let (exchange, current) = (Arc::clone(exchange), Arc::clone(&members.current));
    let mut told = None;
    Box::new(move || {
        let snapshot = current.snapshot().load_full();
        let is_new = told.replace(snapshot.number()) != Some(snapshot.number());
        is_new.then(|| rows(&exchange, &snapshot, Timestamp::now()))
    })
}

/// A back-fill leaves the member list to the service.
pub(crate) fn no_members() -> ChangedMembers {
    Box::new(|| None)
}

fn rows(exchange: &Arc<str>, snapshot: &Snapshot, now: Timestamp) -> Vec<MemberRow> {
    let count = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
    let row = |member: &directory::Member| MemberRow {
        time: now,
        exchange: Arc::clone(exchange),
        asn: member.asn.0,
        name: member.name.as_str().into(),
        speed: member.speed,
        macs: count(member.macs.len()),
        ports: count(member.ports.len()),
    };
    snapshot.members().iter().map(row).collect()
}
