//! What normalize writes: records, the touches they cause, rejections, and its checkpoint.
//!
//! One transaction a page, a fixed number of statements whatever the page holds. One file per feed
//! knows that feed's tables; what they share is here: which version stays, who is touched, and
//! what is counted.

mod items;
mod sales;
mod shops;
mod stock;
mod vendors;

use crate::batch::{json, run};
use crate::error::StoreError;
use crate::instant::instant;
use crate::leases::Lease;
use crate::ledger::Deltas;
use crate::pages::StoredPage;
use crate::queue;
use crate::rejections::{self, NewRejection};
use crate::store::{Store, WriteTx};
use pipeline::hash::ContentHash;
use pipeline::id::{ConnectionId, RunId};
use pipeline::newest::{Arrival, Incoming, Stored, arrival};
use pipeline::normalize::{Normal, Normalized};
use pipeline::outcome::Outcome;
use pipeline::{Feed, Stage};
use sqlx::Row;
use std::collections::HashMap;

impl Store {
    /// Stores what a page holds and moves normalize's checkpoint past it. A page that was carried
    /// through before changes nothing.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn commit_normalized(
        &self,
        lease: &Lease,
        page: &StoredPage,
        normalized: Normalized,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_as(lease).await?;
        let moved = sqlx::query(
            "UPDATE stages SET position = ?3 WHERE connection_id = ?1 AND run_id = ?2
             AND stage = 'normalize' AND position < ?3",
        )
        .bind(lease.connection.0)
        .bind(page.run.0)
        .bind(page.id.0)
        .execute(tx.conn())
        .await?;
        if moved.rows_affected() == 0 {
            return tx.commit().await;
        }
        let mut work = Work::begin(&mut tx, lease.connection, page).await?;
        let Normalized {
            records,
            rejections,
            rows: _,
        } = normalized;
        for rejection in &rejections {
            work.deltas.count(
                page.run,
                page.feed,
                Stage::Normalize,
                Outcome::Rejected(rejection.reason),
            );
        }
        let fine: Vec<i64> = match page.feed {
            Feed::Shops => shops::apply(&mut tx, &mut work, &records).await?,
            Feed::Vendors => vendors::apply(&mut tx, &mut work, &records).await?,
            Feed::Items => items::apply(&mut tx, &mut work, page, &records).await?,
            Feed::Stock => stock::apply(&mut tx, &mut work, &records).await?,
            Feed::Sales => sales::apply(&mut tx, &mut work, &records).await?,
        };
        let now = self.now_ms();
        rejections::resolve(
            &mut tx,
            lease.connection,
            Stage::Normalize,
            page.feed,
            &fine,
            now,
        )
        .await?;
        let rejections: Vec<NewRejection> = rejections
            .into_iter()
            .map(|r| NewRejection::of_row(page, r))
            .collect();
        rejections::store(&mut tx, lease.connection, page.run, &rejections, now).await?;
        let Work {
            deltas,
            touches,
            objects,
            ..
        } = work;
        touch_records(&mut tx, lease.connection, page.feed, &touches).await?;
        deltas.write(tx.conn()).await?;
        if !touches.is_empty() {
            queue::wake(&mut tx, self, lease.connection, RunId(0), Stage::Filter).await?;
        }
        if objects {
            queue::wake(&mut tx, self, lease.connection, RunId(0), Stage::Load).await?;
        }
        tx.commit().await
    }
}

/// What is known and gathered while a page is stored.
struct Work {
    connection: i64,
    run: RunId,
    feed: Feed,
    page: i64,
    observation: i64,
    settings_version: i64,
    deltas: Deltas,
    /// Records that filter must look at, with the run to credit.
    touches: Vec<(i64, Option<i64>)>,
    /// Whether objects were touched.
    objects: bool,
}

/// What is stored of a record that arrives again.
#[derive(Clone, Copy)]
struct Held {
    stored: Stored,
    version: i64,
    /// Whether there is a verdict of this version under the settings in force.
    decided: bool,
}

/// A record that will be written.
struct Write<'a> {
    normal: &'a Normal,
    id: i64,
    version: i64,
    new: bool,
}

/// The rows of a page sorted by what is to be done with them.
#[derive(Default)]
struct Sorted<'a> {
    writes: Vec<Write<'a>>,
    /// Same content, later observation.
    same: Vec<(&'a Normal, i64)>,
}

impl Work {
    async fn begin(
        tx: &mut WriteTx,
        connection: ConnectionId,
        page: &StoredPage,
    ) -> Result<Self, StoreError> {
        let settings_version =
            sqlx::query_scalar("SELECT settings_version FROM connections WHERE id = ?1")
                .bind(connection.0)
                .fetch_one(tx.conn())
                .await?;
        Ok(Self {
            connection: connection.0,
            run: page.run,
            feed: page.feed,
            page: page.id.0,
            observation: page.observation,
            settings_version,
            deltas: Deltas::default(),
            touches: Vec::new(),
            objects: false,
        })
    }

