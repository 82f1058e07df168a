//! Rows that only name sales: the journal of voids and the changed lines. Read where the source
//! does not tell which sales were updated.

use super::account::Account;
use super::budget::Drips;
use super::client::Lightspeed;
use super::error::SourceError;
use super::pages::{id_of, span_of_ids, start_of};
use super::query::{IdRange, MAX_ROWS, Order, Since, VALUE, primary_key};
use percent_encoding::utf8_percent_encode;
use pipeline::Feed;
use pipeline::page::{Next, open_key};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use url::Url;

/// Which rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trail {
    /// The journal of voids, which only grows.
    Voids,
    /// Lines of sales.
    Lines,
}

impl Trail {
    const fn resource(self) -> &'static str {
        match self {
            Self::Voids => "SaleVoid",
            Self::Lines => "SaleLine",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Voids => "saleVoidID",
            Self::Lines => "saleLineID",
        }
    }

    fn url(self, account: &Account, ids: IdRange, since: Option<Since>) -> Url {
        let key = self.key();
        let mut text = format!("limit={MAX_ROWS}&sort={key}");
        let mut add = |name: &str, value: &str| {
            // Writing to a String cannot fail.
            let _written = write!(text, "&{name}={}", utf8_percent_encode(value, VALUE));
        };
        if let Some(range) = ids.render() {
            add(key, &range);
        }
        if let Some(since) = since {
            add(since.field.name(), &since.render());
        }
        let mut url = account.list(self.resource());
        url.set_query(Some(&text));
        url
    }
}

/// A page of a trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailPage {
    /// The sales its rows name, each once.
    pub sales: Vec<i64>,
    /// How many rows it has.
    pub rows: usize,
    /// How many of them name no sale that can be read: only a sweep finds what they tell of.
    pub unnamed: usize,
    /// The highest id among the rows: where the next page begins.
    pub last_id: Option<i64>,
    /// Whether it proved that nothing follows.
    pub ended: bool,
}

impl Lightspeed {
    /// A page of a trail, by ids in ascending order.
    ///
    /// # Errors
    /// See [`SourceError`]; a page that does not say whether more follows is none, nor is one after
    /// which the same page would be asked for again.
    pub async fn trail(
        &self,
        trail: Trail,
        ids: IdRange,
        since: Option<Since>,
    ) -> Result<TrailPage, SourceError> {
        let url = trail.url(self.account_space(), ids, since);
        let resource = trail.resource();
        let answer = self.get(&url, resource, Drips::whole(1)).await?;
        let body = &answer.response.body;
        let unreadable = |source| SourceError::Unreadable {
            resource: resource.to_owned(),
            excerpt: start_of(&answer),
            source,
        };
        let text = std::str::from_utf8(body).map_err(|_| unreadable(None))?;
        let envelope = open_key(text, resource).map_err(|error| unreadable(Some(error)))?;
        let ended = match envelope.next {
            Next::End => true,
            Next::Link(_) => false,
            Next::Unsaid => {
                return Err(SourceError::Envelope {
                    resource: resource.to_owned(),
                });
            }
        };
        let (_, last_id) = span_of_ids(&envelope.rows, trail.key(), Order::Ascending, resource)?;
        // The next page is asked for by id, so one that does not get beyond where it began would
        // come back for ever.
        let advances = last_id.is_some_and(|last| ids.from.is_none_or(|from| last >= from));
        if !ended && !advances {
            return Err(SourceError::LoopingLink {
                resource: resource.to_owned(),
            });
        }
        let named = envelope
            .rows
            .iter()
            .map(|row| id_of(row, primary_key(Feed::Sales)));
        let (named, unnamed): (Vec<_>, Vec<_>) = named.partition(Option::is_some);
        let sales: BTreeSet<i64> = named.into_iter().flatten().filter(|id| *id > 0).collect();
        Ok(TrailPage {
            sales: sales.into_iter().collect(),
            rows: envelope.rows.len(),
            unnamed: unnamed.len(),
            last_id,
            ended,
        })
    }
}
