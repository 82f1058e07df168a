//! Records that were asked for by their ids: found, or gone.

use super::work::Work;
use crate::batch::json;
use crate::error::StoreError;
use crate::pages::StoredPage;
use crate::store::WriteTx;

const FOUND: &str = "
    DELETE FROM wanted_records
    WHERE connection_id = ?1 AND feed = ?3 AND record_id IN (SELECT value FROM json_each(?2))";

const GONE: &str = "
    UPDATE wanted_records SET state = 'gone', page_id = ?4
    WHERE connection_id = ?1 AND feed = ?3 AND record_id IN (SELECT value FROM json_each(?2))
      AND state = 'wanted'";

/// Takes what came from the list of what is wanted. What was asked for by id and not returned, or
/// not in a form that can be used, is gone: those ids are the answer.
pub(super) async fn settle(
    tx: &mut WriteTx,
    work: &Work,
    page: &StoredPage,
    returned: &[i64],
) -> Result<Vec<i64>, StoreError> {
    if !returned.is_empty() {
        sqlx::query(FOUND)
            .bind(work.connection)
            .bind(json(returned))
            .bind(page.feed.name())
            .execute(tx.conn())
            .await?;
    }
    let missing: Vec<i64> = page
        .asked
        .iter()
        .flatten()
        .copied()
        .filter(|id| !returned.contains(id))
        .collect();
    if !missing.is_empty() {
        sqlx::query(GONE)
            .bind(work.connection)
            .bind(json(&missing))
            .bind(page.feed.name())
            .bind(page.id.0)
            .execute(tx.conn())
            .await?;
    }
    Ok(missing)
}
