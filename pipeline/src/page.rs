//! The envelope around the rows of a page.
//!
//! Shared by the connector, which needs the next link and proof of the end, and by normalize,
//! which needs the rows. Neither looks at what the other needs.

use crate::feed::Feed;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// An opened page.
#[derive(Debug)]
pub struct Envelope<'a> {
    /// What the page says about what follows it.
    pub next: Next,
    /// The rows as sent, each still unread.
    pub rows: Vec<&'a RawValue>,
}

/// What a page says about what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// There is more, at this address.
    Link(String),
    /// This was the last page: the only proof of an end.
    End,
    /// The page does not say. Not a proof of anything.
    Unsaid,
}

/// Why a body is not a page.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Nothing was sent.
    #[error("the answer is empty")]
    Empty,
    /// Not JSON, or cut off.
    #[error("the answer is not complete JSON")]
    NotJson(#[source] Misread),
    /// JSON, but without the attributes every list carries.
    #[error("the answer has no list attributes")]
    NoAttributes,
}

/// Where JSON could not be read, and how. The reader's own error repeats the value it met, which may
/// be anything that a customer typed, or megabytes of it.
#[derive(Debug, thiserror::Error)]
#[error("{what} at line {line}, column {column}")]
pub struct Misread {
    what: &'static str,
    line: usize,
    column: usize,
}

impl From<serde_json::Error> for Misread {
    fn from(error: serde_json::Error) -> Self {
        use serde_json::error::Category;
        Self {
            what: match error.classify() {
                Category::Io => "it could not be read",
                Category::Syntax => "it is no JSON",
                Category::Data => "there is another kind of value than belongs there",
                Category::Eof => "it ends too early",
            },
            line: error.line(),
            column: error.column(),
        }
    }
}

/// The key under which the rows of a feed's pages stand.
pub const fn payload_key(feed: Feed) -> &'static str {
    match feed {
        Feed::Shops => "Shop",
        Feed::Vendors => "Vendor",
        Feed::Items => "Item",
        Feed::Stock => "ItemShop",
        Feed::Sales => "Sale",
        Feed::Orders => "Order",
        Feed::Shipments => "OrderShipment",
    }
}

/// Opens a page. One row may stand bare, none at all may be sent.
///
/// # Errors
/// When the body is no page; a truncated or empty body is never "no more rows".
pub fn open(body: &str, feed: Feed) -> Result<Envelope<'_>, EnvelopeError> {
    open_key(body, payload_key(feed))
}

/// Opens a page whose rows stand under another key than a feed's.
///
/// # Errors
/// As [`open`].
pub fn open_key<'a>(body: &'a str, key: &'static str) -> Result<Envelope<'a>, EnvelopeError> {
    if body.trim().is_empty() {
        return Err(EnvelopeError::Empty);
    }
    let mut de = serde_json::Deserializer::from_str(body);
    let parts = de
        .deserialize_map(PartsVisitor { key })
        .and_then(|parts| de.end().map(|()| parts))
        .map_err(|error| EnvelopeError::NotJson(error.into()))?;
    let attributes = parts.attributes.ok_or(EnvelopeError::NoAttributes)?;
    let next = match attributes.next {
        None => Next::Unsaid,
        Some(link) if link.is_empty() => Next::End,
        Some(link) => Next::Link(link.into_owned()),
    };
    let rows = match parts.payload {
        Payload::Rows(rows) => rows,
        Payload::Bare => vec![bare_row(body, key)?],
    };
    Ok(Envelope { next, rows })
}

/// The one row that stands where a list should. Only this rare and short page is read twice, so
/// that the common one is not.
fn bare_row<'a>(body: &'a str, key: &'static str) -> Result<&'a RawValue, EnvelopeError> {
    let mut de = serde_json::Deserializer::from_str(body);
    de.deserialize_map(BareVisitor { key })
        .map_err(|error| EnvelopeError::NotJson(error.into()))?
        .ok_or(EnvelopeError::NoAttributes)
}

#[derive(Deserialize)]
struct Attributes<'a> {
    #[serde(borrow, default)]
    next: Option<Cow<'a, str>>,
}

#[derive(Default)]
struct Parts<'a> {
    attributes: Option<Attributes<'a>>,
    payload: Payload<'a>,
}

struct PartsVisitor {
    key: &'static str,
}

impl<'de> Visitor<'de> for PartsVisitor {
    type Value = Parts<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut parts = Parts::default();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == "@attributes" {
                parts.attributes = Some(map.next_value()?);
            } else if key == self.key {
                parts.payload = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(parts)
    }
}

/// What stands under the payload key.
enum Payload<'a> {
    Rows(Vec<&'a RawValue>),
    /// Something that is no list: one row, whatever it looks like.
    Bare,
}

impl Default for Payload<'_> {
    fn default() -> Self {
        Self::Rows(Vec::new())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Payload<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PayloadVisitor)
    }
}

struct PayloadVisitor;

impl<'de> Visitor<'de> for PayloadVisitor {
    type Value = Payload<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::with_capacity(100);
        while let Some(row) = seq.next_element()? {
            rows.push(row);
        }
        Ok(Payload::Rows(rows))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        // An empty relation is sometimes spelled as an object without anything in it.
        let mut payload = Payload::default();
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            payload = Payload::Bare;
        }
        Ok(payload)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Payload::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(if text.is_empty() {
            Payload::default()
        } else {
            Payload::Bare
        })
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Payload::Bare)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Payload::Bare)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Payload::Bare)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Payload::Bare)
    }
}

struct BareVisitor {
    key: &'static str,
}

impl<'de> Visitor<'de> for BareVisitor {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut row = None;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == self.key {
                row = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(row)
    }
}
