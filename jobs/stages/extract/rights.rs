//! A right that is missing costs its feed and no other; a question that is refused is asked in
//! another way.

use super::{Context, StageError, missing, plan};
use connectors::lightspeed::SourceError;
use pipeline::Feed;
use storage::{ChosenBy, Walk};

/// Leaves a feed out of the run if that is what an error asks for. Other errors, and the refusal
/// of the last feed there was, come back.
pub(super) async fn leave_out(
    context: &Context,
    feed: Feed,
    error: StageError,
) -> Result<(), StageError> {
    if is_about_updates(context, feed, &error).await? {
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
async fn is_about_updates(
    context: &Context,
    feed: Feed,
    error: &StageError,
) -> Result<bool, StageError> {
    let StageError::Source(SourceError::Refused { status: 400, .. }) = error else {
        return Ok(false);
    };
    let (_, walks) = context
        .turn
        .deps
        .store
        .feed_runs(context.turn.job.run)
        .await?;
    let by_updates = |walk: &Walk| {
        walk.since
            .is_some_and(|since| since.by == ChosenBy::Updated)
    };
    Ok(feed == Feed::Sales && walks.iter().any(|w| w.feed == feed && by_updates(w)))
}

/// Sizes a feed, or leaves it out.
pub(super) async fn plan(context: &Context, feed: Feed) -> Result<(), StageError> {
    match plan::plan(context, feed).await {
        Err(error) => leave_out(context, feed, error).await,
        Ok(()) => Ok(()),
    }
}

/// Asks for the records that are wanted of each feed that may be read.
pub(super) async fn fetch_wanted(context: &Context) -> Result<bool, StageError> {
    let mut progressed = false;
    for feed in missing::askable(context).await? {
        match missing::fetch_wanted(context, feed).await {
            Err(error) => leave_out(context, feed, error).await?,
            Ok(fetched) => progressed |= fetched,
        }
    }
    Ok(progressed)
}
