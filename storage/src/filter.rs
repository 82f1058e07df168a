//! What filter reads and writes: touched records with the facts that decide on them, verdicts,
//! and the touches of the objects they concern.

use crate::batch::json;
use crate::error::StoreError;
use crate::instant::instant;
use crate::leases::Lease;
use crate::ledger::Deltas;
use crate::queue;
use crate::store::{Store, WriteTx};
use pipeline::filter::{Lifecycle, LineFact, SaleHead, Verdict};
use pipeline::id::{ConnectionId, ItemId, ItemShopId, RunId, ShopId};
use pipeline::outcome::Outcome;
use pipeline::record::{ItemKind, StockRow};
use pipeline::settings::Settings;
use pipeline::{Feed, Reason, Stage};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::HashMap;

/// Records to be decided on, in the sequence of their touches.
#[derive(Clone, Debug)]
pub struct FilterWork {
    /// The settings in force, and their version.
    pub settings: Settings,
    settings_version: i64,
    up_to: i64,
    /// One per record.
    pub subjects: Vec<Subject>,
}

/// A touched record.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its feed.
    pub feed: Feed,
    /// Its id.
    pub id: i64,
    /// What decides on it; `None` when it is no longer held.
    pub facts: Option<Facts>,
    version: i64,
    /// Runs to credit, in the sequence of their touches.
    credits: Vec<RunId>,
    former: Option<Former>,
}

/// The facts that decide on a record.
#[derive(Clone, Debug)]
pub enum Facts {
    /// Reference data: always kept.
    Shop,
    /// A vendor.
    Vendor {
        /// Whether it is archived.
        archived: bool,
        /// Whether it was ever a supplier.
        loaded: bool,
    },
    /// An item.
    Item {
        /// Its kind.
        kind: ItemKind,
        /// Whether it is archived.
        archived: bool,
        /// Whether it was ever a product, and whether an order needs it.
        lifecycle: Lifecycle,
    },
    /// A stock row of the stock feed.
    Stock(StockRow),
    /// A sale.
    Sale {
        /// What decides whether it counts.
        head: SaleHead,
        /// Its lines.
        lines: Vec<LineFact>,
    },
}

/// The verdict a record had before.
#[derive(Clone, Debug)]
struct Former {
    run: RunId,
    run_open: bool,
    kept: bool,
    reason: Option<Reason>,
    loaded: Option<Outcome>,
}

impl Store {
    /// Reads the next records that filter must look at; empty when there are none.
    ///
    /// # Errors
    /// When the database fails or holds something impossible.
    pub async fn filter_work(
        &self,
        connection: ConnectionId,
        limit: i64,
    ) -> Result<FilterWork, StoreError> {
        let current = self.current_settings(connection).await?;
        let mut reader = self.read().await?;
        let conn = reader.conn();
        let rows = sqlx::query(
            "SELECT t.seq, t.feed, t.record_id, t.run_id,
                    v.run_id AS old_run, v.filtered, v.filter_reason, v.loaded, v.load_reason,
                    coalesce(r.state = 'open', 0) AS run_open
             FROM (SELECT * FROM record_touches WHERE connection_id = ?1 ORDER BY seq LIMIT ?2) t
             LEFT JOIN verdicts v ON v.connection_id = ?1 AND v.feed = t.feed
                                 AND v.record_id = t.record_id
             LEFT JOIN runs r ON r.id = v.run_id
             ORDER BY t.seq",
        )
        .bind(connection.0)
        .bind(limit)
        .fetch_all(&mut *conn)
        .await?;
        let mut subjects: Vec<Subject> = Vec::with_capacity(rows.len());
        let mut places: HashMap<(Feed, i64), usize> = HashMap::with_capacity(rows.len());
        let mut up_to = 0;
        for row in &rows {
            up_to = row.try_get("seq")?;
            let feed = feed_of(row.try_get("feed")?)?;
            let id: i64 = row.try_get("record_id")?;
            let place = match places.get(&(feed, id)) {
                Some(place) => *place,
                None => {
                    places.insert((feed, id), subjects.len());
                    let former = former(row)?;
                    subjects.push(Subject {
                        feed,
                        id,
                        facts: None,
                        version: 0,
                        credits: Vec::new(),
                        former,
                    });
                    subjects.len() - 1
                }
            };
            if let Some(run) = row.try_get::<Option<i64>, _>("run_id")? {
                subjects[place].credits.push(RunId(run));
            }
        }
        for feed in Feed::ALL {
            let ids: Vec<i64> = subjects
                .iter()
                .filter(|s| s.feed == feed)
                .map(|s| s.id)
                .collect();
            if ids.is_empty() {
                continue;
            }
            for (id, version, facts) in facts(conn, connection.0, feed, &ids).await? {
                if let Some(place) = places.get(&(feed, id)) {
                    subjects[*place].version = version;
                    subjects[*place].facts = Some(facts);
                }
            }
        }
        Ok(FilterWork {
            settings: current.settings,
            settings_version: current.version,
            up_to,
            subjects,
        })
    }

