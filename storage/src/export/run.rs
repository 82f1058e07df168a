//! The run that exports: asked for, joined, ended.

use crate::error::StoreError;
use crate::queue;
use crate::runs;
use crate::store::{Store, WriteTx};
use crate::sync::{Requested, Trigger};
use pipeline::Stage;
use pipeline::id::{ConnectionId, RunId};

/// The kind of run that brings buy orders to Lightspeed.
pub const EXPORT: &str = "export";

impl Store {
    /// Asks for an export. Joins the one that is open, which then reads Optiply's buy orders once
    /// more, because it may have read them before the one that is meant was made. A person's wish
    /// also tries again what only a person may, since they have probably changed something.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn request_export(
        &self,
        connection: ConnectionId,
        trigger: Trigger,
    ) -> Result<Requested, StoreError> {
        let mut tx = self.write().await?;
        let requested = request_in(&mut tx, self, connection, trigger).await?;
        tx.commit().await?;
        Ok(requested)
    }
}

pub(crate) async fn request_in(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    trigger: Trigger,
) -> Result<Requested, StoreError> {
    let now = store.now_ms();
    sqlx::query(
        "UPDATE exports SET state = 'due', next_at = 0, attempts = 0, updated_at = ?2
         WHERE connection_id = ?1 AND state = 'parked' AND (retries OR ?3)",
    )
    .bind(connection.0)
    .bind(now)
    .bind(trigger == Trigger::Manual)
    .execute(tx.conn())
    .await?;
    let open = runs::open_run(tx.conn(), connection, EXPORT).await?;
    let joined = open.is_some();
    let run = match open {
        Some(run) => {
            sqlx::query("UPDATE runs SET extracted_at = NULL WHERE id = ?1")
                .bind(run)
                .execute(tx.conn())
                .await?;
            RunId(run)
        }
        None => runs::insert(tx.conn(), connection, EXPORT, trigger, None, now).await?,
    };
    runs::stage_rows(tx.conn(), connection, run, &[Stage::Export], now).await?;
    queue::wake(tx, store, connection, run, Stage::Export).await?;
    if trigger == Trigger::Manual {
        runs::hurry_in(tx, store, connection).await?;
    }
    Ok(Requested {
        run,
        joined,
        again: None,
    })
}
