//! `status`: where everything stands, from the tables and nothing else.

mod text;
mod watch;

use super::allowance::Allowance;
use super::context::{Context, Missing};
use super::deliveries;
use super::exports;
use super::table::{self, StageSum};
use super::understood::Understood;
use crate::cli::Exit;
use crate::deps::Deps;
use crate::progress::{Progress, Watcher};
use crate::report::FeedReport;
use crate::schedule::{next_export, next_run};
use crate::standing::Standing;
use chrono::{DateTime, Utc};
use clap::Args;
use connectors::lightspeed::BudgetState;
use pipeline::{Feed, Stage};
use serde::Serialize;
use std::time::Duration;
use storage::{Connection, ConnectionState, Raised, Run, StoreError};

/// The arguments of `status`.
#[derive(Debug, Args)]
pub(super) struct Status {
    /// The connection; all of them without it
    name: Option<String>,
    /// How many runs to show of each
    #[arg(long, value_name = "N", default_value_t = 3)]
    runs: u32,
    /// Show it again whenever something changes, until Ctrl-C
    #[arg(long)]
    pub(super) watch: bool,
    /// How often to look
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, requires = "watch",
          value_parser = interval)]
    interval: f64,
}

/// How many buy orders that are not settled are shown of each sort.
const EXPORTS_SHOWN: i64 = 10;

/// A pause between two looks, in seconds.
fn interval(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok();
    let usable = seconds.filter(|s| Duration::try_from_secs_f64(*s).is_ok());
    usable.ok_or_else(|| "write a number of seconds, such as 2 or 0.5".to_owned())
}

/// The answer of `status`.
#[derive(Debug, Serialize)]
struct Answer {
    /// When it was looked.
    at: DateTime<Utc>,
    connections: Vec<OfConnection>,
}

#[derive(Debug, Serialize)]
pub(crate) struct OfConnection {
    name: String,
    /// `draft`, `active`, `paused`, `needs_reconnect` or `disabled`.
    state: &'static str,
    state_reason: Option<String>,
    /// What it is about, told honestly.
    standing: Standing,
    /// When the schedule of a worker next asks for a run.
    next_run: Option<DateTime<Utc>>,
    /// What a person should look at.
    alarms: Vec<OfAlarm>,
    account_id: i64,
    account_name: Option<String>,
    settings: Option<Understood>,
    settings_version: i64,
    /// What sends to Optiply: `none`, as long as the model is the destination, or `optiply`.
    delivery: &'static str,
    /// How what is delivered stands; nothing without delivery.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deliveries: Vec<deliveries::Standing>,
    /// How Optiply's buy orders stand; nothing without delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    exports: Option<exports::Standing>,
    open_rejections: i64,
    /// When a run last ended well.
    last_success: Option<DateTime<Utc>>,
    /// What was last known of Lightspeed's allowance.
    budget: Option<Allowance>,
    /// Up to when each feed is known in full.
    complete_to: Vec<CompleteTo>,
    /// Feeds of which complete reads missed so much that nothing was disabled for it.
    missing: Vec<Missed>,
    runs: Vec<OfRun>,
}

#[derive(Debug, Serialize)]
struct OfAlarm {
    kind: &'static str,
    subject: String,
    text: String,
    remedy: String,
    raised_at: DateTime<Utc>,
    seen_at: DateTime<Utc>,
}

impl From<Raised> for OfAlarm {
    fn from(raised: Raised) -> Self {
        Self {
            kind: raised.alarm.kind.name(),
            subject: raised.alarm.subject,
            text: raised.alarm.text,
            remedy: raised.alarm.remedy,
            raised_at: raised.raised_at,
            seen_at: raised.seen_at,
        }
    }
}

#[derive(Debug, Serialize)]
struct CompleteTo {
    feed: Feed,
    at: DateTime<Utc>,
}

/// Complete reads missed too much of a feed.
#[derive(Debug, Serialize)]
struct Missed {
    feed: Feed,
    /// Records that were known before the last of these reads.
    known: i64,
    /// Records that none of these reads returned.
    missing: i64,
    /// How many complete reads in a row agree so far.
    reads: i64,
    /// Whether so many agree that a person may accept it.
    acceptable: bool,
    /// When the first of them was looked through.
    since: DateTime<Utc>,
}

#[derive(Debug, Serialize)]
pub(crate) struct OfRun {
    id: i64,
    kind: String,
    /// `waiting` (for the end of run `after`), `open`, `done`, `failed` or `cancelled`.
    state: String,
    /// `manual` or `schedule`.
    requested_by: String,
    after: Option<i64>,
    /// How long each stage was at work.
    durations: Vec<StageDuration>,
    reason: Option<String>,
    opened_at: DateTime<Utc>,
    /// When everything was read, with proof.
    extracted_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    /// Only of an open run: how far it is.
    progress: Option<Progress>,
    /// Only of an open run: where each walk stands.
    checkpoints: Vec<Checkpoint>,
    feeds: Vec<FeedReport>,
    stages: Vec<StageSum>,
    /// What was delivered; nothing without delivery.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deliveries: Vec<deliveries::Sum>,
    adds_up: bool,
}

#[derive(Debug, Serialize)]
struct StageDuration {
    stage: Stage,
    turns: i64,
    busy_ms: u128,
}

#[derive(Debug, Serialize)]
struct Checkpoint {
    feed: Feed,
    slice: i64,
    lower: i64,
    upper: Option<i64>,
    /// The last id received.
    last: i64,
    pages: i64,
    rows: i64,
    page_limit: u32,
    done: bool,
}

