//! Which version of a record stays, and who must look at it.

use super::work::Work;
use crate::batch::json;
use crate::error::StoreError;
use crate::instant::instant;
use crate::store::WriteTx;
use pipeline::hash::ContentHash;
use pipeline::newest::{Arrival, Incoming, Stored, arrival};
use pipeline::normalize::Normal;
use pipeline::outcome::Outcome;
use std::collections::HashMap;

const TOUCHED: &str = "
    SELECT DISTINCT record_id FROM record_touches
    WHERE connection_id = ?1 AND feed = ?3 AND run_id = ?4
      AND record_id IN (SELECT value FROM json_each(?2))";

/// What is stored of a record that arrives again.
#[derive(Clone, Copy)]
pub(super) struct Held {
    stored: Stored,
    version: i64,
    /// Whether there is a verdict of this version under the settings in force.
    decided: bool,
}

/// What is held of a record: its id, observation, change time, hash in hex and version; of its
/// verdict the version, run, settings and what load made of it.
type HeldRow<'a> = (
    i64,
    i64,
    Option<i64>,
    &'a str,
    i64,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<&'a str>,
);

/// The hash that these digits are; none are of a version that must not count as the same.
fn hash_of(hex: &str) -> Option<ContentHash> {
    let whole = hex.len() == 2 * size_of::<ContentHash>();
    let digits = Some(hex).filter(|_| whole)?;
    Some(u128::from_str_radix(digits, 16).ok()?.to_be_bytes())
}

/// A record that will be written.
pub(super) struct Write<'a> {
    pub(super) normal: &'a Normal,
    pub(super) id: i64,
    pub(super) version: i64,
    pub(super) new: bool,
}

/// The rows of a page sorted by what is to be done with them.
#[derive(Default)]
pub(super) struct Sorted<'a> {
    pub(super) writes: Vec<Write<'a>>,
    /// Same content, later observation.
    pub(super) same: Vec<(&'a Normal, i64)>,
}

impl Work {
    /// Reads what is held of these ids. The statement answers with a list of [`HeldRow`]s as JSON:
    /// each row of an answer has its own way from the database's thread to this one, and most of a
    /// page is held in an account that is followed.
    pub(super) async fn held(
        &self,
        tx: &mut WriteTx,
        sql: &'static str,
        ids: &[i64],
    ) -> Result<HashMap<i64, Held>, StoreError> {
        let rows: String = sqlx::query_scalar(sql)
            .bind(self.connection)
            .bind(json(ids))
            .fetch_one(tx.conn())
            .await?;
        let rows: Vec<HeldRow<'_>> = serde_json::from_str(&rows)
            .map_err(|error| StoreError::Database(sqlx::Error::Decode(Box::new(error))))?;
        let mut held = HashMap::with_capacity(rows.len());
        for (id, observation, changed_at, hash, version, decided, by, settings, loaded) in rows {
            // What waits is looked at again by itself, but for the run it waits in.
            let waits = loaded == Some("waiting") && by != Some(self.run.0);
            let decided =
                decided == Some(version) && settings == Some(self.settings_version) && !waits;
            let stored = Stored {
                observation,
                changed_at: changed_at.map(instant),
                hash: hash_of(hash),
            };
            held.insert(
                id,
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
        Ok(sqlx::query_scalar(TOUCHED)
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
    pub(super) fn sort<'a>(
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
}
