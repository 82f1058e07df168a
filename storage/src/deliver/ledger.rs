//! The arithmetic of deliver: what came in per run and kind, and what became of it.

use crate::batch::json;
use crate::error::StoreError;
use crate::store::Store;
use pipeline::Reason;
use pipeline::deliver::Entity;
use pipeline::id::{ConnectionId, RunId};
use sqlx::{Row, SqliteConnection};
use std::collections::BTreeMap;

/// What one kind of delivery came to in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryTally {
    /// Deliveries that were touched.
    pub entered: i64,
    /// Optiply acknowledged what was sent.
    pub acknowledged: i64,
    /// Nothing had to be sent, or a later run took it over.
    pub unchanged: i64,
    /// Optiply refused it, by reason.
    pub parked: BTreeMap<Reason, i64>,
    /// On its way, or waiting for something.
    pub open: i64,
}

impl DeliveryTally {
    /// Whether everything that entered has exactly one outcome or is open.
    pub fn balances(&self) -> bool {
        let parked: i64 = self.parked.values().sum();
        self.entered == self.acknowledged + self.unchanged + parked + self.open
    }
}

/// The arithmetic of a run, by kind.
pub type DeliveryTallies = BTreeMap<Entity, DeliveryTally>;

/// What enters for one run leaves another that had it open.
const OVERTAKEN: &str = "
    INSERT INTO delivery_ledger (run_id, entity, outcome, n)
    SELECT d.run_id, d.entity, 'unchanged', count(*)
    FROM json_each(?2) j
    JOIN deliveries d ON d.connection_id = ?1 AND d.entity = j.value ->> 0
        AND d.object_id = j.value ->> 1 AND d.part = j.value ->> 2
    WHERE d.counted = '' AND d.run_id <> j.value ->> 5 AND d.run_id > 0
    GROUP BY d.run_id, d.entity
    ON CONFLICT (run_id, entity, outcome, reason) DO UPDATE SET n = n + excluded.n";

const ENTERED: &str = "
    INSERT INTO delivery_ledger (run_id, entity, outcome, n)
    SELECT j.value ->> 5, j.value ->> 0, 'entered', count(*)
    FROM json_each(?2) j
    LEFT JOIN deliveries d ON d.connection_id = ?1 AND d.entity = j.value ->> 0
        AND d.object_id = j.value ->> 1 AND d.part = j.value ->> 2
    WHERE (d.connection_id IS NULL OR d.counted <> '' OR d.run_id <> j.value ->> 5)
      AND j.value ->> 5 > 0
    GROUP BY j.value ->> 5, j.value ->> 0
    ON CONFLICT (run_id, entity, outcome, reason) DO UPDATE SET n = n + excluded.n";

/// Counts touches in; before they are written.
pub(super) async fn enter(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    touches: &str,
) -> Result<(), StoreError> {
    for sql in [OVERTAKEN, ENTERED] {
        sqlx::query(sql)
            .bind(connection.0)
            .bind(touches)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Changes of the ledger within one transaction. What belongs to no run is not counted.
#[derive(Debug, Default)]
pub(super) struct Deltas(BTreeMap<(i64, String, String, String), i64>);

impl Deltas {
    pub(super) fn add(&mut self, run: i64, entity: &str, outcome: &str, reason: &str, n: i64) {
        let key = (
            run,
            entity.to_owned(),
            outcome.to_owned(),
            reason.to_owned(),
        );
        *self.0.entry(key).or_default() += n;
    }

    pub(super) async fn write(self, conn: &mut SqliteConnection) -> Result<(), StoreError> {
        let rows: Vec<_> = self
            .0
            .into_iter()
            .filter(|((run, ..), n)| *run > 0 && *n != 0)
            .map(|((run, entity, outcome, reason), n)| (run, entity, outcome, reason, n))
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO delivery_ledger (run_id, entity, outcome, reason, n)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
             FROM json_each(?1) WHERE true
             ON CONFLICT (run_id, entity, outcome, reason) DO UPDATE SET n = n + excluded.n",
        )
        .bind(json(&rows))
        .execute(conn)
        .await?;
        Ok(())
    }
}

impl Store {
    /// The arithmetic of deliver in a run, by kind. Empty when the connection does not deliver.
    ///
    /// # Errors
    /// When the database fails or holds a name of another version.
    pub async fn delivery_tallies(
        &self,
        connection: ConnectionId,
        run: RunId,
    ) -> Result<DeliveryTallies, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT entity, outcome, reason, n FROM delivery_ledger WHERE run_id = ?2 AND n <> 0
             UNION ALL
             SELECT entity, 'open', '', count(*) FROM deliveries
             WHERE connection_id = ?1 AND run_id = ?2 AND counted = '' GROUP BY entity",
        )
        .bind(connection.0)
        .bind(run.0)
        .fetch_all(reader.conn())
        .await?;
        let mut tallies = DeliveryTallies::new();
        for row in rows {
            let (entity, outcome): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let (reason, n): (String, i64) = (row.try_get(2)?, row.try_get(3)?);
            let wrong = |column, found: &str| StoreError::Inconsistent {
                table: "delivery_ledger",
                column,
                row: run.to_string(),
                found: found.to_owned(),
            };
            let entity: Entity = entity.parse().map_err(|_| wrong("entity", &entity))?;
            let tally = tallies.entry(entity).or_default();
            match outcome.as_str() {
                "entered" => tally.entered += n,
                "acknowledged" => tally.acknowledged += n,
                "unchanged" => tally.unchanged += n,
                "open" => tally.open += n,
                "parked" => {
                    let reason =
                        Reason::from_code(&reason).ok_or_else(|| wrong("reason", &reason))?;
                    *tally.parked.entry(reason).or_default() += n;
                }
                _ => return Err(wrong("outcome", &outcome)),
            }
        }
        Ok(tallies)
    }
}
