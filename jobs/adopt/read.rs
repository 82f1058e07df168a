//! Reading what Optiply holds, page by page by id, into the table in which it is compared.

use crate::stages::deliver::payload::resource;
use crate::stages::{StageError, Turn};
use connectors::optiply::{Find, Optiply, OptiplyError, Stored};
use pipeline::deliver::Entity;
use storage::RemoteRow;

/// Reads the rows of a kind to their end, from where it was left. Returns whether it came there.
pub(crate) async fn rows(
    turn: &Turn,
    client: &Optiply,
    entity: Entity,
) -> Result<bool, StageError> {
    let store = &turn.deps.store;
    let position = store.remote_position(turn.job.connection, entity).await?;
    let Some(position) = position else {
        return Ok(true);
    };
    let mut next = Some(Find::all(resource(entity)).after(position));
    while let Some(find) = next {
        if turn.is_over() {
            return Ok(false);
        }
        let page = client.page(&find).await.map_err(StageError::Target)?;
        let rows = page
            .rows
            .iter()
            .map(remote)
            .collect::<Result<Vec<_>, _>>()?;
        let ended = page.next.is_none();
        store
            .keep_remote_rows(&turn.lease, entity, &rows, ended)
            .await?;
        turn.note_progress();
        next = page.next;
    }
    Ok(true)
}

/// A row as it is kept.
fn remote(row: &Stored) -> Result<RemoteRow, StageError> {
    let shown = row
        .payload()
        .map_err(|error| StageError::Target(OptiplyError::Payload(error)))?;
    let marks = shown.marks();
    Ok(RemoteRow {
        remote_id: row.id,
        from_api: row.created_from_public_api,
        created_at: row.created_at.map(|at| at.timestamp_millis()),
        shown: shown.to_json(),
        parent: marks.parent,
        other: marks.other,
        article_code: marks.article_code,
        sku_code: marks.sku_code,
        ean_code: marks.ean_code,
        name: marks.name,
        at: marks.at,
    })
}

/// By how much Optiply's clock is ahead of ours, in milliseconds, as far as it is known.
pub(crate) fn clock_ahead(turn: &Turn, client: &Optiply) -> i64 {
    let now = turn.deps.clock.now();
    client
        .server_now()
        .map_or(0, |server| (server - now).num_milliseconds())
}
