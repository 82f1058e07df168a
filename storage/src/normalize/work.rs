//! What is known and gathered while a page is stored.

use crate::batch::{json, run};
use crate::error::StoreError;
use crate::instant::millis;
use crate::ledger::Deltas;
use crate::pages::StoredPage;
use crate::store::WriteTx;
use pipeline::id::{ConnectionId, RunId};
use pipeline::normalize::Normal;
use pipeline::outcome::Outcome;
use pipeline::{Feed, Stage};

/// A page that is being stored.
pub(super) struct Work {
    pub(super) connection: i64,
    pub(super) run: RunId,
    pub(super) feed: Feed,
    page: i64,
    pub(super) observation: i64,
    pub(super) settings_version: i64,
    pub(super) deltas: Deltas,
    /// Records that filter must look at, with the run to credit.
    pub(super) touches: Vec<(i64, Option<i64>)>,
    /// Whether objects were touched.
    pub(super) objects: bool,
    /// Whether records were touched beside those in `touches`.
    pub(super) judged: bool,
}

impl Work {
    pub(super) fn new(connection: ConnectionId, page: &StoredPage, settings_version: i64) -> Self {
        Self {
            connection: connection.0,
            run: page.run,
            feed: page.feed,
            page: page.id.0,
            observation: page.observation,
            settings_version,
            deltas: Deltas::default(),
            touches: Vec::new(),
            objects: false,
            judged: false,
        }
    }

    pub(super) fn count(&mut self, outcome: Outcome) {
        self.deltas
            .count(self.run, self.feed, Stage::Normalize, outcome);
    }

    /// Moves the observation of records with the same content, so that an older page cannot win
    /// against them later.
    pub(super) async fn note_same(
        &self,
        tx: &mut WriteTx,
        sql: &'static str,
        same: &[(&Normal, i64)],
    ) -> Result<(), StoreError> {
        if same.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = same
            .iter()
            .map(|(normal, id)| (*id, normal.changed_at.map(millis)))
            .collect();
        sqlx::query(sql)
            .bind(self.connection)
            .bind(json(&rows))
            .bind(self.observation)
            .execute(tx.conn())
            .await?;
        Ok(())
    }

    /// Runs a fan-out statement over ids: it inserts object touches.
    pub(super) async fn fan_out(
        &mut self,
        tx: &mut WriteTx,
        sql: &'static str,
        ids: &[i64],
    ) -> Result<(), StoreError> {
        if run(tx.conn(), sql, self.connection, ids).await? > 0 {
            self.objects = true;
        }
        Ok(())
    }

    /// Runs a fan-out statement over ids: it inserts record touches.
    pub(super) async fn judge(
        &mut self,
        tx: &mut WriteTx,
        sql: &'static str,
        ids: &[i64],
    ) -> Result<(), StoreError> {
        if run(tx.conn(), sql, self.connection, ids).await? > 0 {
            self.judged = true;
        }
        Ok(())
    }

    /// Writes rows with the parameters every upsert takes: connection, rows, observation, page.
    pub(super) async fn upsert<T: serde::Serialize>(
        &self,
        tx: &mut WriteTx,
        sql: &'static str,
        rows: &[T],
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        sqlx::query(sql)
            .bind(self.connection)
            .bind(json(rows))
            .bind(self.observation)
            .bind(self.page)
            .execute(tx.conn())
            .await?;
        Ok(())
    }
}
