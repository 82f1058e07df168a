//! Pages as received: the evidence, and what normalize reads.

use crate::error::StoreError;
use crate::instant::instant;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::Feed;
use pipeline::id::{ConnectionId, PageId, RunId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::cell::RefCell;
use zstd::bulk::Compressor;

/// Compression of stored pages: level 3 shrinks sale pages about tenfold at a fraction of the
/// cost of parsing them.
const ZSTD_LEVEL: i32 = 3;

/// No page may unpack to more than the connector accepts.
const BODY_BYTES_MAX: usize = 16 << 20;

thread_local! {
    /// Kept, since to make one costs more than to pack a small page with it.
    static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// A stored page, unpacked.
#[derive(Clone, Debug)]
pub struct StoredPage {
    /// Its id, which is its place in the order of commits.
    pub id: PageId,
    /// The run that fetched it.
    pub run: RunId,
    /// Its feed.
    pub feed: Feed,
    /// When the request was sent, in the order of all requests of the connection.
    pub observation: i64,
    /// When it was stored.
    pub fetched_at: DateTime<Utc>,
    /// What was asked, without secrets.
    pub request: String,
    /// The ids asked for one by one, if the request named them.
    pub asked: Option<Vec<i64>>,
    /// The answer as received.
    pub body: String,
}

pub(crate) fn pack(body: &str) -> Result<Vec<u8>, StoreError> {
    let packed = PACKER.with_borrow_mut(|packer| match packer {
        Some(packer) => packer.compress(body.as_bytes()),
        none => none
            .insert(Compressor::new(ZSTD_LEVEL)?)
            .compress(body.as_bytes()),
    });
    packed.map_err(|e| StoreError::Database(sqlx::Error::Encode(Box::new(e))))
}

pub(crate) fn page_of_row(row: &SqliteRow) -> Result<StoredPage, StoreError> {
    let id = row.try_get::<i64, _>("id")?;
    let wrong = |column, found: String| StoreError::Inconsistent {
        table: "pages",
        column,
        row: id.to_string(),
        found,
    };
    let feed: String = row.try_get("feed")?;
    let packed: &[u8] = row.try_get("body")?;
    let body = zstd::bulk::decompress(packed, BODY_BYTES_MAX)
        .map_err(|e| wrong("body", e.to_string()))
        .and_then(|bytes| {
            String::from_utf8(bytes).map_err(|e| wrong("body", e.utf8_error().to_string()))
        })?;
    let asked = row
        .try_get::<Option<String>, _>("asked")?
        .map(|ids| serde_json::from_str(&ids).map_err(|_| wrong("asked", ids)))
        .transpose()?;
    Ok(StoredPage {
        id: PageId(id),
        run: RunId(row.try_get("run_id")?),
        feed: feed.parse().map_err(|_| wrong("feed", feed.clone()))?,
        observation: row.try_get("observation")?,
        fetched_at: instant(row.try_get("fetched_at")?),
        request: row.try_get("request")?,
        asked,
        body,
    })
}

impl Store {
    /// The next page that normalize has not carried through, if any.
    ///
    /// # Errors
    /// When the database fails or the page cannot be unpacked.
    pub async fn next_page(
        &self,
        connection: ConnectionId,
        run: RunId,
    ) -> Result<Option<StoredPage>, StoreError> {
        let mut reader = self.read().await?;
        // Those of a replay, and of any other run: whichever it is has pages of one kind.
        let row = sqlx::query(
            "SELECT p.id, r.run_id, p.feed, p.observation, p.fetched_at, p.request, p.asked, p.body
             FROM stages s JOIN replay_pages r ON r.run_id = s.run_id AND r.page_id > s.position
             JOIN pages p ON p.id = r.page_id
             WHERE s.connection_id = ?1 AND s.run_id = ?2 AND s.stage = 'normalize'
             ORDER BY r.page_id LIMIT 1;
             SELECT p.id, p.run_id, p.feed, p.observation, p.fetched_at, p.request, p.asked, p.body
             FROM stages s JOIN pages p ON p.run_id = s.run_id AND p.id > s.position
             WHERE s.connection_id = ?1 AND s.run_id = ?2 AND s.stage = 'normalize'
             ORDER BY p.id LIMIT 1",
        )
        .bind(connection.0)
        .bind(run.0)
        .fetch_optional(reader.conn())
        .await?;
        row.as_ref().map(page_of_row).transpose()
    }

    /// A page, for evidence.
    ///
    /// # Errors
    /// When the database fails or the page cannot be unpacked.
    pub async fn page(&self, id: PageId) -> Result<Option<StoredPage>, StoreError> {
        let mut reader = self.read().await?;
        let row = sqlx::query(
            "SELECT id, run_id, feed, observation, fetched_at, request, asked, body
             FROM pages WHERE id = ?1",
        )
        .bind(id.0)
        .fetch_optional(reader.conn())
        .await?;
        row.as_ref().map(page_of_row).transpose()
    }
}
