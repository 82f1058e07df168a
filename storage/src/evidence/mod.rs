//! What is known of one record: what happened to it, when, and by which page. Read only.

mod decision;
mod item;
mod links;
mod naming;
mod order;
mod sale;
mod shipment;
mod shop;
mod vendor;

pub use decision::Decision;
pub use item::{ItemEvidence, ProductRow, StockEvidence};
pub use links::{AssemblyOf, ItemLinks};
pub use naming::{Naming, OrderNaming, Wanted};
pub use order::{
    ArrivalEvidence, BuyOrderLineRow, BuyOrderRow, OrderEvidence, OrderLineEvidence, ReceiptRow,
};
pub use sale::{OrderRow, OrderRowLine, Refund, SaleEvidence, SaleLineEvidence};
pub use shipment::{ShipmentEvidence, ShipmentItemEvidence};
pub use vendor::{SupplierRow, VendorEvidence};

use decision::decision;

use crate::error::StoreError;
use crate::instant::instant;
use crate::rejections::{self, Rejection};
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::id::{ConnectionId, PageId, RunId};
use pipeline::outcome::Outcome;
use pipeline::{Feed, Reason};
use sqlx::{Row, SqliteConnection};

/// The page that brought the newest version of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRef {
    /// Its id.
    pub id: PageId,
    /// The run that fetched it.
    pub run: RunId,
    /// When it was stored.
    pub fetched_at: DateTime<Utc>,
    /// What was asked, without secrets.
    pub request: String,
}

/// What is known of a record whatever its feed.
#[derive(Clone, Debug)]
pub struct Trail {
    /// The newest decision on it, if one was made.
    pub decision: Option<Decision>,
    /// The page that brought it, as long as it is kept.
    pub page: Option<PageRef>,
    /// Its open rejections.
    pub rejections: Vec<Rejection>,
    /// Whether a stage has still to look at it or at its object.
    pub pending: bool,
    /// How far its feed was read.
    pub feed: FeedProof,
}

/// How far a feed was read, seen from one id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedProof {
    /// The newest run that reads or has read the feed.
    pub run: Option<RunId>,
    /// When that run was opened.
    pub opened_at: Option<DateTime<Utc>>,
    /// `waiting`, `walking`, `done` or `forbidden` in that run.
    pub state: Option<String>,
    /// The highest id of the feed when that run began to read it.
    pub highest_id: Option<i64>,
    /// Whether the walks of that run have passed the id.
    pub passed: bool,
    /// When the feed was last read to a proven end, by any run.
    pub proven_at: Option<DateTime<Utc>>,
    /// Open rejections of the feed whose row had no usable id.
    pub nameless: i64,
}

impl Store {
    /// The trail of a record; `page` is the page its newest version came with, if it is held. Of a
    /// record that was only ever refused the page is that of the refusal.
    ///
    /// # Errors
    /// When the database fails or holds something impossible.
    pub async fn trail(
        &self,
        connection: ConnectionId,
        feed: Feed,
        id: i64,
        page: Option<PageId>,
    ) -> Result<Trail, StoreError> {
        let mut reader = self.read().await?;
        let conn = reader.conn();
        let rejections = rejections::of_record(conn, connection, feed, id).await?;
        let page = page.or_else(|| rejections.iter().find_map(|rejection| rejection.page));
        Ok(Trail {
            decision: decision(conn, connection, feed, id).await?,
            page: match page {
                Some(page) => page_ref(conn, page).await?,
                None => None,
            },
            rejections,
            pending: pending(conn, connection, feed, id).await?,
            feed: proof(conn, connection, feed, id).await?,
        })
    }