    /// Writes the verdicts of `work`, in its order, and consumes its touches. Returns whether it
    /// did; `false` means that the settings changed meanwhile and the work must be read again.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn commit_verdicts(
        &self,
        lease: &Lease,
        work: &FilterWork,
        verdicts: &[Option<Verdict>],
    ) -> Result<bool, StoreError> {
        let mut tx = self.write_as(lease).await?;
        let in_force: i64 =
            sqlx::query_scalar("SELECT settings_version FROM connections WHERE id = ?1")
                .bind(lease.connection.0)
                .fetch_one(tx.conn())
                .await?;
        if in_force != work.settings_version {
            return Ok(false);
        }
        sqlx::query("DELETE FROM record_touches WHERE connection_id = ?1 AND seq <= ?2")
            .bind(lease.connection.0)
            .bind(work.up_to)
            .execute(tx.conn())
            .await?;
        let mut written = Written::default();
        for (subject, verdict) in work.subjects.iter().zip(verdicts) {
            match verdict {
                Some(verdict) => written.decide(subject, *verdict, work.settings_version),
                // A stock row that its item no longer has: there is nothing left to decide on.
                None => subject.credits.iter().for_each(|run| {
                    written
                        .deltas
                        .count(*run, subject.feed, Stage::Filter, Outcome::Unchanged);
                }),
            }
        }
        let now = self.now_ms();
        written.write(&mut tx, lease.connection, now).await?;
        let sales: Vec<i64> = work
            .subjects
            .iter()
            .filter(|s| s.feed == Feed::Sales)
            .map(|s| s.id)
            .collect();
        touch_related(&mut tx, lease.connection, &sales).await?;
        queue::wake(&mut tx, self, lease.connection, RunId(0), Stage::Load).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// A row of `verdicts`: feed, record, version, settings, run, filtered, reason, loaded, load reason.
type VerdictRow = (
    &'static str,
    i64,
    i64,
    i64,
    i64,
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
    Option<&'static str>,
);

/// A row of `object_touches`: object, id, feed, record, run.
type TouchRow = (
    &'static str,
    i64,
    Option<&'static str>,
    Option<i64>,
    Option<i64>,
);

#[derive(Default)]
struct Written {
    deltas: Deltas,
    verdicts: Vec<VerdictRow>,
    touches: Vec<TouchRow>,
    uncredited: Vec<(&'static str, i64)>,
}

impl Written {
    fn decide(&mut self, subject: &Subject, verdict: Verdict, settings_version: i64) {
        let (feed, id) = (subject.feed, subject.id);
        let outcome = match verdict.reason() {
            None => Outcome::Passed,
            Some(reason) => Outcome::Dropped(reason),
        };
        let former = subject.former.as_ref();
        let was_kept = former.is_some_and(|former| former.kept);
        let mut credit = subject.credits.last().copied();
        let mut loaded = None;
        if let Some((last, earlier)) = subject.credits.split_last() {
            // Touched more than once before anybody looked: one look decides for all.
            for run in earlier {
                self.deltas
                    .count(*run, feed, Stage::Filter, Outcome::Unchanged);
            }
            self.deltas.count(*last, feed, Stage::Filter, outcome);
            // A row that waited is overtaken by a later row of its record.
            if let Some((former, waited @ Outcome::Waiting(_))) =
                former.and_then(|former| Some((former, former.loaded?)))
            {
                self.deltas.outcome(former.run, feed, Stage::Load, waited, -1);
                self.deltas.outcome(former.run, feed, Stage::Load, Outcome::Unchanged, 1);
            }
        } else if let Some(former) = former {
            (credit, loaded) = self.redecide(subject, former, outcome);
        }
        let object = object_of(feed);
        let object_id = match &subject.facts {
            Some(Facts::Stock(row)) => row.item.0,
            _ => id,
        };
        if verdict.keeps() {
            self.touches.push(match credit {
                Some(run) => (object, object_id, Some(feed.name()), Some(id), Some(run.0)),
                None => (object, object_id, None, None, None),
            });
        } else if was_kept {
            self.touches.push((object, object_id, None, None, None));
        }
        let run = subject
            .credits
            .last()
            .copied()
            .or(former.map(|former| former.run));
        self.verdicts.push((
            feed.name(),
            id,
            subject.version,
            settings_version,
            run.map_or(0, |run| run.0),
            if verdict.keeps() { "keep" } else { "drop" },
            verdict.reason().map(Reason::code),
            loaded.map(Outcome::name),
            loaded.and_then(Outcome::reason).map(Reason::code),
        ));
    }

    /// A look that nobody is credited for, because something else changed. While the run of the
    /// former verdict is open its arithmetic follows the new one, so that a run that has ended
    /// tells what became of its records. Returns the run to credit at load and the outcome there.
    fn redecide(
        &mut self,
        subject: &Subject,
        former: &Former,
        outcome: Outcome,
    ) -> (Option<RunId>, Option<Outcome>) {
        let feed = subject.feed;
        let old = match former.reason {
            Some(reason) => Outcome::Dropped(reason),
            None => Outcome::Passed,
        };
        if old == outcome {
            return (None, former.loaded);
        }
        if !former.run_open {
            return (None, None);
        }
        self.deltas
            .outcome(former.run, feed, Stage::Filter, old, -1);
        self.deltas
            .outcome(former.run, feed, Stage::Filter, outcome, 1);
        match (old, former.loaded) {
            (Outcome::Passed, Some(loaded)) => {
                self.deltas.entered(former.run, feed, Stage::Load, -1);
                self.deltas
                    .outcome(former.run, feed, Stage::Load, loaded, -1);
            }
            (Outcome::Passed, None) => self.uncredited.push((feed.name(), subject.id)),
            _ => {}
        }
        ((outcome == Outcome::Passed).then_some(former.run), None)
    }

    async fn write(
        self,
        tx: &mut WriteTx,
        connection: ConnectionId,
        now: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO verdicts (connection_id, feed, record_id, version, settings_version, run_id,
                                   filtered, filter_reason, loaded, load_reason, decided_at)
             SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
                    value ->> 5, value ->> 6, value ->> 7, value ->> 8, ?3
             FROM json_each(?2) WHERE true
             ON CONFLICT (connection_id, feed, record_id) DO UPDATE SET
                 version = excluded.version, settings_version = excluded.settings_version,
                 run_id = excluded.run_id, filtered = excluded.filtered,
                 filter_reason = excluded.filter_reason, loaded = excluded.loaded,
                 load_reason = excluded.load_reason, decided_at = excluded.decided_at",
        )
        .bind(connection.0)
        .bind(json(&self.verdicts))
        .bind(now)
        .execute(tx.conn())
        .await?;
        if !self.uncredited.is_empty() {
            sqlx::query(
                "UPDATE object_touches SET run_id = NULL, feed = NULL, record_id = NULL
                 WHERE connection_id = ?1 AND (feed, record_id) IN
                       (SELECT value ->> 0, value ->> 1 FROM json_each(?2))",
            )
            .bind(connection.0)
            .bind(json(&self.uncredited))
            .execute(tx.conn())
            .await?;
        }
        touch_objects(tx, connection, &self.touches).await?;
        self.deltas.write(tx.conn()).await
    }
}

async fn touch_objects(
    tx: &mut WriteTx,
    connection: ConnectionId,
    touches: &[TouchRow],
) -> Result<(), StoreError> {
    if touches.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO object_touches (connection_id, object, object_id, feed, record_id, run_id)
         SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
         FROM json_each(?2)",
    )
    .bind(connection.0)
    .bind(json(touches))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Touches the orders that a changed sale bears on: of the sales its lines refer to, of the sales
/// whose lines refer to its lines, and, since a return chooses among them, of the sales those
/// refer to.
async fn touch_related(
    tx: &mut WriteTx,
    connection: ConnectionId,
    sales: &[i64],
) -> Result<(), StoreError> {
    if sales.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "WITH touched AS MATERIALIZED (SELECT value AS sale_id FROM json_each(?2)),
              mine AS MATERIALIZED (
                  SELECT l.line_id, l.parent_id, l.fee FROM touched t
                  CROSS JOIN source_sale_lines l ON l.connection_id = ?1 AND l.sale_id = t.sale_id),
              children AS MATERIALIZED (
                  SELECT c.sale_id FROM mine m CROSS JOIN source_sale_lines c
                  ON c.connection_id = ?1 AND c.parent_id = m.line_id
                     AND c.parent_id IS NOT NULL AND c.fee = 0),
              related AS (
                  SELECT p.sale_id FROM mine m CROSS JOIN source_sale_lines p
                  ON p.connection_id = ?1 AND p.line_id = m.parent_id WHERE m.fee = 0
                  UNION SELECT sale_id FROM children
                  UNION SELECT p.sale_id FROM children ch
                  CROSS JOIN source_sale_lines c ON c.connection_id = ?1 AND c.sale_id = ch.sale_id
                  CROSS JOIN source_sale_lines p ON p.connection_id = ?1 AND p.line_id = c.parent_id)
         INSERT INTO object_touches (connection_id, object, object_id)
         SELECT ?1, 'sell_order', sale_id FROM related
         WHERE sale_id NOT IN (SELECT sale_id FROM touched)",
    )
    .bind(connection.0)
    .bind(json(sales))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The object a feed's records become.
pub(crate) fn object_of(feed: Feed) -> &'static str {
    match feed {
        Feed::Shops => "shop",
        Feed::Vendors => "supplier",
        Feed::Items | Feed::Stock => "product",
        Feed::Sales => "sell_order",
    }
}