    /// Reads what is held of these ids. The statement names the columns `id`, `observation`,
    /// `changed_at`, `hash`, `version`, `decided` (version of the verdict), `decided_by` (its
    /// run), `settings` and `loaded`.
    async fn held(
        &self,
        tx: &mut WriteTx,
        sql: &'static str,
        ids: &[i64],
    ) -> Result<HashMap<i64, Held>, StoreError> {
        let rows = sqlx::query(sql)
            .bind(self.connection)
            .bind(json(ids))
            .fetch_all(tx.conn())
            .await?;
        let mut held = HashMap::with_capacity(rows.len());
        for row in rows {
            let version: i64 = row.try_get("version")?;
            // What waits is looked at again by itself, but for the run it waits in.
            let waits = row.try_get::<Option<&str>, _>("loaded")? == Some("waiting")
                && row.try_get::<Option<i64>, _>("decided_by")? != Some(self.run.0);
            let decided = row.try_get::<Option<i64>, _>("decided")? == Some(version)
                && row.try_get::<Option<i64>, _>("settings")? == Some(self.settings_version)
                && !waits;
            let stored = Stored {
                observation: row.try_get("observation")?,
                changed_at: row.try_get::<Option<i64>, _>("changed_at")?.map(instant),
                hash: row
                    .try_get::<Option<&[u8]>, _>("hash")?
                    .and_then(|h| ContentHash::try_from(h).ok()),
            };
            held.insert(
                row.try_get("id")?,
                Held {
                    stored,
                    version,
                    decided,
                },
            );
        }
        let open: Vec<i64> = held
            .iter()
            .filter(|(_, held)| !held.decided)
            .map(|(id, _)| *id)
            .collect();
        for id in self.touched(tx, &open).await? {
            held.entry(id).and_modify(|held| held.decided = true);
        }
        Ok(held)
    }

    /// Those of these records that this run has touched and filter has not come to yet: what they
    /// become will be credited once, however often the run reads them.
    async fn touched(&self, tx: &mut WriteTx, ids: &[i64]) -> Result<Vec<i64>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Ok(sqlx::query_scalar(
            "SELECT DISTINCT record_id FROM record_touches
             WHERE connection_id = ?1 AND feed = ?3 AND run_id = ?4
               AND record_id IN (SELECT value FROM json_each(?2))",
        )
        .bind(self.connection)
        .bind(json(ids))
        .bind(self.feed.name())
        .bind(self.run.0)
        .fetch_all(tx.conn())
        .await?)
    }

    /// Sorts the rows of a page, counts each, and touches those that filter must look at.
    ///
    /// A record that stands twice in a page counts as unchanged the first time: its last row is
    /// the newest. `moved` says of a record with the same content whether something beside it
    /// changed that makes it another version.
    fn sort<'a>(
        &mut self,
        records: &'a [Normal],
        id_of: impl Fn(&Normal) -> i64,
        held: &HashMap<i64, Held>,
        moved: impl Fn(i64) -> bool,
    ) -> Sorted<'a> {
        let last: HashMap<i64, usize> = records
            .iter()
            .enumerate()
            .map(|(place, normal)| (id_of(normal), place))
            .collect();
        let mut sorted = Sorted::default();
        for (place, normal) in records.iter().enumerate() {
            let id = id_of(normal);
            if last.get(&id) != Some(&place) {
                self.count(Outcome::Unchanged);
                continue;
            }
            let known = held.get(&id).copied();
            let incoming = Incoming {
                observation: self.observation,
                changed_at: normal.changed_at,
                hash: normal.hash,
            };
            let version = known.map_or(0, |known| known.version);
            match arrival(known.map(|known| known.stored), incoming) {
                Arrival::New => sorted.writes.push(Write {
                    normal,
                    id,
                    version: 1,
                    new: true,
                }),
                Arrival::Changed => {
                    sorted.writes.push(Write {
                        normal,
                        id,
                        version: version + 1,
                        new: false,
                    });
                }
                Arrival::Same if moved(id) => {
                    sorted.writes.push(Write {
                        normal,
                        id,
                        version: version + 1,
                        new: false,
                    });
                }
                Arrival::Same => {
                    sorted.same.push((normal, id));
                    if known.is_some_and(|known| known.decided) {
                        self.count(Outcome::Unchanged);
                        continue;
                    }
                }
                Arrival::Stale if moved(id) => {}
                Arrival::Stale => {
                    self.count(Outcome::Unchanged);
                    continue;
                }
            }
            self.count(Outcome::Passed);
            self.touches.push((id, Some(self.run.0)));
        }
        sorted
    }

    fn count(&mut self, outcome: Outcome) {
        self.deltas
            .count(self.run, self.feed, Stage::Normalize, outcome);
    }

    /// Moves the observation of records with the same content, so that an older page cannot win
    /// against them later.
    async fn note_same(
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
            .map(|(normal, id)| (*id, normal.changed_at.map(crate::instant::millis)))
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
    async fn fan_out(
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

    /// Writes rows with the parameters every upsert takes: connection, rows, observation, page.
    async fn upsert<T: serde::Serialize>(
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

pub(crate) async fn touch_records(
    tx: &mut WriteTx,
    connection: ConnectionId,
    feed: Feed,
    touches: &[(i64, Option<i64>)],
) -> Result<(), StoreError> {
    if touches.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO record_touches (connection_id, feed, record_id, run_id)
         SELECT ?1, ?3, value ->> 0, value ->> 1 FROM json_each(?2)",
    )
    .bind(connection.0)
    .bind(json(touches))
    .bind(feed.name())
    .execute(tx.conn())
    .await?;
    Ok(())
}
