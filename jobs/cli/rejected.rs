//! `rejected`: the records that could not be used, and why.

use super::backfill::Outcome;
use super::context::{Context, Missing};
use super::exit::CliError;
use super::out::note;
use super::replay;
use super::words::{at, count};
use crate::cli::Exit;
use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;
use storage::{Connection, Rejection, Store};

/// The arguments of `rejected`.
#[derive(Debug, Args)]
pub(super) struct Rejected {
    /// The connection
    name: String,
    /// How many to list
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
    /// Only those after this number
    #[arg(long, value_name = "ID", default_value_t = 0)]
    after: i64,
    /// Try this one again, from what is stored of it; may be given more than once
    #[arg(long, value_name = "ID")]
    retry: Vec<i64>,
    /// Try all of them again
    #[arg(long, conflicts_with = "retry")]
    retry_all: bool,
    /// Make this one in Optiply although it may be there already; may be given more than once
    #[arg(long, value_name = "ID", conflicts_with_all = ["retry", "retry_all"])]
    make: Vec<i64>,
}

/// The answer of `rejected --retry`, `--retry-all` and `--make`.
#[derive(Debug, Serialize)]
struct Again {
    connection: String,
    /// What was tried again.
    tried: i64,
    /// How many of them are fine now.
    resolved: i64,
    /// Those that are refused still.
    refused: Vec<i64>,
    /// Those of which nothing is stored that could be read again.
    beyond: Vec<i64>,
    /// The run that tried them; null when there was nothing to try.
    run: Option<Outcome>,
}

/// The answer of `rejected`.
#[derive(Debug, Serialize)]
struct Answer {
    connection: String,
    /// All that are open, listed or not.
    open: i64,
    rejections: Vec<Shown>,
}

/// A rejection as shown.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Shown {
    /// Its own number.
    pub(super) id: i64,
    pub(super) feed: String,
    /// The record's id, if that much could be read.
    pub(super) record: Option<i64>,
    /// The stage that refused it.
    pub(super) stage: String,
    pub(super) reason: &'static str,
    /// What it means and what would change it.
    pub(super) advice: &'static str,
    /// Where in the record.
    pub(super) path: String,
    /// What was found there.
    pub(super) detail: String,
    /// The page that holds the evidence, and the row in it.
    pub(super) page: Option<i64>,
    pub(super) row: i64,
    pub(super) run: i64,
    pub(super) first_at: DateTime<Utc>,
    pub(super) last_at: DateTime<Utc>,
}

impl From<Rejection> for Shown {
    fn from(rejection: Rejection) -> Self {
        Self {
            id: rejection.id,
            feed: rejection.feed,
            record: rejection.record,
            stage: rejection.stage,
            reason: rejection.reason.map_or("unknown", |reason| reason.code()),
            advice: rejection.reason.map_or(
                "This reason is of another version of stockbridge.",
                |reason| reason.advice(),
            ),
            path: rejection.path,
            detail: rejection.detail,
            page: rejection.page.map(|page| page.0),
            row: rejection.row,
            run: rejection.run.0,
            first_at: rejection.first_at,
            last_at: rejection.last_at,
        }
    }
}

impl Shown {
    /// Where it was found and what was there, in half a sentence.
    pub(super) fn finding(&self) -> String {
        match (self.path.is_empty(), self.detail.is_empty()) {
            (true, true) => "no more is known".to_owned(),
            (true, false) => self.detail.clone(),
            (false, true) => format!("at {}", self.path),
            (false, false) => format!("at {}: {}", self.path, self.detail),
        }
    }

    fn text(&self) -> String {
        let record = match self.record {
            Some(id) => format!("{} {id}", self.feed),
            None => format!("{} without an id", self.feed),
        };
        let page = match self.page {
            Some(page) => format!("page {page}, row {}", self.row),
            None => "no page".to_owned(),
        };
        format!(
            "#{} {record}: {} at {}\n    {}\n    {}\n    {page}, run {}, first {}, last {}\n",
            self.id,
            self.reason,
            self.stage,
            self.finding(),
            self.advice,
            self.run,
            at(self.first_at),
            at(self.last_at)
        )
    }
}