async fn facts(
    conn: &mut SqliteConnection,
    connection: i64,
    feed: Feed,
    ids: &[i64],
) -> Result<Vec<(i64, i64, Facts)>, StoreError> {
    let sql = match feed {
        Feed::Shops => {
            "SELECT shop_id, version FROM source_shops
             WHERE connection_id = ?1 AND shop_id IN (SELECT value FROM json_each(?2))"
        }
        Feed::Vendors => {
            "SELECT s.vendor_id, s.version, s.archived, EXISTS (
                 SELECT 1 FROM model_suppliers m
                 WHERE m.connection_id = ?1 AND m.vendor_id = s.vendor_id) AS loaded
             FROM source_vendors s
             WHERE s.connection_id = ?1 AND s.vendor_id IN (SELECT value FROM json_each(?2))"
        }
        Feed::Items => {
            "SELECT s.item_id, s.version, s.archived, s.kind,
                 EXISTS (SELECT 1 FROM model_products m
                         WHERE m.connection_id = ?1 AND m.item_id = s.item_id) AS loaded,
                 EXISTS (SELECT 1 FROM model_sell_order_lines l
                         WHERE l.connection_id = ?1 AND l.item_id = s.item_id) AS needed
             FROM source_items s
             WHERE s.connection_id = ?1 AND s.item_id IN (SELECT value FROM json_each(?2))"
        }
        Feed::Stock => {
            "SELECT row_id, version, item_id, shop_id, on_hand, reorder_point, transfer_in
             FROM source_stock
             WHERE connection_id = ?1 AND row_id IN (SELECT value FROM json_each(?2))"
        }
        Feed::Sales => return sale_facts(conn, connection, ids).await,
    };
    let rows = sqlx::query(sql)
        .bind(connection)
        .bind(json(ids))
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let facts = match feed {
                Feed::Vendors => Facts::Vendor {
                    archived: row.try_get("archived")?,
                    loaded: row.try_get("loaded")?,
                },
                Feed::Items => Facts::Item {
                    kind: ItemKind::from_name(row.try_get("kind")?),
                    archived: row.try_get("archived")?,
                    lifecycle: Lifecycle {
                        loaded: row.try_get("loaded")?,
                        needed: row.try_get("needed")?,
                    },
                },
                Feed::Stock => Facts::Stock(StockRow {
                    id: ItemShopId(row.try_get("row_id")?),
                    item: ItemId(row.try_get("item_id")?),
                    shop: Some(row.try_get("shop_id")?)
                        .filter(|id| *id != 0)
                        .map(ShopId),
                    on_hand: row.try_get("on_hand")?,
                    reorder_point: row.try_get("reorder_point")?,
                    transfer_in: row.try_get("transfer_in")?,
                    changed_at: None,
                }),
                Feed::Shops | Feed::Sales => Facts::Shop,
            };
            Ok((row.try_get(0)?, row.try_get("version")?, facts))
        })
        .collect()
}

