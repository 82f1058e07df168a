//! How far a run has come, how fast it goes, what it waits for and when it should be done.

use crate::deps::Deps;
use chrono::{DateTime, Utc};
use pipeline::Feed;
use pipeline::id::RunId;
use serde::Serialize;
use std::collections::VecDeque;
use std::time::Duration;
use storage::{Backlog, FeedRun, Run, Store, Walk};

/// The rate is measured over this much of the past.
const WINDOW: Duration = Duration::from_secs(30);

/// A look at a run.
#[derive(Clone, Debug, Serialize)]
pub struct Progress {
    /// The run.
    pub run: i64,
    /// Its state.
    pub state: String,
    /// Per feed.
    pub feeds: Vec<FeedProgress>,
    /// Pages that normalize has still to carry through.
    pub to_normalize: i64,
    /// Records that filter has still to look at.
    pub to_filter: i64,
    /// Objects that load has still to compute.
    pub to_load: i64,
    /// Objects that deliver has still to bring to Optiply; 0 when nothing is delivered.
    pub to_deliver: i64,
    /// Rows read per second, lately.
    pub rows_per_second: u64,
    /// What the run waits for, if it waits.
    pub waiting_for: Option<String>,
    /// When everything should be read and loaded, if that can be told.
    pub eta: Option<DateTime<Utc>>,
}

/// A look at a feed.
#[derive(Clone, Debug, Serialize)]
pub struct FeedProgress {
    /// The feed.
    pub feed: Feed,
    /// `waiting`, `walking` or `done`.
    pub state: String,
    /// Rows read.
    pub rows: i64,
    /// Share of its ids walked over, in percent; ids have gaps, so rows tell less.
    pub percent: u8,
    /// Slices done and planned.
    pub slices: (usize, usize),
}

/// Looks at a run now and then and remembers what it needs to tell a rate.
#[derive(Debug)]
pub struct Watcher {
    deps: Deps,
    run: Run,
    /// Monotonic time, rows read and ids walked.
    seen: VecDeque<(Duration, i64, i64)>,
}

impl Watcher {
    /// A watcher of `run`.
    ///
    /// # Errors
    /// When there is no such run.
    pub async fn new(deps: &Deps, run: RunId) -> anyhow::Result<Self> {
        let run = deps.store.run(run).await?;
        Ok(Self {
            deps: deps.clone(),
            run,
            seen: VecDeque::new(),
        })
    }

    /// Looks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn look(&mut self) -> anyhow::Result<Progress> {
        let store: &Store = &self.deps.store;
        let run = store.run(self.run.id).await?;
        let (feeds, walks) = store.feed_runs(run.id).await?;
        let backlog: Backlog = store.backlog(run.connection, run.id).await?;
        let waiting_for = self.waiting_for(&run).await?;
        let rows = walks.iter().map(|walk| walk.rows).sum();
        let (walked, span) = ids(&walks);
        let now = self.deps.clock.monotonic();
        self.seen.push_back((now, rows, walked));
        while self
            .seen
            .front()
            .is_some_and(|(at, ..)| now.saturating_sub(*at) > WINDOW)
        {
            self.seen.pop_front();
        }
        let (rows_per_second, ids_per_second) = self.rates();
        let planned = feeds.iter().all(|feed| feed.state != "waiting");
        let eta = (run.ended_at.is_none() && planned && ids_per_second > 0).then(|| {
            let left = span.saturating_sub(walked) / ids_per_second;
            self.deps.clock.now() + chrono::TimeDelta::seconds(left.clamp(0, 100 * 86_400))
        });
        Ok(Progress {
            run: run.id.0,
            state: run.state,
            feeds: feeds.iter().map(|feed| of_feed(feed, &walks)).collect(),
            to_normalize: backlog.pages,
            to_filter: backlog.records,
            to_load: backlog.objects,
            to_deliver: backlog.deliveries,
            rows_per_second: u64::try_from(rows_per_second).unwrap_or(0),
            waiting_for,
            eta,
        })
    }

    fn rates(&self) -> (i64, i64) {
        let (Some(first), Some(last)) = (self.seen.front(), self.seen.back()) else {
            return (0, 0);
        };
        let millis = i64::try_from(last.0.saturating_sub(first.0).as_millis()).unwrap_or(0);
        if millis < 200 {
            return (0, 0);
        }
        (
            (last.1 - first.1) * 1000 / millis,
            (last.2 - first.2) * 1000 / millis,
        )
    }

    async fn waiting_for(&self, run: &Run) -> anyhow::Result<Option<String>> {
        let stages = self.deps.store.stages(run.connection).await?;
        let now = self.deps.clock.now();
        let failed = stages.iter().find_map(|stage| {
            let at = stage.next_at.filter(|at| *at > now)?;
            let cause = stage.cause.as_deref().unwrap_or("its turn");
            Some(format!(
                "{} is tried again at {}: {cause}",
                stage.stage,
                at.format("%H:%M:%S")
            ))
        });
        if failed.is_some() || run.extracted_at.is_some() {
            return Ok(failed);
        }
        let budget = self.deps.store.budget(run.connection, "lightspeed").await?;
        let budget = budget.and_then(|text| {
            serde_json::from_str::<connectors::lightspeed::BudgetState>(&text).ok()
        });
        Ok(budget.and_then(
            |state| match state.paused_until.filter(|until| *until > now) {
                Some(until) => Some(format!(
                    "Lightspeed asked us to pause until {}",
                    until.format("%H:%M:%S")
                )),
                None if state.waiting > 0 => Some(format!(
                    "Lightspeed's allowance ({} drips/s)",
                    decimal(state.drip.as_milli())
                )),
                None => None,
            },
        ))
    }
}

/// Thousandths as a decimal number.
fn decimal(milli: i64) -> String {
    let text = format!("{}.{:03}", milli / 1000, milli.rem_euclid(1000));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Ids walked over and ids to be walked over.
fn ids(walks: &[Walk]) -> (i64, i64) {
    walks.iter().fold((0, 0), |(walked, span), walk| {
        match (walk.upper, walk.done) {
            (Some(upper), true) => {
                let width = upper - walk.lower + 1;
                (walked + width, span + width)
            }
            (Some(upper), false) => (
                walked + walk.last - walk.lower + 1,
                span + upper - walk.lower + 1,
            ),
            (None, _) => (walked, span),
        }
    })
}

fn of_feed(feed: &FeedRun, walks: &[Walk]) -> FeedProgress {
    let of_feed: Vec<Walk> = walks
        .iter()
        .filter(|walk| walk.feed == feed.feed)
        .cloned()
        .collect();
    let (walked, span) = ids(&of_feed);
    let percent = match (feed.state.as_str(), span) {
        ("done", _) => 100,
        (_, 0) => 0,
        (_, span) => walked * 100 / span,
    };
    FeedProgress {
        feed: feed.feed,
        state: feed.state.clone(),
        rows: of_feed.iter().map(|walk| walk.rows).sum(),
        percent: u8::try_from(percent).unwrap_or(0),
        slices: (
            of_feed.iter().filter(|walk| walk.done).count(),
            of_feed.len(),
        ),
    }
}
