//! Bringing a warehouse's tables to this version.

use schema::Level;
use schema::warehouse::migrations::{APPLIED, applied_table};
use schema::warehouse::{Form, KEPT, Keep, LATEST, migrations, tables};

use super::client::Client;
use super::trouble::Trouble;

/// What was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// The last step that had been applied before; 0 for none.
    pub before: u32,
    /// The names of the steps that were applied now.
    pub steps: Vec<(u32, &'static str)>,
}

/// Makes the database if it is missing, applies the steps that it lacks, and sets how long rows are kept where that is set otherwise.
///
/// Where nothing is missing nothing is done that needs more rights than to read. Steps can be repeated: what another process applies at the same time, or a killed one had
/// begun, does no harm.
///
/// # Errors
/// If the tables are of a later version than this one ([`Trouble::Newer`]) or of another form ([`Trouble::OtherForm`]), or ClickHouse cannot be reached or refuses.
pub fn apply(client: &Client, form: &Form, keep: &Keep) -> Result<Applied, Trouble> {
    let before = match form_of(client)? {
        None => 0,
        Some(found) if found.is_of(form) => applied(client)?,
        Some(found) => return Err(Trouble::OtherForm { database: client.access().database.clone(), found: found.name() }),
    };
    if before > LATEST {
        return Err(Trouble::Newer { database: client.access().database.clone(), found: before, known: LATEST });
    }
    let steps = if before < LATEST { take_steps(client, form, keep, before)? } else { Vec::new() };
    set_kept(client, form, keep)?;
    Ok(Applied { before, steps })
}

fn take_steps(client: &Client, form: &Form, keep: &Keep, before: u32) -> Result<Vec<(u32, &'static str)>, Trouble> {
    make_database(client, form)?;
    client.execute(&applied_table(form), &[])?;
    let mut steps = Vec::new();
    for step in migrations(form, keep).into_iter().filter(|step| step.number > before) {
        step.statements.iter().try_for_each(|statement| client.execute(statement, &[]))?;
        let insert =
            format!("INSERT INTO {APPLIED} (number, name, version) VALUES ({{number:UInt32}}, {{name:String}}, {{version:String}})");
        let values =
            [("number", step.number.to_string()), ("name", step.name.to_owned()), ("version", env!("CARGO_PKG_VERSION").to_owned())];
        client.execute(&insert, &values)?;
        steps.push((step.number, step.name));
    }
    Ok(steps)
}

fn make_database(client: &Client, form: &Form) -> Result<(), Trouble> {
    match client.execute(&tables::database(form, &client.access().database), &[]) {
        // ClickHouse asks for the database of a request before it looks at what is requested.
        Err(Trouble::Refused(refusal)) if refusal.code == UNKNOWN_DATABASE => {}
        other => return other,
    }
    client.execute_outside(&tables::database(form, &client.access().database))
}

/// In which form the tables were made. A cluster's beside those of one server would count everything twice.
enum Found {
    Server,
    Cluster,
}

impl Found {
    fn is_of(&self, form: &Form) -> bool {
        matches!((self, form), (Self::Server, Form::Single) | (Self::Cluster, Form::Cluster(_)))
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Server => "for one server",
            Self::Cluster => "for a cluster",
        }
    }
}

/// The form of the tables; `None` if there are none yet.
fn form_of(client: &Client) -> Result<Option<Found>, Trouble> {
    let asked = "SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = {name:String}";
    let engine = match client.ask(asked, &[("name", APPLIED.to_owned())], "TabSeparated") {
        Err(Trouble::Refused(refusal)) if refusal.code == UNKNOWN_DATABASE => return Ok(None),
        answer => answer?,
    };
    let found = if engine.starts_with(b"Replicated") { Found::Cluster } else { Found::Server };
    Ok((!engine.is_empty()).then_some(found))
}

/// ClickHouse's number of the exception.
const UNKNOWN_DATABASE: u32 = 81;

/// The last step that was applied.
fn applied(client: &Client) -> Result<u32, Trouble> {
    let answer = client.ask(&format!("SELECT max(number) FROM {APPLIED}"), &[], "TabSeparated")?;
    let text = String::from_utf8_lossy(&answer);
    let unreadable = |_| Trouble::Answer { url: client.access().url.clone(), detail: format!("{text:?} is no number of a step") };
    text.trim().parse().map_err(unreadable)
}

/// Sets how long rows are kept where that is set otherwise.
fn set_kept(client: &Client, form: &Form, keep: &Keep) -> Result<(), Trouble> {
    for table in KEPT {
        for level in Level::ALL {
            if !is_kept(client, &tables::stored_name(form, &table, level), tables::ttl(level, keep).as_deref())? {
                client.execute(&tables::kept(form, &table, level, keep), &[])?;
            }
        }
    }
    Ok(())
}

/// Whether a table has this TTL, or none if that is what is wanted.
fn is_kept(client: &Client, table: &str, wanted: Option<&str>) -> Result<bool, Trouble> {
    let found =
        if wanted.is_some() { "position(create_table_query, {ttl:String}) > 0" } else { "position(create_table_query, ' TTL ') = 0" };
    let asked = format!("SELECT {found} FROM system.tables WHERE database = currentDatabase() AND name = {{table:String}}");
    let mut values = vec![("table", table.to_owned())];
    values.extend(wanted.map(|ttl| ("ttl", format!("TTL {ttl} "))));
    Ok(client.ask(&asked, &values, "TabSeparated")?.starts_with(b"1"))
}
