//! Items that sales name and we do not hold, asked for by their ids.

use super::walk::fetch;
use super::{Context, StageError};
use connectors::lightspeed::Query;
use pipeline::Feed;
use storage::{BY_ID, NewPage};

/// Ids that one request may name.
const IDS_MAX: i64 = 100;

/// Asks for what is wanted until nothing is, or the turn is over. Normalize, which reads the
/// answers in order, tells who was not returned. Returns whether it asked.
pub(super) async fn fetch_wanted(context: &Context) -> Result<bool, StageError> {
    let turn = &context.turn;
    let store = &turn.deps.store;
    let mut asked_before = 0;
    let mut progressed = false;
    while !turn.is_over() {
        let wanted = store
            .wanted_items_after(turn.job.connection, asked_before, IDS_MAX)
            .await?;
        let Some(last) = wanted.last().copied() else {
            break;
        };
        let observation = context.observe();
        let page = fetch(context, &Query::only(Feed::Items, wanted.clone())).await?;
        store
            .store_page(
                &turn.lease,
                NewPage {
                    run: turn.job.run,
                    feed: Feed::Items,
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
