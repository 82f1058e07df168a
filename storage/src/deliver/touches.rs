//! Touches: which deliveries must be looked at again, written with the change that caused it.

use super::cascade;
use super::ledger;
use super::start;
use crate::batch::json;
use crate::error::StoreError;
use crate::store::{Store, WriteTx};
use pipeline::deliver::Key;
use pipeline::id::ConnectionId;
use serde::Serialize;

/// A touched delivery: kind, object, part, lane, rank, and the run to credit.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Touch(
    pub(super) &'static str,
    pub(super) i64,
    pub(super) String,
    pub(super) i64,
    pub(super) i64,
    pub(super) i64,
);

/// What is on its way stays so: it is looked at again when its outcome is known.
const TOUCH: &str = "
    INSERT INTO deliveries (connection_id, entity, object_id, part, state, lane, rank, run_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, 'pending', value ->> 3, value ->> 4,
           value ->> 5
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, entity, object_id, part) DO UPDATE SET
        touched = touched + 1,
        state = iif(state IN ('sending', 'ambiguous'), state, 'pending'),
        next_at = iif(state IN ('sending', 'ambiguous'), next_at, 0),
        attempts = iif(state IN ('sending', 'ambiguous'), attempts, 0),
        sent = iif(state IN ('sending', 'ambiguous'), sent, 0),
        lane = iif(state = 'pending', min(lane, excluded.lane), excluded.lane),
        rank = excluded.rank, run_id = excluded.run_id, counted = '',
        waits_on = NULL, reason = NULL, detail = NULL, without_emails = 0";

/// Stock that moved goes ahead of everything, of products that Optiply holds.
const STOCK_FIRST: &str = "
    UPDATE deliveries SET lane = 0
    WHERE connection_id = ?1 AND entity = 'product' AND part = '' AND remote_id IS NOT NULL
      AND object_id IN (SELECT value FROM json_each(?2))";

/// The deliveries that one transaction of load touches.
#[derive(Debug, Default)]
pub(crate) struct Touches {
    changed: Vec<(Key, i64, i64)>,
    gone: Vec<(Key, i64)>,
    stock_moved: Vec<i64>,
}

impl Touches {
    /// Notes a delivery whose object changed. Of a lane the lowest rank goes first. `run` is
    /// credited; 0 stands for the run at work.
    pub(crate) fn add(&mut self, key: Key, rank: i64, run: i64) {
        self.changed.push((key, rank, run));
    }

    /// Notes a delivery whose object is not desired, whether or not it ever was.
    pub(crate) fn gone(&mut self, key: Key, run: i64) {
        self.gone.push((key, run));
    }

    /// Notes items among those that changed of which there is more or less than before.
    pub(crate) fn stock_moved(&mut self, items: impl IntoIterator<Item = i64>) {
        self.stock_moved.extend(items);
    }

    /// Writes them and wakes deliver, if the connection delivers at all.
    pub(crate) async fn write(
        self,
        tx: &mut WriteTx,
        store: &Store,
        connection: ConnectionId,
        current_run: i64,
    ) -> Result<(), StoreError> {
        if (self.changed.is_empty() && self.gone.is_empty())
            || !start::delivers_in(tx.conn(), connection).await?
        {
            return Ok(());
        }
        let credited = |run: i64| if run > 0 { run } else { current_run };
        let gone: Vec<&Key> = self.gone.iter().map(|(key, _)| key).collect();
        // What was never to be delivered need not be taken back.
        let known = cascade::places(tx, connection, &gone).await?;
        let gone = self.gone.iter().filter_map(|(key, run)| {
            let (rank, _) = known.get(key)?;
            Some(touch(key.clone(), *rank, credited(*run)))
        });
        let changed = self
            .changed
            .iter()
            .map(|(key, rank, run)| touch(key.clone(), *rank, credited(*run)));
        let rows: Vec<Touch> = changed.chain(gone).collect();
        write(tx, connection, &rows).await?;
        crate::batch::run(tx.conn(), STOCK_FIRST, connection.0, &self.stock_moved).await?;
        start::wake_in(tx, store, connection).await
    }
}

pub(super) fn touch(key: Key, rank: i64, run: i64) -> Touch {
    let (name, lane) = (key.entity.name(), key.entity.lane() as i64);
    Touch(name, key.object, key.part, lane, rank, run)
}

/// Writes touches that are known to be of a connection that delivers.
pub(super) async fn write(
    tx: &mut WriteTx,
    connection: ConnectionId,
    rows: &[Touch],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let text = json(rows);
    ledger::enter(tx.conn(), connection, &text).await?;
    sqlx::query(TOUCH)
        .bind(connection.0)
        .bind(&text)
        .execute(tx.conn())
        .await?;
    Ok(())
}