impl Status {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.store(Missing::Refuse).await?;
        let deps = context.deps(&store)?;
        if self.watch {
            let pause = Duration::try_from_secs_f64(self.interval)?;
            watch::watch(self, context, &deps, pause).await?;
            return Ok(Exit::Done);
        }
        let answer = self.look(context, &deps).await?;
        context.out.answer(&answer, || answer.text());
        Ok(Exit::Done)
    }

    async fn look(&self, context: &Context, deps: &Deps) -> anyhow::Result<Answer> {
        let connections = match &self.name {
            Some(name) => vec![deps.store.connection(name).await?],
            None => deps.store.connections().await?,
        };
        let mut answer = Answer {
            at: context.clock.now(),
            connections: Vec::with_capacity(connections.len()),
        };
        for connection in connections {
            answer
                .connections
                .push(overview(deps, connection, self.runs).await?);
        }
        Ok(answer)
    }
}

/// All that is known of where a connection stands.
pub(crate) async fn overview(
    deps: &Deps,
    connection: Connection,
    most: u32,
) -> anyhow::Result<OfConnection> {
    let store = &deps.store;
    let id = connection.id;
    let settings = match store.current_settings(id).await {
        Ok(current) => Some(Understood::of(&current.settings, &store.shops(id).await?)),
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let mut runs = Vec::new();
    for run in store.runs(id, i64::from(most)).await? {
        runs.push(overview_of_run(deps, run).await?);
    }
    // Of many runs only the newest are shown, but the last good one is worth a look beyond.
    let last_success = store
        .runs(id, 100)
        .await?
        .into_iter()
        .find(|run| run.state == "done")
        .and_then(|run| run.ended_at);
    let standing = Standing::look(deps, &connection).await?;
    let next_run = (connection.state == ConnectionState::Active && standing.state != "stopped")
        .then(|| next_run(&connection.name, deps.clock.now()));
    let alarms = store.alarms(id).await?;
    let budget = store.budget(id, "lightspeed").await?;
    let complete_to = store.watermarks(id).await?;
    let missing = store.missing_guards(id).await?;
    let delivers = store.delivers(id).await?;
    let counts = store.delivery_counts(id).await?;
    let exports = if delivers {
        let counts = store.export_counts(id).await?;
        let open = store.open_exports(id, EXPORTS_SHOWN).await?;
        let next = next_run.map(|_| next_export(&connection.name, deps.clock.now()));
        Some(exports::Standing::new(counts, open, next))
    } else {
        None
    };
    Ok(OfConnection {
        standing,
        exports,
        next_run,
        alarms: alarms.into_iter().map(OfAlarm::from).collect(),
        name: connection.name,
        state: connection.state.name(),
        state_reason: connection.state_reason,
        account_id: connection.account_id,
        account_name: connection.account_name,
        settings,
        settings_version: connection.settings_version,
        delivery: if delivers { "optiply" } else { "none" },
        deliveries: deliveries::standing(&counts),
        open_rejections: store.open_rejections(id).await?,
        last_success,
        budget: budget
            .and_then(|text| serde_json::from_str::<BudgetState>(&text).ok())
            .map(Allowance::from),
        complete_to: complete_to
            .into_iter()
            .map(|mark| CompleteTo {
                feed: mark.feed,
                at: mark.complete_to,
            })
            .collect(),
        missing: missing
            .into_iter()
            .map(|guard| Missed {
                acceptable: guard.may_be_accepted(),
                feed: guard.feed,
                known: guard.known,
                missing: guard.missing,
                reads: guard.walks,
                since: guard.since,
            })
            .collect(),
        runs,
    })
}

/// All that is known of a run.
pub(crate) async fn overview_of_run(deps: &Deps, run: Run) -> anyhow::Result<OfRun> {
    let tallies = deps.store.tallies(run.id).await?;
    let stages = table::sums(&tallies);
    let open = run.ended_at.is_none();
    let delivered = store_tallies(deps, &run).await?;
    let durations = deps.store.stage_times(run.id).await?;
    let progress = if open {
        Some(Watcher::new(deps, run.id).await?.look().await?)
    } else {
        None
    };
    let walks = if open {
        deps.store.feed_runs(run.id).await?.1
    } else {
        Vec::new()
    };
    Ok(OfRun {
        id: run.id.0,
        kind: run.kind,
        state: run.state,
        requested_by: run.requested_by,
        after: run.after.map(|run| run.0),
        durations: durations
            .into_iter()
            .map(|time| StageDuration {
                stage: time.stage,
                turns: time.turns,
                busy_ms: time.busy.as_millis(),
            })
            .collect(),
        reason: run.reason,
        opened_at: run.created_at,
        extracted_at: run.extracted_at,
        ended_at: run.ended_at,
        progress,
        checkpoints: walks
            .into_iter()
            .map(|walk| Checkpoint {
                feed: walk.feed,
                slice: walk.slice,
                lower: walk.lower,
                upper: walk.upper,
                last: walk.last,
                pages: walk.pages,
                rows: walk.rows,
                page_limit: walk.page_limit,
                done: walk.done,
            })
            .collect(),
        feeds: table::reports(&tallies),
        adds_up: open || (table::adds_up(&stages) && deliveries::add_up(&delivered)),
        stages,
        deliveries: delivered,
    })
}

async fn store_tallies(deps: &Deps, run: &Run) -> anyhow::Result<Vec<deliveries::Sum>> {
    let tallies = deps.store.delivery_tallies(run.connection, run.id).await?;
    Ok(deliveries::sums(&tallies))
}
