//! Lines that keep their id when they move to another sale or order: where each of them stays.

use super::work::Work;
use crate::batch::json;
use crate::error::StoreError;
use crate::store::WriteTx;
use sqlx::Row;
use std::collections::{BTreeSet, HashMap};

/// A line that arrives: what holds it, its id, and when it last changed.
pub(super) type Arriving = (i64, i64, Option<i64>);

/// Lines that changed what holds them: their sale or their order.
#[derive(Default)]
pub(super) struct Moves {
    /// Former places of lines that arrive elsewhere now: what held them, and the line.
    pub(super) left: Vec<(i64, i64)>,
    /// Lines that something else holds in a newer version; they stay there.
    pub(super) elsewhere: BTreeSet<i64>,
    /// Sales or orders whose set of lines is no longer what was last received of them.
    pub(super) incomplete: BTreeSet<i64>,
}

impl Moves {
    /// Compares the lines of a page, in its order, with where they are held. `sql` answers with
    /// the line, what holds it, its observation and its change time; `written` says whose lines
    /// the page replaces.
    pub(super) async fn of(
        tx: &mut WriteTx,
        work: &Work,
        sql: &'static str,
        lines: &[Arriving],
        written: &BTreeSet<i64>,
    ) -> Result<Self, StoreError> {
        let arriving: HashMap<i64, (i64, Option<i64>)> = lines
            .iter()
            .map(|(owner, line, changed_at)| (*line, (*owner, *changed_at)))
            .collect();
        let ids: Vec<i64> = arriving.keys().copied().collect();
        let rows = sqlx::query(sql)
            .bind(work.connection)
            .bind(json(&ids))
            .fetch_all(tx.conn())
            .await?;
        let mut moves = Moves::default();
        for row in rows {
            let (line, former): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            let Some((owner, changed_at)) = arriving.get(&line) else {
                continue;
            };
            if *owner == former {
                continue;
            }
            let held_at: Option<i64> = row.try_get(3)?;
            let newer_there = row.try_get::<i64, _>(2)? > work.observation
                || matches!((held_at, changed_at), (Some(held), Some(at)) if at < &held);
            if newer_there {
                moves.elsewhere.insert(line);
                moves.incomplete.insert(*owner);
            } else {
                moves.left.push((former, line));
                // What held it and is itself in this page told its lines anew.
                if !written.contains(&former) {
                    moves.incomplete.insert(former);
                }
            }
        }
        // One line twice in a page: what comes later in the page holds it.
        for (owner, line, _) in lines {
            if arriving.get(line).is_some_and(|(last, _)| last != owner) {
                moves.incomplete.insert(*owner);
            }
        }
        Ok(moves)
    }
}
