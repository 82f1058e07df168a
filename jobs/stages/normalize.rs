//! Normalize: stored pages to source records, a page a transaction.

use super::{StageError, Turn};
use pipeline::normalize::{normalize, relations};
use tracing::Instrument;

/// Carries pages through until there is none or the turn is over. Returns whether it did any.
pub(super) async fn advance(turn: &Turn) -> Result<bool, StageError> {
    let (store, job) = (&turn.deps.store, &turn.job);
    let mut progressed = false;
    while !turn.is_over() {
        let Some(page) = store.next_page(job.connection, job.run).await? else {
            break;
        };
        let normalized = normalize(page.feed, &page.body, relations(page.feed, &page.request))
            .map_err(|source| StageError::Page {
                page: page.id.0,
                source,
            })?;
        for rejection in &normalized.rejections {
            tracing::warn!(
                feed = page.feed.name(),
                page.id = page.id.0,
                record.id = rejection.id,
                reason = rejection.reason.code(),
                path = rejection.path,
                "rejected a row of {}: {}",
                page.feed,
                rejection.detail
            );
        }
        let span = tracing::info_span!("page", page.id = page.id.0, feed = page.feed.name());
        store
            .commit_normalized(&turn.lease, &page, normalized)
            .instrument(span)
            .await?;
        progressed = true;
    }
    Ok(progressed)
}
