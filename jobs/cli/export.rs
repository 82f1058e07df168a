//! `export`: buy orders of Optiply to Lightspeed now.

use super::context::{Context, Missing, usable};
use super::exports::Shown;
use super::out::note;
use super::words::count;
use crate::cli::{CliError, Exit};
use crate::worker;
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use storage::{Connection, Run, Store, Trigger};

/// The arguments of `export`.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The connection
    name: String,
    /// Only ask for it, and leave the work to the worker
    #[arg(long)]
    no_wait: bool,
}

/// The answer of `export`.
#[derive(Debug, Serialize)]
struct Answer {
    connection: String,
    run: i64,
    /// `open` when it was stopped, paused or not waited for, `done` or `failed`.
    state: String,
    /// Why it failed.
    reason: Option<String>,
    /// Whether a run was open already.
    joined: bool,
    /// How many buy orders stand where.
    orders: BTreeMap<String, i64>,
    /// Those that are not settled, the parked ones with their reasons.
    open: Vec<Shown>,
}

/// How many open orders are listed.
const LISTED: i64 = 50;

impl Export {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.store(Missing::Refuse).await?;
        let connection = store.connection(&self.name).await?;
        usable(&connection)?;
        must_deliver(&store, &connection).await?;
        let deps = context.deps(&store)?;
        let asked = store.request_export(connection.id, Trigger::Manual).await?;
        if asked.joined {
            note(&format!("joining run {}", asked.run));
        }
        let run = if self.no_wait {
            store.run(asked.run).await?
        } else {
            Box::pin(worker::drive(&deps, asked.run, |_| {})).await?
        };
        let answer = answer(&store, &connection, run, asked.joined).await?;
        if answer.state == "failed" {
            let reason = answer.reason.as_deref().unwrap_or("for no known reason");
            return Err(CliError::usage(
                "run_failed",
                format!("run {} failed: {reason}", answer.run),
                format!(
                    "`stockbridge check {}` looks for the cause; nothing is ordered twice by \
                     exporting again",
                    answer.connection
                ),
            )
            .exit(Exit::Failed)
            .into());
        }
        context.out.answer(&answer, || answer.text());
        Ok(answer.exit(self.no_wait))
    }
}

/// Refuses a connection that has no Optiply to export from.
pub(super) async fn must_deliver(store: &Store, connection: &Connection) -> anyhow::Result<()> {
    if store.delivers(connection.id).await? {
        return Ok(());
    }
    Err(CliError::usage(
        "no_optiply",
        format!(
            "connection {:?} holds no credentials of Optiply, so there are no buy orders to export",
            connection.name
        ),
        format!(
            "set STOCKBRIDGE_OPTIPLY_CLIENT_ID, _CLIENT_SECRET, _USERNAME, _PASSWORD and \
             _ACCOUNT_ID and run `stockbridge connect {} --optiply-url URL --optiply-auth-url URL`",
            connection.name
        ),
    )
    .into())
}

async fn answer(
    store: &Store,
    connection: &Connection,
    run: Run,
    joined: bool,
) -> anyhow::Result<Answer> {
    let open = store.open_exports(connection.id, LISTED).await?;
    Ok(Answer {
        connection: connection.name.clone(),
        run: run.id.0,
        state: run.state,
        reason: run.reason,
        joined,
        orders: store.export_counts(connection.id).await?.states,
        open: open.into_iter().map(Shown::from).collect(),
    })
}

impl Answer {
    fn exit(&self, no_wait: bool) -> Exit {
        match self.state.as_str() {
            "open" if !no_wait => Exit::Interrupted,
            "done" if self.orders.contains_key("parked") => Exit::Partly,
            _ => Exit::Done,
        }
    }

    fn text(&self) -> String {
        let of = |state: &str| self.orders.get(state).copied().unwrap_or(0);
        let mut text = match self.state.as_str() {
            "open" => format!(
                "Run {} is open; `stockbridge export {}` goes on from here.\n",
                self.run, self.connection
            ),
            state => format!("Run {} of {:?} is {state}.\n", self.run, self.connection),
        };
        text.push_str(&format!(
            "{} ordered in Lightspeed so far, {} at work, {} parked.\n",
            count(of("exported"), "buy order"),
            of("due") + of("working"),
            of("parked")
        ));
        for order in &self.open {
            text.push_str(&order.text());
        }
        text
    }
}