async fn sale_facts(
    conn: &mut SqliteConnection,
    connection: i64,
    ids: &[i64],
) -> Result<Vec<(i64, i64, Facts)>, StoreError> {
    let ids = json(ids);
    let mut lines: HashMap<i64, Vec<LineFact>> = HashMap::new();
    let rows = sqlx::query(
        "SELECT sale_id, item_id, shop_id, fee, quantity FROM source_sale_lines
         WHERE connection_id = ?1 AND sale_id IN (SELECT value FROM json_each(?2))",
    )
    .bind(connection)
    .bind(&ids)
    .fetch_all(&mut *conn)
    .await?;
    for row in rows {
        lines.entry(row.try_get(0)?).or_default().push(LineFact {
            item: row.try_get::<Option<i64>, _>(1)?.map(ItemId),
            shop: row.try_get::<Option<i64>, _>(2)?.map(ShopId),
            fee: row.try_get(3)?,
            quantity: row.try_get(4)?,
        });
    }
    let heads = sqlx::query(
        "SELECT sale_id, version, shop_id, completed, voided, archived,
                created_at, completed_at, stamped_at
         FROM source_sales
         WHERE connection_id = ?1 AND sale_id IN (SELECT value FROM json_each(?2))",
    )
    .bind(connection)
    .bind(&ids)
    .fetch_all(conn)
    .await?;
    heads
        .iter()
        .map(|row| {
            let id: i64 = row.try_get(0)?;
            let lines = lines.remove(&id).unwrap_or_default();
            Ok((
                id,
                row.try_get("version")?,
                Facts::Sale {
                    head: sale_head(row)?,
                    lines,
                },
            ))
        })
        .collect()
}

