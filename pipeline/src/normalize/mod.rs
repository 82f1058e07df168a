//! Stored pages to source records: text to types, one row or many, offsets to UTC.
//!
//! Total: a row that cannot be read becomes a [`Rejection`], and its neighbours are not affected.
//! Only a body that is no page at all is an error, and extract stores none of those.
//!
//! One file per feed holds that feed's wire shape, which is the only place of this crate where
//! Lightspeed's own spellings live.

mod fault;
mod instant;
mod item;
mod many;
mod order;
mod relations;
mod sale;
mod same;
mod scalar;
mod shapes;
mod shipment;
mod shop;
mod stock;
mod vendor;
mod wire;

use crate::feed::Feed;
use crate::hash::ContentHash;
use crate::page::{self, EnvelopeError};
use crate::reason::Reason;
use crate::record::Record;
use chrono::{DateTime, Utc};
use fault::Flaw;

pub use relations::relations;

/// How much of a refused row is kept as evidence.
pub const EVIDENCE_BYTES_MAX: usize = 64 * 1024;

/// What a page holds. Every row is in exactly one of the two lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Normalized {
    /// The rows that could be read, in the order sent.
    pub records: Vec<Normal>,
    /// The rows that could not, in the order sent.
    pub rejections: Vec<Rejection>,
    /// How many rows the page has.
    pub rows: usize,
}

/// A row that could be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Normal {
    /// What it says.
    pub record: Record,
    /// Its content without its change times, so that a bumped time alone is the same content.
    pub hash: ContentHash,
    /// Its place in the page, from 0.
    pub row: usize,
    /// When the source says it last changed; never the legacy stamp of a sale, which may go back.
    pub changed_at: Option<DateTime<Utc>>,
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Its place in the page, from 0.
    pub row: usize,
    /// Its id, if that much could be read.
    pub id: Option<i64>,
    /// The kind of trouble.
    pub reason: Reason,
    /// Where in the row, such as `SaleLines.SaleLine[2].unitQuantity`; empty for the row itself.
    pub path: String,
    /// What was found there, without anything that could name a person.
    pub detail: String,
    /// The row as sent, cut at [`EVIDENCE_BYTES_MAX`].
    pub body: String,
}

/// Reads a page of a feed.
///
/// `asked` names the relations the request asked for (`ItemShops`, `SaleLines`): Lightspeed leaves
/// an empty relation out just like one that was not asked for, and only the request tells which.
///
/// # Errors
/// When the body is no page of a list; never because of a row.
pub fn normalize(feed: Feed, body: &str, asked: &[&str]) -> Result<Normalized, EnvelopeError> {
    let envelope = page::open(body, feed)?;
    let mut page = Normalized {
        rows: envelope.rows.len(),
        ..Normalized::default()
    };
    page.records.reserve(page.rows);
    for (row, raw) in envelope.rows.into_iter().enumerate() {
        match read(feed, raw.get(), asked) {
            Ok(mut record) => page.records.push(Normal {
                hash: same::content(&mut record),
                row,
                changed_at: same::changed_at(&record),
                record,
            }),
            Err(Flaw { id, fault }) => page.rejections.push(Rejection {
                row,
                id,
                reason: fault.reason,
                path: fault.path,
                detail: fault.detail,
                body: evidence(raw.get()),
            }),
        }
    }
    debug_assert_eq!(page.records.len() + page.rejections.len(), page.rows);
    Ok(page)
}

fn read(feed: Feed, row: &str, asked: &[&str]) -> Result<Record, Flaw> {
    match feed {
        Feed::Shops => wire::row::<shop::Wire<'_>>(row, asked).map(Record::Shop),
        Feed::Vendors => wire::row::<vendor::Wire<'_>>(row, asked).map(Record::Vendor),
        Feed::Items => wire::row::<item::Wire<'_>>(row, asked).map(Record::Item),
        Feed::Stock => wire::row::<stock::Wire<'_>>(row, asked).map(Record::Stock),
        Feed::Sales => wire::row::<sale::Wire<'_>>(row, asked).map(Record::Sale),
        Feed::Orders => wire::row::<order::Wire<'_>>(row, asked).map(Record::Order),
        Feed::Shipments => wire::row::<shipment::Wire<'_>>(row, asked).map(Record::Shipment),
    }
}

fn evidence(row: &str) -> String {
    row[..row.floor_char_boundary(EVIDENCE_BYTES_MAX)].to_owned()
}
