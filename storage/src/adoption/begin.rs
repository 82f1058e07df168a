//! The beginning of a match: which kinds are read, and which deliveries it knows of.

use super::rows::FORGET;
use crate::batch::json;
use crate::error::StoreError;
use crate::leases::Lease;
use crate::store::{Store, WriteTx};
use pipeline::deliver::{Entity, TO_BE_MATCHED};
use pipeline::id::ConnectionId;
use std::collections::BTreeSet;

const WAITING: &str = "
    SELECT DISTINCT entity FROM deliveries
    WHERE connection_id = ?1 AND state = 'waiting' AND waits_on = ?2";

/// What waits for others too: it may be matched with them.
const DUE: &str = "
    UPDATE deliveries SET state = 'pending', waits_on = NULL, next_at = 0
    WHERE connection_id = ?1 AND state = 'waiting'";

/// By state, since only what is not acknowledged can be matched.
const KNOWN: [&str; 2] = [
    "UPDATE deliveries SET matched = 1
     WHERE connection_id = ?1 AND state = 'pending' AND matched = 0 AND acknowledged IS NULL
       AND entity IN (SELECT value FROM json_each(?2))",
    "UPDATE deliveries SET matched = 1
     WHERE connection_id = ?1 AND state = 'parked' AND matched = 0 AND acknowledged IS NULL
       AND entity IN (SELECT value FROM json_each(?2))",
];

const READ: &str = "
    INSERT OR IGNORE INTO remote_reads (connection_id, entity)
    SELECT ?1, value FROM json_each(?2)";

impl Store {
    /// Begins to match, or goes on: nothing is sent until it is finished. Returns the kinds that
    /// are read for it: all of them the first time, later those of which something waits for it.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn begin_matching(&self, lease: &Lease) -> Result<Vec<Entity>, StoreError> {
        let mut tx = self.write_as(lease).await?;
        let connection = lease.connection;
        let again = sqlx::query(
            "UPDATE connections SET adoption = 'pending' WHERE id = ?1 AND adoption = 'done'",
        )
        .bind(connection.0)
        .execute(tx.conn())
        .await?
        .rows_affected()
            == 1;
        if again {
            clear(&mut tx, connection).await?;
            let kinds = waiting(&mut tx, connection).await?;
            read(&mut tx, connection, &kinds).await?;
        }
        let mut kinds = names(&mut tx, connection).await?;
        if kinds.is_empty() {
            kinds = Entity::ALL
                .iter()
                .map(|kind| kind.name().to_owned())
                .collect();
            read(&mut tx, connection, &kinds).await?;
        }
        sqlx::query(DUE)
            .bind(connection.0)
            .execute(tx.conn())
            .await?;
        for sql in KNOWN {
            sqlx::query(sql)
                .bind(connection.0)
                .bind(json(&kinds))
                .execute(tx.conn())
                .await?;
        }
        tx.commit().await?;
        Ok(Entity::ALL
            .into_iter()
            .filter(|kind| kinds.iter().any(|name| name == kind.name()))
            .collect())
    }
}

/// Clears the tables for a match: what a comparison had read is void, and so is what it would tell.
pub(crate) async fn clear(tx: &mut WriteTx, connection: ConnectionId) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE leases SET fence = fence + 1, until_at = 0
         WHERE connection_id = ?1 AND role = 'reconcile'",
    )
    .bind(connection.0)
    .execute(tx.conn())
    .await?;
    for sql in FORGET {
        sqlx::query(sql)
            .bind(connection.0)
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// The kinds of what waits, with their lines.
async fn waiting(tx: &mut WriteTx, connection: ConnectionId) -> Result<Vec<String>, StoreError> {
    let names: Vec<String> = sqlx::query_scalar(WAITING)
        .bind(connection.0)
        .bind(TO_BE_MATCHED)
        .fetch_all(tx.conn())
        .await?;
    let kinds: BTreeSet<&str> = Entity::ALL
        .into_iter()
        .filter(|kind| names.iter().any(|name| name == kind.name()))
        .flat_map(|kind| std::iter::once(kind).chain(kind.line()))
        .map(Entity::name)
        .collect();
    Ok(kinds.into_iter().map(str::to_owned).collect())
}

async fn read(
    tx: &mut WriteTx,
    connection: ConnectionId,
    kinds: &[String],
) -> Result<(), StoreError> {
    sqlx::query(READ)
        .bind(connection.0)
        .bind(json(kinds))
        .execute(tx.conn())
        .await?;
    Ok(())
}

async fn names(tx: &mut WriteTx, connection: ConnectionId) -> Result<Vec<String>, StoreError> {
    Ok(
        sqlx::query_scalar("SELECT entity FROM remote_reads WHERE connection_id = ?1")
            .bind(connection.0)
            .fetch_all(tx.conn())
            .await?,
    )
}
