//! Walking what only names sales: they are wanted then, and read by their ids.

use super::walk::{over, patient};
use super::{Context, StageError};
use connectors::lightspeed::{IdRange, Since, SourceError, TimeField, Trail};
use storage::{NewTrail, Reading, Walk};

/// Walks a trail to its end, or until the turn is over. One that may not be read is left out, and
/// an alarm says what is lost by it. Returns how many pages it read.
pub(super) async fn walk(context: &Context, mut walk: Walk) -> Result<u32, StageError> {
    let turn = &context.turn;
    let store = &turn.deps.store;
    let trail = match walk.reading {
        Reading::Voids => Trail::Voids,
        _ => Trail::Lines,
    };
    let since = walk.since.map(|since| Since {
        field: TimeField::TimeStamp,
        at: since.at,
    });
    let mut pages = 0;
    while !over(context) {
        let ids = IdRange {
            from: Some(walk.last + 1),
            ..IdRange::ALL
        };
        let page = match patient(context, context.source.trail(trail, ids, since)).await {
            Ok(page) => page,
            Err(error @ SourceError::Forbidden { .. }) => {
                let cause = error.to_string();
                tracing::warn!(cause, "a trail of sales is left out");
                store
                    .forbid_trail(&turn.lease, turn.job.run, walk.slice, walk.reading, &cause)
                    .await?;
                return Ok(pages);
            }
            Err(error) => return Err(error.into()),
        };
        if page.unnamed > 0 {
            let rows = page.unnamed;
            tracing::warn!(
                rows,
                trail = ?trail,
                "rows name no sale; the next sweep finds what they tell of"
            );
        }
        let new = NewTrail {
            run: turn.job.run,
            slice: walk.slice,
            reading: walk.reading,
            sales: page.sales,
            rows: page.rows,
            last: page.last_id,
            ended: page.ended,
            budget: context.budget(),
        };
        store.store_trail(&turn.lease, &new).await?;
        turn.note_progress();
        pages += 1;
        if page.ended {
            break;
        }
        walk.last = page.last_id.unwrap_or(walk.last);
    }
    Ok(pages)
}
