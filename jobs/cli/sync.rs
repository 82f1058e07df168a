//! `sync`: bring a connection up to date now.

use super::backfill::{Outcome, carry, ended};
use super::context::{Context, Missing, usable};
use super::out::note;
use crate::cli::Exit;
use clap::Args;
use serde::Serialize;
use storage::{Requested, SweepRequested, Trigger};

/// The arguments of `sync`.
#[derive(Debug, Args)]
pub(super) struct Sync {
    /// The connection
    name: String,
    /// Look for what became visible late or vanished, instead of for what has changed
    #[arg(long)]
    sweep: bool,
    /// Only ask for it, and leave the work to the worker
    #[arg(long)]
    no_wait: bool,
}

/// The answer of `sync --no-wait`.
#[derive(Debug, Serialize)]
struct Asked {
    connection: String,
    run: i64,
    joined: bool,
    again: Option<i64>,
}

impl Sync {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.store(Missing::Refuse).await?;
        let connection = store.connection(&self.name).await?;
        usable(&connection)?;
        let deps = context.deps(&store)?;
        let requested = if self.sweep {
            match store.request_sweep(connection.id, Trigger::Manual).await? {
                SweepRequested::Run(requested) => requested,
                refused => return Err(no_sweep(&self.name, refused)),
            }
        } else {
            store.request_import(connection.id, Trigger::Manual).await?
        };
        let Requested { run, joined, again } = requested;
        if self.no_wait {
            let asked = Asked {
                connection: self.name.clone(),
                run: run.0,
                joined,
                again: again.map(|run| run.0),
            };
            context.out.answer(&asked, || asked.text());
            return Ok(Exit::Done);
        }
        if let Some(again) = again {
            note(&format!(
                "run {run} has already begun to read; run {again} follows it"
            ));
        } else if joined {
            note(&format!("joining run {run}"));
        }
        let how = if self.sweep { " --sweep" } else { "" };
        let command = format!("stockbridge sync {}{how}", self.name);
        let mut outcome: Outcome = carry(&deps, &connection, run, joined, command.clone()).await?;
        if let Some(again) = again.filter(|_| outcome.state == "done") {
            outcome = carry(&deps, &connection, again, false, command).await?;
        }
        ended(context, &deps, &connection, &outcome).await
    }
}

fn no_sweep(name: &str, refused: SweepRequested) -> anyhow::Error {
    match refused {
        SweepRequested::AfterRefilter => anyhow::anyhow!(
            "{name} is filtering its stored records again, and no sweep runs beside that; \
             ask for it when `stockbridge status {name}` says that the refilter is done"
        ),
        _ => anyhow::anyhow!(
            "{name} has not read its whole history yet, so there is nothing to compare with; \
             run `stockbridge backfill {name}` first"
        ),
    }
}

impl Asked {
    fn text(&self) -> String {
        match (self.again, self.joined) {
            (Some(again), _) => format!(
                "Run {} has already begun to read; run {again} follows it directly.",
                self.run
            ),
            (None, true) => format!("Joined run {}, which has not begun to read.", self.run),
            (None, false) => format!("Asked for run {}.", self.run),
        }
    }
}
