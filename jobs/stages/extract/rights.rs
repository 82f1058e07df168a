//! A right that is missing costs its feed and no other; a question that is refused is asked in
//! another way.

use super::{Context, StageError, missing};
use connectors::lightspeed::SourceError;
use pipeline::Feed;
use storage::ChosenBy;

/// Leaves a feed out of the run if that is what an error asks for; `by` says which time the request
/// chose by. Other errors, and the refusal of the last feed there was, come back.
pub(super) async fn leave_out(
    context: &Context,
    feed: Feed,
    by: Option<ChosenBy>,
    error: StageError,
) -> Result<(), StageError> {
    if is_about_updates(feed, by, &error) {
        let turn = &context.turn;
        let cause = error.chain();
        tracing::warn!(cause, "sales are followed by their voids and lines instead");
        return Ok(turn
            .deps
            .store
            .refuse_updated(&turn.lease, turn.job.run, &cause)
            .await?);
    }
    let StageError::Source(SourceError::Forbidden { .. }) = &error else {
        return Err(error);
    };
    let turn = &context.turn;
    let cause = error.chain();
    let left = turn
        .deps
        .store
        .forbid_feed(&turn.lease, turn.job.run, feed, &cause)
        .await?;
    if left {
        tracing::warn!(feed = feed.name(), "left out of this run: {cause}");
        Ok(())
    } else {
        Err(error)
    }
}

/// Whether a refusal means that the source does not tell which sales were updated.
fn is_about_updates(feed: Feed, by: Option<ChosenBy>, error: &StageError) -> bool {
    let refused = matches!(
        error,
        StageError::Source(SourceError::Refused { status: 400, .. })
    );
    refused && feed == Feed::Sales && by == Some(ChosenBy::Updated)
}

/// Asks for the records that are wanted of each feed that may be read.
pub(super) async fn fetch_wanted(context: &Context) -> Result<bool, StageError> {
    let mut progressed = false;
    let (store, job) = (&context.turn.deps.store, &context.turn.job);
    for feed in store.wanted_feeds(job.connection, job.run).await? {
        match missing::fetch_wanted(context, feed).await {
            Err(error) => leave_out(context, feed, None, error).await?,
            Ok(fetched) => progressed |= fetched,
        }
    }
    Ok(progressed)
}
