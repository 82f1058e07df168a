//! After a backup was put back: what Optiply acknowledged by the word of the backup may have been
//! sent otherwise since, so it counts only as far as Optiply shows it.

use super::{parse, unreadable};
use crate::reconcile::lines;
use crate::stages::deliver::payload::resource;
use crate::stages::{StageError, Turn};
use connectors::optiply::Payload;
use pipeline::deliver::Entity;

/// Rows looked at in one go.
const PAGE: i64 = 500;

/// Has everything sent again that Optiply shows otherwise, once the matching has ended. What planners
/// chose stays.
pub(super) async fn compare(turn: &Turn) -> Result<(), StageError> {
    for order in [Entity::SellOrder, Entity::BuyOrder] {
        lines::name(turn, order).await?;
    }
    for entity in Entity::ALL {
        rows(turn, entity).await?;
    }
    Ok(())
}

async fn rows(turn: &Turn, entity: Entity) -> Result<(), StageError> {
    let (store, connection) = (&turn.deps.store, turn.lease.connection);
    let mut after = 0;
    loop {
        // However new: nothing is on its way.
        let always = (i64::MAX, 0);
        let rows = store
            .shown_rows(connection, entity, after, PAGE, always)
            .await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.remote_id;
        let mut different = Vec::new();
        for row in &rows {
            let Some((key, acknowledged)) = &row.ours else {
                continue;
            };
            let ours = Payload::from_json(resource(entity), acknowledged).map_err(unreadable)?;
            let shown = parse(entity, &row.shown)?;
            let differing = ours.clone().for_adoption().differing_from(&shown);
            if !differing.is_empty() {
                different.push((key.clone(), ours.without(&differing).to_json()));
            }
        }
        store.shown_otherwise(&turn.lease, &different).await?;
    }
}
