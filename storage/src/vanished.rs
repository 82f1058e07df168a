//! Items and vendors that a complete walk did not return.
//!
//! A walk is complete when its end was proven and normalize has carried through all its pages. Few
//! missing records are gone. So many that something else is likelier wrong change nothing until
//! two complete walks in a row agree and a person does (DESIGN 5).

use crate::batch::{json, run};
use crate::error::StoreError;
use crate::events::event_in;
use crate::fan_out;
use crate::instant::instant;
use crate::missing;
use crate::open_orders;
use crate::queue;
use crate::store::{Store, WriteTx};
use crate::trip::Trip;
use chrono::{DateTime, Utc};
use pipeline::id::{ConnectionId, RunId};
use pipeline::{Feed, Stage};
use sqlx::Row;

/// Up to this many missing records are believed, unless they are all there are.
const MISSING_MAX: i64 = 20;

/// Or this share of them: one in so many.
const MISSING_SHARE: i64 = 20;

/// Complete walks that must agree before a person may accept what they miss.
const WALKS_MIN: i64 = 2;

/// Too much was missing, and nobody has accepted it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingGuard {
    /// The feed.
    pub feed: Feed,
    /// Complete walks in a row that found too much missing.
    pub walks: i64,
    /// Records that were known before the last of them.
    pub known: i64,
    /// Records that none of these walks returned.
    pub missing: i64,
    /// When the first of these walks was looked through.
    pub since: DateTime<Utc>,
}

impl MissingGuard {
    /// Whether a person may accept it by now.
    pub fn may_be_accepted(&self) -> bool {
        self.walks >= WALKS_MIN
    }

    /// How many walks in a row must have missed a record for it to be counted as missing.
    pub fn counted(&self) -> i64 {
        self.walks.min(WALKS_MIN)
    }
}

/// The statements of a feed.
struct Looked {
    feed: Feed,
    /// Known before the walk.
    known: &'static str,
    /// Counts one more walk that missed them, and returns those it missed.
    miss: &'static str,
    /// Those that as many walks in a row missed.
    missed: &'static str,
    vanish: &'static str,
}

const ITEMS: Looked = Looked {
    feed: Feed::Items,
    known: "
        SELECT count(*) FROM source_items
        WHERE connection_id = ?1 AND first_observation <= ?2 AND vanished_at IS NULL",
    miss: "
        UPDATE source_items SET missing_walks = missing_walks + 1
        WHERE connection_id = ?1 AND first_observation <= ?2 AND observation <= ?2
          AND vanished_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM rejections r
                          WHERE r.connection_id = ?1 AND r.stage IN ('normalize', 'extract')
                            AND r.feed = 'items' AND r.record_id = source_items.item_id
                            AND r.run_id = ?3)
        RETURNING item_id",
    missed: "
        SELECT item_id FROM source_items
        WHERE connection_id = ?1 AND missing_walks >= ?2 AND vanished_at IS NULL",
    vanish: "
        UPDATE source_items SET vanished_at = ?3, missing_walks = 0,
               observation = max(observation, ?4)
        WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))",
};

const VENDORS: Looked = Looked {
    feed: Feed::Vendors,
    known: "
        SELECT count(*) FROM source_vendors
        WHERE connection_id = ?1 AND first_observation <= ?2 AND vanished_at IS NULL",
    miss: "
        UPDATE source_vendors SET missing_walks = missing_walks + 1
        WHERE connection_id = ?1 AND first_observation <= ?2 AND observation <= ?2
          AND vanished_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM rejections r
                          WHERE r.connection_id = ?1 AND r.stage IN ('normalize', 'extract')
                            AND r.feed = 'vendors' AND r.record_id = source_vendors.vendor_id
                            AND r.run_id = ?3)
        RETURNING vendor_id",
    missed: "
        SELECT vendor_id FROM source_vendors
        WHERE connection_id = ?1 AND missing_walks >= ?2 AND vanished_at IS NULL",
    vanish: "
        UPDATE source_vendors SET vanished_at = ?3, missing_walks = 0,
               observation = max(observation, ?4)
        WHERE connection_id = ?1 AND vendor_id IN (SELECT value FROM json_each(?2))",
};