impl Rejected {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.store(Missing::Refuse).await?;
        let connection = store.connection(&self.name).await?;
        if !self.make.is_empty() {
            store.vouch_for(connection.id, &self.make).await?;
            return self
                .again(context, &store, &connection, Some(&self.make))
                .await;
        }
        if self.retry_all || !self.retry.is_empty() {
            let chosen = (!self.retry_all).then_some(self.retry.as_slice());
            return self.again(context, &store, &connection, chosen).await;
        }
        let listed = store
            .rejections(connection.id, self.after, i64::from(self.limit))
            .await?;
        let answer = Answer {
            connection: connection.name,
            open: store.open_rejections(connection.id).await?,
            rejections: listed.into_iter().map(Shown::from).collect(),
        };
        context.out.answer(&answer, || answer.text());
        Ok(Exit::Done)
    }

    async fn again(
        &self,
        context: &Context,
        store: &Store,
        connection: &Connection,
        chosen: Option<&[i64]>,
    ) -> anyhow::Result<Exit> {
        let retried = store.retry_rejections(connection.id, chosen).await?;
        let retried = retried.ok_or_else(|| {
            CliError::usage(
                "replay_open",
                "a replay is under way, and reads them again anyway",
                format!("`stockbridge replay {}` carries it to its end", self.name),
            )
        })?;
        let known = retried.tried.len() + retried.beyond.len();
        if let Some(chosen) = chosen
            && known < chosen.len()
        {
            let strange: Vec<String> = chosen
                .iter()
                .filter(|id| !retried.tried.contains(id) && !retried.beyond.contains(id))
                .map(|id| format!("#{id}"))
                .collect();
            note(&format!("not open: {}", strange.join(", ")));
        }
        let (mut run, mut exit) = (None, Exit::Done);
        if let Some(id) = retried.run {
            let deps = context.deps(store)?;
            let (outcome, _) = replay::carry(&deps, connection, id, false, false).await?;
            if outcome.state == "open" {
                exit = Exit::Interrupted;
            }
            run = Some(outcome);
        }
        let refused = store.still_open(&retried.tried).await?;
        if exit == Exit::Done && !(refused.is_empty() && retried.beyond.is_empty()) {
            exit = Exit::Partly;
        }
        let length = |ids: &[i64]| i64::try_from(ids.len()).unwrap_or(i64::MAX);
        let answer = Again {
            connection: connection.name.clone(),
            tried: length(&retried.tried),
            resolved: length(&retried.tried) - length(&refused),
            refused,
            beyond: retried.beyond,
            run,
        };
        context.out.answer(&answer, || answer.text());
        Ok(exit)
    }
}

impl Again {
    fn text(&self) -> String {
        let ids = |ids: &[i64]| -> String {
            let ids: Vec<String> = ids.iter().map(|id| format!("#{id}")).collect();
            ids.join(", ")
        };
        let mut text = format!(
            "{} tried again: {} fine now.\n",
            count(self.tried, "record"),
            self.resolved
        );
        if !self.refused.is_empty() {
            text.push_str(&format!("Still refused: {}\n", ids(&self.refused)));
        }
        if !self.beyond.is_empty() {
            text.push_str(&format!(
                "Not stored in a form that could be read again: {}; `stockbridge backfill {}` asks \
                 for them.\n",
                ids(&self.beyond),
                self.connection
            ));
        }
        text
    }
}

impl Answer {
    fn text(&self) -> String {
        if self.open == 0 {
            return format!("{:?} has no rejected records.", self.connection);
        }
        let mut text = format!(
            "{} of {:?} could not be used; each is looked at again whenever it is read.\n\n",
            count(self.open, "record"),
            self.connection
        );
        for rejection in &self.rejections {
            text.push_str(&rejection.text());
        }
        if let Some(last) = self.rejections.last()
            && i64::try_from(self.rejections.len()).unwrap_or(0) < self.open
        {
            text.push('\n');
            text.push_str(&format!("There may be more: --after {}\n", last.id));
        }
        text
    }
}
