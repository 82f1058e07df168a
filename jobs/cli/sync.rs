//! `sync`: bring a connection up to date now.

use super::backfill::{Outcome, carry, ended};
use super::context::{Context, Missing, usable};
use super::out::note;
use crate::cli::Exit;
use clap::Args;
use serde::Serialize;
use storage::{Requested, Trigger};

/// The arguments of `sync`.
#[derive(Debug, Args)]
pub(super) struct Sync {
    /// The connection
    name: String,
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
        let requested = store.request_import(connection.id, Trigger::Manual).await?;
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
        let command = format!("stockbridge sync {}", self.name);
        let mut outcome: Outcome = carry(&deps, &connection, run, joined, command.clone()).await?;
        if let Some(again) = again.filter(|_| outcome.state == "done") {
            outcome = carry(&deps, &connection, again, false, command).await?;
        }
        ended(context, &deps, &connection, &outcome).await
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