/// The head of a sale from a row that holds its columns.
pub(crate) fn sale_head(row: &SqliteRow) -> Result<SaleHead, StoreError> {
    let at = |column: &str| -> Result<Option<_>, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(instant))
    };
    let completed: bool = row.try_get("completed")?;
    let (created, done, stamped) = (at("created_at")?, at("completed_at")?, at("stamped_at")?);
    Ok(SaleHead {
        shop: row.try_get::<Option<i64>, _>("shop_id")?.map(ShopId),
        completed,
        voided: row.try_get("voided")?,
        archived: row.try_get("archived")?,
        placed: pipeline::record::placed(completed, created, done, stamped),
    })
}

fn former(row: &SqliteRow) -> Result<Option<Former>, StoreError> {
    let Some(run) = row.try_get::<Option<i64>, _>("old_run")? else {
        return Ok(None);
    };
    let reason = |column: &str| -> Result<Option<Reason>, sqlx::Error> {
        Ok(row
            .try_get::<Option<&str>, _>(column)?
            .and_then(Reason::from_code))
    };
    let loaded: Option<String> = row.try_get("loaded")?;
    let load_reason = reason("load_reason")?;
    Ok(Some(Former {
        run: RunId(run),
        run_open: row.try_get("run_open")?,
        kept: row.try_get::<&str, _>("filtered")? == "keep",
        reason: reason("filter_reason")?,
        loaded: loaded.and_then(|name| Outcome::from_parts(&name, load_reason)),
    }))
}

fn feed_of(name: String) -> Result<Feed, StoreError> {
    name.parse().map_err(|_| StoreError::Inconsistent {
        table: "record_touches",
        column: "feed",
        row: String::new(),
        found: name,
    })
}

/// What is still to be looked at, per stage; for progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Pages that normalize has not carried through.
    pub pages: i64,
    /// Records that filter must look at.
    pub records: i64,
    /// Objects that load must compute.
    pub objects: i64,
}

impl Store {
    /// What a run still has to carry through.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn backlog(
        &self,
        connection: ConnectionId,
        run: RunId,
    ) -> Result<Backlog, StoreError> {
        let mut reader = self.read().await?;
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM stages s JOIN pages p
                         ON p.run_id = s.run_id AND p.id > s.position
                     WHERE s.connection_id = ?1 AND s.run_id = ?2 AND s.stage = 'normalize'),
                    (SELECT count(*) FROM record_touches WHERE connection_id = ?1),
                    (SELECT count(*) FROM object_touches WHERE connection_id = ?1)",
        )
        .bind(connection.0)
        .bind(run.0)
        .fetch_one(reader.conn())
        .await?;
        Ok(Backlog {
            pages: row.try_get(0)?,
            records: row.try_get(1)?,
            objects: row.try_get(2)?,
        })
    }
}