    /// How many records of each feed have which outcome at present, whichever run decided.
    ///
    /// # Errors
    /// When the database fails or holds a name of another version.
    pub async fn standing(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<(Feed, Outcome, i64)>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT feed, CASE WHEN filtered = 'drop' THEN 'dropped'
                               WHEN loaded IS NULL THEN 'passed'
                               WHEN loaded = 'unchanged' THEN 'loaded' ELSE loaded END AS outcome,
                    CASE WHEN filtered = 'drop' THEN filter_reason ELSE load_reason END AS reason,
                    count(*) AS n
             FROM verdicts WHERE connection_id = ?1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        )
        .bind(connection.0)
        .fetch_all(reader.conn())
        .await?;
        rows.iter()
            .map(|row| {
                let feed: &str = row.try_get("feed")?;
                let name: &str = row.try_get("outcome")?;
                let reason: Option<&str> = row.try_get("reason")?;
                let odd = |column, found: &str| StoreError::Inconsistent {
                    table: "verdicts",
                    column,
                    row: connection.to_string(),
                    found: found.to_owned(),
                };
                let outcome = Outcome::from_parts(name, reason.and_then(Reason::from_code));
                Ok((
                    feed.parse().map_err(|_| odd("feed", feed))?,
                    outcome.ok_or_else(|| odd("loaded", name))?,
                    row.try_get("n")?,
                ))
            })
            .collect()
    }
}

async fn page_ref(
    conn: &mut SqliteConnection,
    page: PageId,
) -> Result<Option<PageRef>, StoreError> {
    let row = sqlx::query("SELECT id, run_id, fetched_at, request FROM pages WHERE id = ?1")
        .bind(page.0)
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        Ok(PageRef {
            id: PageId(row.try_get("id")?),
            run: RunId(row.try_get("run_id")?),
            fetched_at: instant(row.try_get("fetched_at")?),
            request: row.try_get("request")?,
        })
    })
    .transpose()
}

async fn pending(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    feed: Feed,
    id: i64,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM record_touches
                        WHERE connection_id = ?1 AND feed = ?2 AND record_id = ?3)
             OR EXISTS (SELECT 1 FROM object_touches
                        WHERE connection_id = ?1 AND object = ?4 AND object_id = ?3)",
    )
    .bind(connection.0)
    .bind(feed.name())
    .bind(id)
    .bind(crate::filter::object_of(feed))
    .fetch_one(conn)
    .await?)
}

async fn proof(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    feed: Feed,
    id: i64,
) -> Result<FeedProof, StoreError> {
    let newest = sqlx::query(
        "SELECT r.id, r.created_at, f.state, f.highest_id,
                EXISTS (SELECT 1 FROM walks w WHERE w.run_id = r.id AND w.feed = f.feed
                        AND w.lower_id <= ?3 AND (w.upper_id IS NULL OR w.upper_id >= ?3)
                        AND (w.last_id >= ?3 OR w.done_at IS NOT NULL)) AS passed
         FROM runs r JOIN feed_runs f ON f.run_id = r.id
         WHERE r.connection_id = ?1 AND f.feed = ?2 ORDER BY r.id DESC LIMIT 1",
    )
    .bind(connection.0)
    .bind(feed.name())
    .bind(id)
    .fetch_optional(&mut *conn)
    .await?;
    let rest = sqlx::query(
        "SELECT (SELECT proven_at FROM watermarks WHERE connection_id = ?1 AND feed = ?2),
                (SELECT count(*) FROM rejections WHERE connection_id = ?1 AND feed = ?2
                 AND record_id IS NULL AND resolved_at IS NULL)",
    )
    .bind(connection.0)
    .bind(feed.name())
    .fetch_one(conn)
    .await?;
    let mut proof = FeedProof {
        proven_at: rest.try_get::<Option<i64>, _>(0)?.map(instant),
        nameless: rest.try_get(1)?,
        ..FeedProof::default()
    };
    if let Some(row) = newest {
        proof.run = Some(RunId(row.try_get(0)?));
        proof.opened_at = Some(instant(row.try_get(1)?));
        proof.state = row.try_get(2)?;
        proof.highest_id = row.try_get(3)?;
        proof.passed = row.try_get(4)?;
    }
    Ok(proof)
}