impl Looked {
    fn of(feed: Feed) -> &'static Looked {
        match feed {
            Feed::Items => &ITEMS,
            _ => &VENDORS,
        }
    }
}

/// Walks that ended with proof and were not looked through yet, of runs whose pages normalize has
/// carried through.
const COMPLETE: &str = "
    SELECT r.id, f.feed, f.after_observation FROM runs r
    JOIN feed_runs f ON f.run_id = r.id
    WHERE r.connection_id = ?1 AND r.state = 'open' AND r.kind IN ('backfill', 'sweep')
      AND r.extracted_at IS NOT NULL AND f.state = 'done' AND f.judged_at IS NULL
      AND f.after_observation IS NOT NULL AND f.feed IN ('items', 'vendors')
      AND NOT EXISTS (SELECT 1 FROM stages s JOIN pages p
                      ON p.run_id = s.run_id AND p.id > s.position
                      WHERE s.connection_id = ?1 AND s.run_id = r.id AND s.stage = 'normalize')";

/// Looks the complete walks of open runs through for what they did not return.
pub(crate) async fn look_through(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
) -> Result<(), StoreError> {
    let mut trip = Trip::default();
    open_orders::lists_on(&mut trip, connection, store.now_ms());
    trip.ask(COMPLETE).bind(connection.0);
    let mut told = trip.make(tx.conn()).await?;
    open_orders::want_closed_orders(tx, store, connection, &mut told).await?;
    for walk in told.next().rows {
        let (run, after) = (RunId(walk.try_get(0)?), walk.try_get::<i64, _>(2)?);
        let looked = match walk.try_get::<&str, _>(1)? {
            "items" => Looked::of(Feed::Items),
            _ => Looked::of(Feed::Vendors),
        };
        let now = store.now_ms();
        look(tx, store, connection, looked, run, after).await?;
        sqlx::query("UPDATE feed_runs SET judged_at = ?3 WHERE run_id = ?1 AND feed = ?2")
            .bind(run.0)
            .bind(looked.feed.name())
            .bind(now)
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

async fn look(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    looked: &Looked,
    run: RunId,
    after: i64,
) -> Result<(), StoreError> {
    let known: i64 = sqlx::query_scalar(looked.known)
        .bind(connection.0)
        .bind(after)
        .fetch_one(tx.conn())
        .await?;
    if known == 0 {
        return Ok(());
    }
    let missing: Vec<i64> = sqlx::query_scalar(looked.miss)
        .bind(connection.0)
        .bind(after)
        .bind(run.0)
        .fetch_all(tx.conn())
        .await?;
    let count = i64::try_from(missing.len()).unwrap_or(i64::MAX);
    let too_many = count > MISSING_MAX && count.saturating_mul(MISSING_SHARE) > known;
    if too_many || count == known {
        return guard(tx, store, connection, looked, run, known).await;
    }
    forget_guard(tx, store, connection, looked.feed).await?;
    vanish(tx, store, connection, looked, Some(run), &missing, after).await
}

/// Notes that too much is missing, and tells it.
async fn guard(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    looked: &Looked,
    run: RunId,
    known: i64,
) -> Result<(), StoreError> {
    let feed = looked.feed;
    let now = store.now_ms();
    let walks: i64 = sqlx::query_scalar(
        "INSERT INTO missing_guards (connection_id, feed, run_id, walks, known, missing, since_at)
         VALUES (?1, ?2, ?3, 1, ?4, 0, ?5)
         ON CONFLICT (connection_id, feed) DO UPDATE SET
             run_id = excluded.run_id, walks = walks + 1, known = excluded.known
         RETURNING walks",
    )
    .bind(connection.0)
    .bind(feed.name())
    .bind(run.0)
    .bind(known)
    .bind(now)
    .fetch_one(tx.conn())
    .await?;
    let missing: Vec<i64> = sqlx::query_scalar(looked.missed)
        .bind(connection.0)
        .bind(walks.min(WALKS_MIN))
        .fetch_all(tx.conn())
        .await?;
    let missing = i64::try_from(missing.len()).unwrap_or(i64::MAX);
    sqlx::query("UPDATE missing_guards SET missing = ?3 WHERE connection_id = ?1 AND feed = ?2")
        .bind(connection.0)
        .bind(feed.name())
        .bind(missing)
        .execute(tx.conn())
        .await?;
    missing::raise_in(tx, store, connection, feed, (missing, known, walks)).await?;
    let text = format!(
        "{missing} of {known} {feed} are missing from a complete read, which is too many to be \
         believed: nothing was taken away ({walks} complete reads agree)"
    );
    event_in(
        tx.conn(),
        connection,
        Some(run),
        "too_much_missing",
        &text,
        now,
    )
    .await
}

async fn forget_guard(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    feed: Feed,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM missing_guards WHERE connection_id = ?1 AND feed = ?2")
        .bind(connection.0)
        .bind(feed.name())
        .execute(tx.conn())
        .await?;
    missing::clear_in(tx, store, connection, feed).await
}

/// Marks records as vanished and touches what depends on them.
async fn vanish(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    looked: &Looked,
    by: Option<RunId>,
    ids: &[i64],
    after: i64,
) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let now = store.now_ms();
    sqlx::query(looked.vanish)
        .bind(connection.0)
        .bind(json(ids))
        .bind(now)
        .bind(after)
        .execute(tx.conn())
        .await?;
    sqlx::query(
        "INSERT INTO record_touches (connection_id, feed, record_id)
         SELECT ?1, ?3, value FROM json_each(?2)",
    )
    .bind(connection.0)
    .bind(json(ids))
    .bind(looked.feed.name())
    .execute(tx.conn())
    .await?;
    let concerned: &[&'static str] = if looked.feed == Feed::Items {
        &[
            fan_out::SALES_OF_ITEMS,
            fan_out::ORDERS_OF_ITEMS,
            fan_out::PARENTS_OF_ITEMS,
            fan_out::PAIRS_OF_ITEMS,
            fan_out::PARTS_OF_ITEMS,
        ]
    } else {
        &[fan_out::PAIRS_OF_VENDORS, fan_out::ORDERS_OF_VENDORS]
    };
    for sql in concerned {
        run(tx.conn(), sql, connection.0, ids).await?;
    }
    let feed = looked.feed;
    let text = format!("{} {feed} are no longer in Lightspeed", ids.len());
    event_in(tx.conn(), connection, by, "vanished", &text, now).await?;
    for stage in [Stage::Filter, Stage::Load] {
        queue::wake(tx, store, connection, RunId(0), stage).await?;
    }
    Ok(())
}

impl Store {
    /// Where too much was missing and nobody has accepted it yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn missing_guards(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<MissingGuard>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT feed, walks, known, missing, since_at FROM missing_guards
             WHERE connection_id = ?1 ORDER BY feed",
        )
        .bind(connection.0)
        .fetch_all(reader.conn())
        .await?;
        rows.iter()
            .map(|row| {
                let feed: String = row.try_get(0)?;
                Ok(MissingGuard {
                    feed: feed.parse().map_err(|_| StoreError::Inconsistent {
                        table: "missing_guards",
                        column: "feed",
                        row: connection.to_string(),
                        found: feed,
                    })?,
                    walks: row.try_get(1)?,
                    known: row.try_get(2)?,
                    missing: row.try_get(3)?,
                    since: instant(row.try_get(4)?),
                })
            })
            .collect()
    }

    /// A person agrees that what two complete walks missed is gone. Returns how many records that
    /// were; feeds of which only one walk found too much missing stay as they are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accept_missing(&self, connection: ConnectionId) -> Result<usize, StoreError> {
        let guards = self.missing_guards(connection).await?;
        let mut tx = self.write().await?;
        let mut accepted = 0;
        for guard in guards.iter().filter(|guard| guard.may_be_accepted()) {
            let looked = Looked::of(guard.feed);
            let ids: Vec<i64> = sqlx::query_scalar(looked.missed)
                .bind(connection.0)
                .bind(WALKS_MIN)
                .fetch_all(tx.conn())
                .await?;
            vanish(&mut tx, self, connection, looked, None, &ids, 0).await?;
            forget_guard(&mut tx, self, connection, guard.feed).await?;
            accepted += ids.len();
        }
        tx.commit().await?;
        Ok(accepted)
    }
}
