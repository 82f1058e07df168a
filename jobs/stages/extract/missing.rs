//! Records that others name and we do not hold, asked for by their ids.

use super::walk::fetch;
use super::{Context, StageError};
use connectors::lightspeed::Query;
use pipeline::Feed;
use storage::{BY_ID, NewPage};

/// Ids that one request may name.
const IDS_MAX: i64 = 100;

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
        fetch_these(context, feed, wanted).await?;
        asked_before = last;
        progressed = true;
        turn.note_progress();
    }
    Ok(progressed)
}

/// Asks for these records. Arrivals are asked for by their orders, and may be more than a page.
async fn fetch_these(context: &Context, feed: Feed, ids: Vec<i64>) -> Result<(), StageError> {
    let turn = &context.turn;
    let mut query = match feed {
        Feed::Shipments => Query::shipments_of(ids.clone()),
        _ => Query::only(feed, ids.clone()),
    };
    loop {
        let observation = context.observe();
        let page = fetch(context, &query).await?;
        let more = page
            .last_id
            .filter(|_| feed == Feed::Shipments && page.next.is_some());
        let new = NewPage {
            run: turn.job.run,
            feed,
            slice: BY_ID,
            observation,
            server_at: page.server_date,
            request: page.request.clone(),
            // With the last page it is known which of them there are.
            asked: more.is_none().then(|| ids.clone()),
            rows: page.rows,
            last: page.last_id,
            page_limit: 100,
            ended: more.is_none(),
            body: page.body_str().to_owned(),
            budget: context.budget(),
        };
        turn.deps.store.store_page(&turn.lease, new).await?;
        let Some(last) = more else { return Ok(()) };
        query.ids.after = Some(last);
    }
}
