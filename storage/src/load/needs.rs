//! What the objects of one transaction ask of others: records to be judged again because something
//! needs them now, records to be asked for by id, and objects that follow those loaded for the
//! first time.

use crate::batch::{json, run};
use crate::error::StoreError;
use crate::fan_out;
use crate::queue;
use crate::store::{Store, WriteTx};
use pipeline::id::{ConnectionId, RunId};
use pipeline::{Feed, Stage};
use std::collections::BTreeSet;

/// What was computed was read before this transaction: a record that normalize stored since then is
/// not asked for, and its arrival has touched whoever named it.
const WANT: &str = "
    INSERT OR IGNORE INTO wanted_records (connection_id, feed, record_id, state, since_at)
    SELECT ?1, j.value ->> 0, j.value ->> 1, 'wanted', ?3 FROM json_each(?2) j
    WHERE NOT EXISTS (SELECT 1 FROM source_items s
                      WHERE j.value ->> 0 = 'items'
                        AND s.connection_id = ?1 AND s.item_id = j.value ->> 1)
      AND NOT EXISTS (SELECT 1 FROM source_vendors s
                      WHERE j.value ->> 0 = 'vendors'
                        AND s.connection_id = ?1 AND s.vendor_id = j.value ->> 1)
      AND NOT EXISTS (SELECT 1 FROM source_orders s
                      WHERE j.value ->> 0 = 'orders'
                        AND s.connection_id = ?1 AND s.order_id = j.value ->> 1)";

#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Items that an object of the model names now, or does not any more.
    pub(super) items: BTreeSet<i64>,
    /// The same of vendors.
    pub(super) vendors: BTreeSet<i64>,
    /// Items that became products.
    pub(super) new_products: Vec<i64>,
    /// Vendors that became suppliers.
    pub(super) new_suppliers: Vec<i64>,
    missing: BTreeSet<(&'static str, i64)>,
}

impl Needs {
    /// Notes records that must be asked for by id.
    pub(super) fn missing(&mut self, feed: Feed, ids: impl IntoIterator<Item = i64>) {
        self.missing
            .extend(ids.into_iter().map(|id| (feed.name(), id)));
    }

    /// Touches and asks, and wakes the stages that it is for.
    pub(super) async fn write(
        self,
        tx: &mut WriteTx,
        store: &Store,
        connection: ConnectionId,
        now: i64,
    ) -> Result<(), StoreError> {
        let (items, vendors) = (Vec::from_iter(self.items), Vec::from_iter(self.vendors));
        let judged = run(tx.conn(), fan_out::JUDGE_ITEMS, connection.0, &items).await?
            + run(tx.conn(), fan_out::JUDGE_VENDORS, connection.0, &vendors).await?;
        if judged > 0 {
            queue::wake(tx, store, connection, RunId(0), Stage::Filter).await?;
        }
        // These are the next touches of the stage that is at work, which looks again.
        for (sql, ids) in [
            (fan_out::PAIRS_OF_ITEMS, &self.new_products),
            (fan_out::PARTS_OF_ITEMS, &self.new_products),
            (fan_out::PARENTS_OF_ITEMS, &self.new_products),
            (fan_out::PAIRS_OF_VENDORS, &self.new_suppliers),
        ] {
            run(tx.conn(), sql, connection.0, ids).await?;
        }
        if self.missing.is_empty() {
            return Ok(());
        }
        let missing: Vec<_> = self.missing.into_iter().collect();
        let wanted = sqlx::query(WANT)
            .bind(connection.0)
            .bind(json(&missing))
            .bind(now)
            .execute(tx.conn())
            .await?;
        if wanted.rows_affected() > 0 {
            wake_extract(tx, store, connection).await?;
        }
        Ok(())
    }
}

async fn wake_extract(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
) -> Result<(), StoreError> {
    let runs: Vec<i64> =
        sqlx::query_scalar("SELECT id FROM runs WHERE connection_id = ?1 AND state = 'open'")
            .bind(connection.0)
            .fetch_all(tx.conn())
            .await?;
    for run in runs {
        queue::wake(tx, store, connection, RunId(run), Stage::Extract).await?;
    }
    Ok(())
}
