//! Reading Optiply's buy orders.

use super::super::StageError;
use super::Context;
use chrono::{DateTime, TimeDelta, Utc};
use connectors::optiply::{
    BuyOrder, BuyOrderLine, By, Find, Optiply, OptiplyError, Resource, Stored,
};
use pipeline::export::{Candidate, CandidateLine, NotWanted, wanted};
use pipeline::id::BuyOrderId;
use storage::Sighting;

/// How far changes are read again: rows may become visible later than others with a later time.
const OVERLAP: TimeDelta = TimeDelta::minutes(15);

/// Lines of one buy order that are read at most.
const LINES_MOST: usize = 2_000;

/// Notes every buy order that is new, changed, or not settled yet. A change of a line need not be
/// one of its order.
pub(super) async fn sightings(context: &Context) -> Result<(), StageError> {
    let (turn, target) = (&context.turn, &context.target);
    let (store, connection) = (&turn.deps.store, turn.job.connection);
    let (mark, since) = store.export_mark(connection).await?;
    let mut begun = None;
    let mut last_id = mark.last_id;
    // By id from the oldest that is not settled, so that one that vanished is missed; and by change
    // time, for older ones that are wanted again.
    let from = mark.lowest_open.map_or(mark.last_id, |id| id - 1);
    let changed = mark.complete_to.map_or(since, |at| at - OVERLAP);
    let walks = [
        Find::all(Resource::BuyOrders).after(from.min(mark.last_id)),
        Find::all(Resource::BuyOrders).by(By::UpdatedSince(changed)),
    ];
    for walk in walks {
        let mut next = Some(walk);
        while let Some(find) = next {
            let page = target.page(&find).await?;
            begun = begun.or(page.date);
            last_id = page.rows.iter().map(|row| row.id).fold(last_id, i64::max);
            let seen = page
                .rows
                .iter()
                .map(|row| sighting(row, (since, mark.restored), page.date))
                .collect::<Result<Vec<_>, _>>()?;
            store
                .note_sightings(&turn.lease, turn.job.run, &seen)
                .await?;
            next = page.next;
        }
    }
    let changed_lines = Find::all(Resource::BuyOrderLines).by(By::UpdatedSince(changed));
    let mut next = Some(changed_lines);
    while let Some(find) = next {
        let page = target.page(&find).await?;
        let seen = page
            .rows
            .iter()
            .map(|row| change(row, page.date))
            .collect::<Result<Vec<_>, _>>()?;
        let seen: Vec<_> = seen.into_iter().flatten().collect();
        store.note_line_sightings(&turn.lease, &seen).await?;
        next = page.next;
    }
    let complete_to = begun.unwrap_or(changed);
    store
        .finish_sightings(&turn.lease, turn.job.run, complete_to, last_id)
        .await?;
    Ok(())
}

fn sighting(
    row: &Stored,
    (since, restored): (DateTime<Utc>, bool),
    now: Option<DateTime<Utc>>,
) -> Result<Sighting, OptiplyError> {
    let order = head(row)?;
    let wanted = wanted(&order, since);
    Ok(Sighting {
        order: order.id,
        changed_at: row.updated_at.filter(|at| is_past(*at, now)),
        wanted: wanted.is_ok() || (restored && wanted == Err(NotWanted::Completed)),
    })
}

/// The buy order of a line, and when the line was changed.
fn change(
    row: &Stored,
    now: Option<DateTime<Utc>>,
) -> Result<Option<(BuyOrderId, DateTime<Utc>)>, OptiplyError> {
    let line: BuyOrderLine = row.read()?;
    let at = row.updated_at.filter(|at| is_past(*at, now));
    Ok(line.buy_order_id.map(BuyOrderId).zip(at))
}

/// Whether a time that is told in seconds is over. A row that was changed in the second in which it
/// is read may change once more in it, which its time would not tell.
fn is_past(at: DateTime<Utc>, now: Option<DateTime<Utc>>) -> bool {
    now.is_none_or(|now| now - at >= TimeDelta::seconds(2))
}

/// A buy order without its lines.
fn head(row: &Stored) -> Result<Candidate, OptiplyError> {
    let order: BuyOrder = row.read()?;
    Ok(Candidate {
        id: BuyOrderId(row.id),
        created_at: row.created_at,
        placed: order.placed,
        expected: order.expected_delivery_date,
        completed: order.completed.is_some(),
        assembly: order.assembly == Some(true),
        from_api: row.created_from_public_api,
        supplier: order.supplier_id,
        lines: Vec::new(),
    })
}

/// A buy order as it is now, with its lines; none if it was deleted.
pub(super) async fn candidate(
    target: &Optiply,
    id: BuyOrderId,
) -> Result<Option<Candidate>, OptiplyError> {
    let Some(row) = target.get(Resource::BuyOrders, id.0).await? else {
        return Ok(None);
    };
    let find = Find::all(Resource::BuyOrderLines).by(By::BuyOrder(id.0));
    let rows = target.find(find, LINES_MOST).await?;
    let lines: Result<Vec<CandidateLine>, OptiplyError> = rows.iter().map(line).collect();
    Ok(Some(Candidate {
        lines: lines?,
        ..head(&row)?
    }))
}

/// Values that are missing are such that the line cannot be ordered, so that a person sees it.
fn line(row: &Stored) -> Result<CandidateLine, OptiplyError> {
    let line: BuyOrderLine = row.read()?;
    Ok(CandidateLine {
        id: row.id,
        product: line.product_id.unwrap_or(0),
        quantity: line.quantity.unwrap_or(0),
        value: line.subtotal_value.unwrap_or_default(),
    })
}
