//! `status`: where everything stands, from the tables and nothing else.

use super::allowance::Allowance;
use super::context::{Context, Missing};
use super::table::{self, StageSum};
use super::understood::Understood;
use super::words::{at, count, grouped, left};
use crate::cli::Exit;
use crate::deps::Deps;
use crate::progress::{Progress, Watcher};
use crate::report::FeedReport;
use chrono::{DateTime, Utc};
use clap::Args;
use connectors::lightspeed::BudgetState;
use pipeline::Feed;
use serde::Serialize;
use storage::{Connection, Run, StoreError};

/// The arguments of `status`.
#[derive(Debug, Args)]
pub(super) struct Status {
    /// The connection; all of them without it
    name: Option<String>,
    /// How many runs to show of each
    #[arg(long, value_name = "N", default_value_t = 3)]
    runs: u32,
}

/// The answer of `status`.
#[derive(Debug, Serialize)]
struct Answer {
    /// When it was looked.
    at: DateTime<Utc>,
    connections: Vec<OfConnection>,
}

#[derive(Debug, Serialize)]
struct OfConnection {
    name: String,
    /// `draft`, `active`, `paused`, `needs_reconnect` or `disabled`.
    state: &'static str,
    state_reason: Option<String>,
    account_id: i64,
    account_name: Option<String>,
    settings: Option<Understood>,
    settings_version: i64,
    /// What sends to Optiply: `none`, as long as the model is the destination.
    delivery: &'static str,
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

impl Missed {
    fn text(&self) -> String {
        let next = if self.acceptable {
            "Complete reads agree; a person has to accept it"
        } else {
            "Another complete read must agree, and then a person has to accept it"
        };
        format!(
            "  missing           {} of {} {} were not returned by {}, first on {}.\n\
             \x20                   Nothing was disabled for it. {next}.\n",
            grouped(self.missing),
            grouped(self.known),
            self.feed,
            count(self.reads, "complete read"),
            at(self.since)
        )
    }
}

#[derive(Debug, Serialize)]
struct OfRun {
    id: i64,
    kind: String,
    /// `open`, `done`, `failed` or `cancelled`.
    state: String,
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
    adds_up: bool,
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
        let connections = match &self.name {
            Some(name) => vec![store.connection(name).await?],
            None => store.connections().await?,
        };
        let mut answer = Answer {
            at: context.clock.now(),
            connections: Vec::with_capacity(connections.len()),
        };
        for connection in connections {
            answer
                .connections
                .push(self.of_connection(&deps, connection).await?);
        }
        context.out.answer(&answer, || answer.text());
        Ok(Exit::Done)
    }

    async fn of_connection(
        &self,
        deps: &Deps,
        connection: Connection,
    ) -> anyhow::Result<OfConnection> {
        let store = &deps.store;
        let id = connection.id;
        let settings = match store.current_settings(id).await {
            Ok(current) => Some(Understood::of(&current.settings, &store.shops(id).await?)),
            Err(StoreError::NotFound { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let mut runs = Vec::new();
        for run in store.runs(id, i64::from(self.runs)).await? {
            runs.push(of_run(deps, run).await?);
        }
        // Of many runs only the newest are shown, but the last good one is worth a look beyond.
        let last_success = store
            .runs(id, 100)
            .await?
            .into_iter()
            .find(|run| run.state == "done")
            .and_then(|run| run.ended_at);
        let budget = store.budget(id, "lightspeed").await?;
        let complete_to = store.watermarks(id).await?;
        let missing = store.missing_guards(id).await?;
        Ok(OfConnection {
            name: connection.name,
            state: connection.state.name(),
            state_reason: connection.state_reason,
            account_id: connection.account_id,
            account_name: connection.account_name,
            settings,
            settings_version: connection.settings_version,
            delivery: "none",
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
}

async fn of_run(deps: &Deps, run: Run) -> anyhow::Result<OfRun> {
    let tallies = deps.store.tallies(run.id).await?;
    let stages = table::sums(&tallies);
    let open = run.ended_at.is_none();
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
        adds_up: open || table::adds_up(&stages),
        stages,
    })
}

impl Answer {
    fn text(&self) -> String {
        if self.connections.is_empty() {
            return "No connections yet; `stockbridge connect` makes one.".to_owned();
        }
        let texts: Vec<String> = self
            .connections
            .iter()
            .map(|connection| connection.text(self.at))
            .collect();
        texts.join("\n")
    }
}

impl OfConnection {
    fn text(&self, now: DateTime<Utc>) -> String {
        let mut text = format!("{} is {}", self.name, self.state);
        if let Some(reason) = &self.state_reason {
            text.push_str(&format!(" ({reason})"));
        }
        let account = self.account_name.as_deref().unwrap_or("not yet asked");
        text.push_str(&format!(
            "\n  account           {} ({account})\n",
            self.account_id
        ));
        if let Some(settings) = &self.settings {
            text.push_str(&format!("{}\n", settings.text()));
        }
        text.push_str(&format!("  delivery          {}\n", self.delivery));
        if let Some(budget) = &self.budget {
            text.push_str(&format!("  allowance         {}\n", budget.text(now)));
        }
        let success = self.last_success.map_or_else(|| "never".to_owned(), at);
        text.push_str(&format!("  last success      {success}\n"));
        if self.open_rejections > 0 {
            text.push_str(&format!(
                "  rejected          {} (`stockbridge rejected {}`)\n",
                count(self.open_rejections, "record"),
                self.name
            ));
        }
        for missed in &self.missing {
            text.push_str(&missed.text());
        }
        for run in &self.runs {
            text.push_str(&run.text(now));
        }
        text
    }
}

impl OfRun {
    fn text(&self, now: DateTime<Utc>) -> String {
        let mut text = format!("\n  run {}, {}: {}", self.id, self.kind, self.state);
        if let Some(reason) = &self.reason {
            text.push_str(&format!(" ({reason})"));
        }
        text.push_str(&format!(", opened {}", at(self.opened_at)));
        if let Some(ended) = self.ended_at {
            text.push_str(&format!(", ended {}", at(ended)));
        }
        text.push('\n');
        if let Some(progress) = &self.progress {
            for feed in &progress.feeds {
                let here: Vec<&Checkpoint> = self
                    .checkpoints
                    .iter()
                    .filter(|walk| walk.feed == feed.feed)
                    .collect();
                let done = here.iter().filter(|walk| walk.done).count();
                let last: Vec<String> = here
                    .iter()
                    .filter(|walk| !walk.done && walk.pages > 0)
                    .map(|walk| format!("{} at id {}", walk.slice, walk.last))
                    .collect();
                let slices = if last.is_empty() {
                    String::new()
                } else {
                    format!("; slices {}", last.join(", "))
                };
                text.push_str(&format!(
                    "    {:<9}{}, {} read ({} %), {done} of {} slices done{slices}\n",
                    feed.feed.name(),
                    feed.state,
                    grouped(feed.rows),
                    feed.percent,
                    here.len()
                ));
            }
            text.push_str(&format!(
                "    still to do: {} to normalize, {} to filter, {} to load\n",
                count(progress.to_normalize, "page"),
                count(progress.to_filter, "record"),
                count(progress.to_load, "object")
            ));
            if let Some(waiting) = &progress.waiting_for {
                text.push_str(&format!("    waiting for {waiting}\n"));
            }
            if let Some(eta) = progress.eta {
                text.push_str(&format!("    about {} left\n", left(now, eta)));
            }
        }
        text.push_str(&table::of_sums(&self.stages));
        text
    }
}
