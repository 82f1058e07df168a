//! Records that others name and we do not hold, asked for by their ids.

use super::walk::fetch;
use super::{Context, StageError};
use connectors::lightspeed::Query;
use pipeline::Feed;
use storage::{BY_ID, NewPage};

/// Ids that one request may name.
const IDS_MAX: i64 = 100;

/// What can be wanted. Orders name vendors and items, arrivals name orders.
const FEEDS: [Feed; 3] = [Feed::Orders, Feed::Vendors, Feed::Items];

/// The feeds of which what is wanted may be asked for now.
///
/// None while pages wait for normalize, which may hold what is wanted; it wakes extract when it
/// rests. Nor a feed that this run has still to read, for most of it will come by itself; nor one
/// that may not be read.
pub(super) async fn askable(context: &Context) -> Result<Vec<Feed>, StageError> {
    let (store, job) = (&context.turn.deps.store, &context.turn.job);
    if store.backlog(job.connection, job.run).await?.pages > 0 {
        return Ok(Vec::new());
    }
    let (states, _) = store.feed_runs(job.run).await?;
    let not_now = ["waiting", "walking", "forbidden"];
    let may = |feed: &Feed| {
        !states
            .iter()
            .any(|s| s.feed == *feed && not_now.contains(&s.state.as_str()))
    };
    Ok(FEEDS.into_iter().filter(may).collect())
}

/// Asks for what is wanted of a feed until nothing is, or the turn is over. Normalize, which reads
/// the answers in order, tells who was not returned. Returns whether it asked.
pub(super) async fn fetch_wanted(context: &Context, feed: Feed) -> Result<bool, StageError> {
    let turn = &context.turn;
    let store = &turn.deps.store;
    let mut asked_before = 0;
    let mut progressed = false;
    while !turn.is_over() {
        let wanted = store
            .wanted_after(turn.job.connection, feed, asked_before, IDS_MAX)
            .await?;
        let Some(last) = wanted.last().copied() else {
            break;
        };
        let observation = context.observe();
        let page = fetch(context, &Query::only(feed, wanted.clone())).await?;
        store
            .store_page(
                &turn.lease,
                NewPage {
                    run: turn.job.run,
                    feed,
                    slice: BY_ID,
                    observation,
                    server_at: page.server_date,
                    request: page.request.clone(),
                    asked: Some(wanted),
                    rows: page.rows,
                    last: page.last_id,
                    page_limit: 100,
                    ended: page.next.is_none(),
                    body: page.body_str().to_owned(),
                    budget: context.budget(),
                },
            )
            .await?;
        asked_before = last;
        progressed = true;
        turn.note_progress();
    }
    Ok(progressed)
}
