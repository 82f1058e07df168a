//! `backfill`: the whole history, going on where it was stopped.

use super::bars::Bars;
use super::context::{Context, Missing, usable};
use super::deliveries;
use super::out::note;
use super::table::{self, StageSum};
use super::words::count;
use crate::cli::{CliError, Exit};
use crate::deps::Deps;
use crate::report::FeedReport;
use crate::worker;
use clap::Args;
use pipeline::Feed;
use pipeline::id::RunId;
use serde::Serialize;
use storage::{Connection, ConnectionState, Run};

/// The arguments of `backfill`.
#[derive(Debug, Args)]
pub(super) struct Backfill {
    /// The connection
    name: String,
}

/// What a run has come to.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    pub(super) connection: String,
    pub(super) run: i64,
    /// `backfill` or `incremental`.
    pub(super) kind: String,
    /// `done`, `failed`, `cancelled`, or `open` when it was stopped by a signal or paused.
    pub(super) state: String,
    /// Why it failed.
    pub(super) reason: Option<String>,
    /// Whether it went on with a run that was open already.
    pub(super) resumed: bool,
    pub(super) feeds: Vec<FeedReport>,
    pub(super) stages: Vec<StageSum>,
    /// What was delivered; nothing without delivery.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) deliveries: Vec<deliveries::Sum>,
    /// Whether the sums of every stage are right.
    pub(super) adds_up: bool,
    /// Feeds that were left out, because the connected employee may not read them.
    pub(super) forbidden: Vec<Feed>,
    /// Open rejections of the connection.
    pub(super) open_rejections: i64,
    pub(super) seconds: i64,
    /// The command that goes on with it.
    #[serde(skip)]
    pub(super) command: String,
}

impl Backfill {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.store(Missing::Refuse).await?;
        let connection = store.connection(&self.name).await?;
        usable(&connection)?;
        let deps = context.deps(&store)?;
        let outcome = drive(&deps, &connection).await?;
        ended(context, &deps, &connection, &outcome).await
    }
}

/// Answers with what a run has come to.
pub(super) async fn ended(
    context: &Context,
    deps: &Deps,
    connection: &Connection,
    outcome: &Outcome,
) -> anyhow::Result<Exit> {
    // What ended it may have been the token.
    if outcome.state == "failed" {
        let now = deps.store.connection_by_id(connection.id).await?;
        if now.state == ConnectionState::NeedsReconnect {
            usable(&now)?;
        }
        return Err(failed(outcome).into());
    }
    context.out.answer(outcome, || outcome.text());
    Ok(outcome.exit())
}

/// Opens a backfill, or goes on with the open one, and carries it to its end.
pub(super) async fn drive(deps: &Deps, connection: &Connection) -> anyhow::Result<Outcome> {
    let (run, resumed) = deps.store.open_backfill(connection.id).await?;
    if resumed {
        note(&format!("going on with run {run}"));
        deps.store.hurry(connection.id).await?;
    }
    let command = format!("stockbridge backfill {}", connection.name);
    carry(deps, connection, run, resumed, command).await
}

/// Carries a run to its end, as the worker or by following it. `command` is what goes on with it.
pub(super) async fn carry(
    deps: &Deps,
    connection: &Connection,
    run: RunId,
    resumed: bool,
    command: String,
) -> anyhow::Result<Outcome> {
    let started = deps.clock.monotonic();
    let mut bars = Bars::new(deps.clock.clone());
    let run = Box::pin(worker::drive(deps, run, |progress| bars.show(progress))).await;
    drop(bars);
    let run: Run = run?;
    let seconds = deps.clock.monotonic().saturating_sub(started).as_secs();
    outcome(deps, connection, run, (resumed, command, seconds)).await
}

/// How far a run is, without waiting for it.
pub(super) async fn look(
    deps: &Deps,
    connection: &Connection,
    run: RunId,
    resumed: bool,
    command: String,
) -> anyhow::Result<Outcome> {
    let run = deps.store.run(run).await?;
    outcome(deps, connection, run, (resumed, command, 0)).await
}

async fn outcome(
    deps: &Deps,
    connection: &Connection,
    run: Run,
    (resumed, command, seconds): (bool, String, u64),
) -> anyhow::Result<Outcome> {
    let tallies = deps.store.tallies(run.id).await?;
    let stages = table::sums(&tallies);
    let delivered = deps.store.delivery_tallies(connection.id, run.id).await?;
    let delivered = deliveries::sums(&delivered);
    let (feeds, _) = deps.store.feed_runs(run.id).await?;
    let forbidden = feeds
        .into_iter()
        .filter(|feed| feed.state == "forbidden")
        .map(|feed| feed.feed)
        .collect();
    Ok(Outcome {
        connection: connection.name.clone(),
        run: run.id.0,
        kind: run.kind,
        forbidden,
        state: run.state,
        reason: run.reason,
        resumed,
        feeds: table::reports(&tallies),
        adds_up: table::adds_up(&stages) && deliveries::add_up(&delivered),
        stages,
        deliveries: delivered,
        open_rejections: deps.store.open_rejections(connection.id).await?,
        seconds: i64::try_from(seconds).unwrap_or(i64::MAX),
        command,
    })
}

/// The error of a run that ended badly.
pub(super) fn failed(outcome: &Outcome) -> CliError {
    let reason = outcome.reason.as_deref().unwrap_or("for no known reason");
    CliError::usage(
        "run_failed",
        format!("run {} failed: {reason}", outcome.run),
        format!(
            "`stockbridge check {}` looks for the cause; what was read is kept, and the next \
             backfill reads the rest",
            outcome.connection
        ),
    )
    .exit(Exit::Failed)
}

impl Outcome {
    pub(super) fn exit(&self) -> Exit {
        let waiting = self.feeds.iter().any(|feed| feed.waiting > 0);
        match self.state.as_str() {
            "open" => Exit::Interrupted,
            "done" if !self.adds_up => Exit::Failed,
            "done" if self.open_rejections > 0 || waiting || !self.forbidden.is_empty() => {
                Exit::Partly
            }
            "done" => Exit::Done,
            _ => Exit::Failed,
        }
    }

    pub(super) fn text(&self) -> String {
        let head = match self.state.as_str() {
            "open" => format!(
                "Run {} is open; `{}` goes on from here.",
                self.run, self.command
            ),
            state => format!(
                "Run {} of {:?} is {state} after {}.",
                self.run,
                self.connection,
                super::words::duration(self.seconds)
            ),
        };
        let mut text = format!("{head}\n\n{}\n", table::of_reports(&self.feeds));
        for sum in &self.deliveries {
            text.push_str(&sum.text());
        }
        if self.state == "done" {
            text.push_str(if self.adds_up {
                "The sums are right at every stage.\n"
            } else {
                "The sums are NOT right; `stockbridge status` shows each stage.\n"
            });
            if self.feeds.iter().all(FeedReport::nothing_new) {
                text.push_str("Nothing has changed since the run before.\n");
            }
        }
        for feed in &self.forbidden {
            text.push_str(&format!(
                "{feed} could not be read: the connected employee lacks the right. Grant it in \
                 Lightspeed; the next run reads them.\n"
            ));
        }
        if self.open_rejections > 0 {
            text.push_str(&format!(
                "{} could not be used: `stockbridge rejected {}` tells which and why.\n",
                count(self.open_rejections, "record"),
                self.connection
            ));
        }
        text
    }
}
