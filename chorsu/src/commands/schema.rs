//! `chorsu schema`: the tables of the ClickHouse.

use std::path::Path;

use schema::warehouse::migrations::applied_table;
use schema::warehouse::{Form, Keep, LATEST, migrations, tables};
use store::warehouse::{Applied, Client, apply};

use crate::cli::{Schema, SchemaTask};
use crate::config::{ClickHouse, Config};
use crate::failure::{Context, Failure, Outcome, print};

pub(crate) fn schema(asked: &Schema) -> Outcome {
    match &asked.task {
        SchemaTask::Print { config, cluster } => print_statements(config.as_deref(), cluster.clone()),
        SchemaTask::Apply { file, cluster } => apply_steps(&file.config, cluster.clone()),
    }
}

fn print_statements(config: Option<&Path>, cluster: Option<String>) -> Outcome {
    let clickhouse = config.map(section).transpose()?;
    let form = form(cluster, clickhouse.as_ref());
    let (keep, database) = clickhouse.map_or_else(|| (Keep::default(), "chorsu".to_owned()), |it| (it.keep, it.database().to_owned()));
    let mut text = format!("{};\nUSE {database};\n\n{};\n", tables::database(&form, &database), applied_table(&form));
    for step in migrations(&form, &keep) {
        text += &format!("\n-- Step {}: {}.\n", step.number, step.name);
        step.statements.iter().for_each(|statement| text += &format!("\n{statement};\n"));
    }
    print(text)
}

fn apply_steps(config: &Path, cluster: Option<String>) -> Outcome {
    let clickhouse = section(config)?;
    let client = Client::new(&clickhouse.access()?).plain()?;
    let applied = apply(&client, &form(cluster, Some(&clickhouse)), &clickhouse.keep).plain()?;
    print(format!("{}: {}", client.access(), said(&applied)))
}

fn said(applied: &Applied) -> String {
    if applied.steps.is_empty() {
        return format!("the tables are at step {LATEST}, which is this version's\n");
    }
    let mut text = String::from("done\n");
    applied.steps.iter().for_each(|(number, name)| text += &format!("  step {number}: {name}\n"));
    text
}

fn form(cluster: Option<String>, clickhouse: Option<&ClickHouse>) -> Form {
    let configured = || clickhouse.map_or(Form::Single, |clickhouse| clickhouse.form.clone());
    cluster.map_or_else(configured, Form::Cluster)
}

fn section(file: &Path) -> Outcome<ClickHouse> {
    let config = Config::load(file).map_err(|mistakes| Failure::several(&mistakes))?;
    let missing = || format!("{} names no ClickHouse; add the section [clickhouse] as `chorsu check --example` shows it", file.display());
    config.clickhouse.ok_or_else(|| Failure::new(missing()))
}
