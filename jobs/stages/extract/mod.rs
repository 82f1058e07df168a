//! Extract: the source's pages, as received, into the database.
//!
//! One job drives all feeds and slices of its run as concurrent futures. What is to be walked is
//! read from the checkpoints, so a job that takes over goes on where the last commit stood.

mod incremental;
mod missing;
mod plan;
mod rights;
mod trail;
mod undeliverable;
mod walk;

use super::{StageError, Turn};
use connectors::lightspeed::Lightspeed;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use pipeline::Feed;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use storage::{BACKFILL, ConnectionState, FeedRun, INCREMENTAL, Walk};
use walk::{End, Pace};

/// What the parts of an extract job share.
#[derive(Clone, Debug)]
struct Context {
    turn: Turn,
    source: Lightspeed,
    observation: Arc<AtomicI64>,
    pace: Arc<Pace>,
    /// The kind of the run.
    kind: String,
}

impl Context {
    /// The number of the request that is about to be sent.
    fn observe(&self) -> i64 {
        self.observation.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The mirrored budget as stored beside a page.
    fn budget(&self) -> Option<String> {
        serde_json::to_string(&self.source.budget().snapshot()).ok()
    }
}

/// Feeds that are walked together. Sales and orders come after the items and vendors they name.
const ROUNDS: [&[Feed]; 2] = [
    &[Feed::Shops, Feed::Vendors, Feed::Items],
    &[Feed::Sales, Feed::Orders, Feed::Shipments],
];

/// Of a run that reads since a time, which the answer for the shops tells.
const ROUNDS_SINCE: [&[Feed]; 3] = [
    &[Feed::Shops],
    &[Feed::Vendors, Feed::Items, Feed::Stock],
    &[Feed::Sales, Feed::Orders, Feed::Shipments],
];

/// How often to see whether one more slice may be walked.
const LOOK: Duration = Duration::from_millis(200);

/// Walks until everything is read, or the turn is over. Returns whether it read anything.
pub(super) async fn advance(turn: &Turn) -> Result<bool, StageError> {
    let (deps, job) = (&turn.deps, &turn.job);
    let connection = deps.store.connection_by_id(job.connection).await?;
    if connection.state == ConnectionState::Paused {
        // The run stays open, and whoever resumes the connection wakes this stage.
        return Ok(false);
    }
    if connection.state != ConnectionState::Active {
        return Err(StageError::Connection(format!(
            "connection {:?} is {}; {}",
            connection.name,
            connection.state,
            connection
                .state_reason
                .as_deref()
                .unwrap_or("it does not read")
        )));
    }
    let source = deps
        .source(&connection)
        .await
        .map_err(StageError::no_client)?;
    let Some((kind, observation)) = deps.store.observed(job.connection, job.run).await? else {
        // It was given up.
        return Ok(false);
    };
    let context = Context {
        turn: turn.clone(),
        source,
        observation: Arc::new(AtomicI64::new(observation)),
        pace: Arc::new(Pace::default()),
        kind,
    };
    if context.kind != INCREMENTAL {
        currency(&context).await?;
    }
    let mut progressed = rights::fetch_wanted(&context).await?;
    progressed |= read(&context).await?;
    progressed |= rights::fetch_wanted(&context).await?;
    Ok(progressed)
}

/// Walks every feed of the run.
async fn read(context: &Context) -> Result<bool, StageError> {
    let rounds: &[&[Feed]] = match context.kind.as_str() {
        BACKFILL => &ROUNDS,
        _ => &ROUNDS_SINCE,
    };
    let (store, run) = (&context.turn.deps.store, context.turn.job.run);
    let mut known = store.feed_runs(run).await?;
    let mut progressed = false;
    for round in rounds {
        if context.turn.is_over() {
            break;
        }
        let waiting = known.0.iter().filter(|s| s.state == "waiting");
        let waiting: Vec<Feed> = waiting.map(|s| s.feed).collect();
        if waiting.iter().any(|feed| round.contains(feed)) {
            plan::plan(context, round, &waiting).await?;
            known = store.feed_runs(run).await?;
        }
        progressed |= walk_round(context, round, known).await?;
        known = store.feed_runs(run).await?;
        let unfinished = |s: &FeedRun| !["done", "forbidden"].contains(&s.state.as_str());
        if known
            .0
            .iter()
            .any(|s| round.contains(&s.feed) && unfinished(s))
        {
            break;
        }
    }
    Ok(progressed)
}

/// Asks for the account's currency before a run reads anything: whether a vendor's price can be
/// used depends on it.
async fn currency(context: &Context) -> Result<(), StageError> {
    let (store, job) = (&context.turn.deps.store, &context.turn.job);
    let (states, _) = store.feed_runs(job.run).await?;
    if states.iter().any(|s| s.state != "waiting") {
        return Ok(());
    }
    let code = context.source.currency().await?;
    store
        .set_account_currency(job.connection, code.as_deref())
        .await?;
    Ok(())
}

/// Walks every slice of these feeds that is not done, some at once, newest first.
async fn walk_round(
    context: &Context,
    feeds: &[Feed],
    (states, walks): (Vec<FeedRun>, Vec<Walk>),
) -> Result<bool, StageError> {
    let turn = &context.turn;
    let forbidden = |feed: Feed| {
        let mut of_feed = states.iter().filter(|state| state.feed == feed);
        of_feed.any(|state| state.state == "forbidden")
    };
    let mut due: Vec<Walk> = walks
        .into_iter()
        .filter(|walk| feeds.contains(&walk.feed) && !walk.done && !forbidden(walk.feed))
        .collect();
    // Taken from the end: the first slice, which is the newest, first.
    due.sort_by_key(|walk| std::cmp::Reverse((walk.feed, walk.slice)));
    let mut running = FuturesUnordered::new();
    let mut progressed = false;
    let mut failed = None;
    loop {
        if failed.is_none() && !turn.is_over() {
            let most = context.pace.parallel(context, running.len());
            while running.len() < most {
                let Some(walk) = due.pop() else { break };
                running.push(walk_or_leave_out(context, walk));
            }
        }
        let ended = tokio::select! {
            ended = running.next() => ended,
            // What the source permits is learned on the way: now and then one more may walk.
            () = tokio::time::sleep(LOOK), if !due.is_empty() => continue,
        };
        match ended {
            None => break,
            Some((_, Ok(Some(End { pages })))) => progressed |= pages > 0,
            Some((feed, Ok(None))) => due.retain(|walk| walk.feed != feed),
            // The others finish the page in hand first, so that none is fetched for nothing.
            Some((_, Err(error))) => {
                context.pace.stop();
                failed.get_or_insert(error);
            }
        }
    }
    match failed {
        // What was read was read; but a failure that lasts must not look like progress for ever.
        Some(error) => Err(error),
        None => Ok(progressed),
    }
}

/// Walks a slice. `None` when its feed is left out of the run instead.
///
/// Both in one future: whatever is awaited beside the walks keeps them from going on, and one of
/// them may be about to commit what everybody else waits for.
async fn walk_or_leave_out(
    context: &Context,
    walk: Walk,
) -> (Feed, Result<Option<End>, StageError>) {
    let (feed, by) = (walk.feed, walk.since.map(|since| since.by));
    let ended = match walk::walk(context, walk).await {
        Ok(end) => Ok(Some(end)),
        Err(error) => rights::leave_out(context, feed, by, error)
            .await
            .map(|()| None),
    };
    (feed, ended)
}
