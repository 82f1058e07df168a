//! What to ask for, in our words, and how it is spelled.

mod range;
mod spelling;

pub use range::IdRange;
pub use spelling::{primary_key, resource};

use super::account::Account;
use super::budget::Drips;
use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pipeline::Feed;
use spelling::relations;
use std::fmt::Write as _;
use url::Url;

/// The most rows a page may have, and the most ids that may be asked for by name.
pub const MAX_ROWS: u8 = 100;

/// Operators, commas and brackets must be encoded; these need not be.
pub(super) const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// In which order of the primary id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Lowest id first: the order of every walk.
    #[default]
    Ascending,
    /// Highest id first: to size a feed with one row.
    Descending,
}

/// What to bring with each row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Relations {
    /// The bare rows.
    None,
    /// What a record of the feed needs.
    Own,
    /// That, and the stock of an item in every shop. The same as [`Relations::Own`] elsewhere.
    #[default]
    WithStock,
}

/// A time by which the source can filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeField {
    /// The change time of most resources.
    TimeStamp,
    /// The change time of sales.
    UpdateTime,
    /// When a sale was completed.
    CompleteTime,
}

impl TimeField {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::TimeStamp => "timeStamp",
            Self::UpdateTime => "updatetime",
            Self::CompleteTime => "completeTime",
        }
    }
}

/// Only rows whose time is at or after an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// Which time.
    pub field: TimeField,
    /// The instant, to the second.
    pub at: DateTime<Utc>,
}

impl Since {
    pub(super) fn render(self) -> String {
        format!(">=,{}", self.at.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

/// What a walk leaves out besides its range of ids and its time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Narrow {
    /// Nothing: archived rows come too.
    #[default]
    Nothing,
    /// Only purchase orders that are neither complete nor archived.
    OpenOrders,
    /// Only arrivals of these purchase orders; at most [`MAX_ROWS`], the rest is not asked for.
    OfOrders(Vec<i64>),
}

/// The first page of a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Which feed.
    pub feed: Feed,
    /// Which ids.
    pub ids: IdRange,
    /// Exactly these ids instead of a range; at most [`MAX_ROWS`], the rest is not asked for.
    pub only: Vec<i64>,
    /// Which rows besides.
    pub narrow: Narrow,
    /// Changed or completed since.
    pub since: Option<Since>,
    /// Rows a page, 1 to [`MAX_ROWS`].
    pub limit: u8,
    /// In which order.
    pub order: Order,
    /// What to bring with each row.
    pub relations: Relations,
}

impl Query {
    /// A walk over a range of a feed, with everything its records need.
    pub fn walk(feed: Feed, ids: IdRange) -> Self {
        Self {
            feed,
            ids,
            only: Vec::new(),
            narrow: Narrow::Nothing,
            since: None,
            limit: MAX_ROWS,
            order: Order::Ascending,
            relations: Relations::WithStock,
        }
    }

    /// The row with the highest id, bare: how far a feed reaches.
    pub fn highest(feed: Feed) -> Self {
        Self {
            limit: 1,
            order: Order::Descending,
            relations: Relations::None,
            ..Self::walk(feed, IdRange::ALL)
        }
    }

    /// Exactly these records, archived or not.
    pub fn only(feed: Feed, ids: Vec<i64>) -> Self {
        Self {
            only: ids,
            ..Self::walk(feed, IdRange::ALL)
        }
    }

    /// Every purchase order from which something is still expected. Lines taken off an order leave
    /// no trace of their own, so open orders are read whole.
    pub fn open_orders() -> Self {
        Self {
            narrow: Narrow::OpenOrders,
            ..Self::walk(Feed::Orders, IdRange::ALL)
        }
    }

    /// Every arrival of these purchase orders.
    pub fn shipments_of(orders: Vec<i64>) -> Self {
        Self {
            narrow: Narrow::OfOrders(orders),
            ..Self::walk(Feed::Shipments, IdRange::ALL)
        }
    }

    /// The same with another page size.
    #[must_use]
    pub fn with_limit(self, limit: u8) -> Self {
        Self { limit, ..self }
    }

    /// What a page should cost under the documented model; the headers decide.
    pub fn expected_cost(&self) -> Drips {
        let relations = match (self.feed, self.relations) {
            (_, Relations::None) | (Feed::Stock, _) => 0,
            (Feed::Shops, _) => 600,
            (Feed::Vendors, _) => 200,
            (Feed::Items, Relations::Own) => 800,
            (Feed::Items, Relations::WithStock) => 1_200,
            (Feed::Sales | Feed::Orders | Feed::Shipments, _) => 400,
        };
        Drips::milli(1_000 + relations)
    }

    /// The query as stored with its page: without host, account or secrets.
    pub fn describe(&self) -> String {
        format!("{}.json?{}", resource(self.feed), self.render())
    }

    pub(super) fn url(&self, account: &Account) -> Url {
        let mut url = account.list(resource(self.feed));
        url.set_query(Some(&self.render()));
        url
    }

    fn render(&self) -> String {
        let key = primary_key(self.feed);
        let mut text = format!("limit={}", self.limit.clamp(1, MAX_ROWS));
        let mut add = |name: &str, value: &str| {
            // Writing to a String cannot fail.
            let _written = write!(text, "&{name}={}", utf8_percent_encode(value, VALUE));
        };
        add(
            "sort",
            &if self.order == Order::Ascending {
                key.to_owned()
            } else {
                format!("-{key}")
            },
        );
        match (self.feed, &self.narrow) {
            // Neither of these has an archive.
            (Feed::Stock | Feed::Shipments, _) => {}
            (_, Narrow::OpenOrders) => add("complete", "false"),
            _ => add("archived", "true"),
        }
        if let Narrow::OfOrders(orders) = &self.narrow {
            add(primary_key(Feed::Orders), &one_of(orders));
        }
        if self.only.is_empty() {
            if let Some(range) = self.ids.render() {
                add(key, &range);
            }
        } else {
            add(key, &one_of(&self.only));
        }
        if let Some(since) = self.since {
            add(since.field.name(), &since.render());
        }
        let relations = relations(self.feed, self.relations);
        if !relations.is_empty() {
            add(
                "load_relations",
                &format!("[\"{}\"]", relations.join("\",\"")),
            );
        }
        text
    }
}

fn one_of(ids: &[i64]) -> String {
    let ids: Vec<String> = ids
        .iter()
        .take(MAX_ROWS.into())
        .map(i64::to_string)
        .collect();
    format!("IN,[{}]", ids.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(query: &Query) -> String {
        percent_encoding::percent_decode_str(&query.describe())
            .decode_utf8()
            .expect("a valid sample")
            .into_owned()
    }

    #[test]
    fn operators_and_commas_are_encoded() {
        let query = Query::walk(
            Feed::Sales,
            IdRange {
                from: Some(10),
                to: Some(20),
                ..IdRange::ALL
            },
        );
        assert_eq!(
            query.describe(),
            "Sale.json?limit=100&sort=saleID&archived=true&saleID=%3E%3C%2C10%2C20&load_relations=%5B%22SaleLines%22%5D"
        );
    }

    #[test]
    fn each_feed_asks_for_what_its_records_need() {
        assert_eq!(
            decoded(&Query::walk(Feed::Shops, IdRange::ALL)),
            r#"Shop.json?limit=100&sort=shopID&archived=true&load_relations=["TaxCategory","TaxCategory.TaxCategoryClasses"]"#
        );
        assert_eq!(
            decoded(&Query::only(Feed::Items, vec![3, 4])),
            r#"Item.json?limit=100&sort=itemID&archived=true&itemID=IN,[3,4]&load_relations=["ItemVendorNums","ItemComponents","ItemShops"]"#
        );
        assert_eq!(
            decoded(&Query::walk(Feed::Stock, IdRange::ALL)),
            "ItemShop.json?limit=100&sort=itemShopID"
        );
        assert_eq!(
            decoded(&Query::highest(Feed::Sales)),
            "Sale.json?limit=1&sort=-saleID&archived=true"
        );
        assert_eq!(
            decoded(&Query::walk(Feed::Orders, IdRange::ALL)),
            r#"Order.json?limit=100&sort=orderID&archived=true&load_relations=["OrderLines"]"#
        );
        assert_eq!(
            decoded(&Query::walk(Feed::Shipments, IdRange::ALL)),
            r#"Shipment.json?limit=100&sort=orderShipmentID&load_relations=["OrderShipmentItems"]"#
        );
        let since = Since {
            field: TimeField::CompleteTime,
            at: "2026-01-05T00:00:00Z".parse().expect("a valid sample"),
        };
        let query = Query {
            since: Some(since),
            relations: Relations::None,
            ..Query::walk(Feed::Sales, IdRange::ALL)
        };
        assert!(decoded(&query).ends_with("&completeTime=>=,2026-01-05T00:00:00Z"));
    }

    #[test]
    fn open_orders_and_the_arrivals_of_some_can_be_asked_for() {
        assert_eq!(
            decoded(&Query::open_orders()),
            r#"Order.json?limit=100&sort=orderID&complete=false&load_relations=["OrderLines"]"#
        );
        assert_eq!(
            decoded(&Query::shipments_of(vec![8, 9])),
            r#"Shipment.json?limit=100&sort=orderShipmentID&orderID=IN,[8,9]&load_relations=["OrderShipmentItems"]"#
        );
        assert_eq!(
            decoded(&Query::only(Feed::Orders, vec![8])),
            r#"Order.json?limit=100&sort=orderID&archived=true&orderID=IN,[8]&load_relations=["OrderLines"]"#
        );
    }

    #[test]
    fn expected_costs_follow_the_documented_model() {
        let cost = |feed, relations| {
            Query {
                relations,
                ..Query::walk(feed, IdRange::ALL)
            }
            .expected_cost()
            .as_milli()
        };
        assert_eq!(cost(Feed::Items, Relations::WithStock), 2_200);
        assert_eq!(cost(Feed::Items, Relations::Own), 1_800);
        assert_eq!(cost(Feed::Sales, Relations::Own), 1_400);
        assert_eq!(cost(Feed::Orders, Relations::WithStock), 1_400);
        assert_eq!(cost(Feed::Shipments, Relations::WithStock), 1_400);
        assert_eq!(cost(Feed::Vendors, Relations::Own), 1_200);
        assert_eq!(cost(Feed::Stock, Relations::WithStock), 1_000);
        assert_eq!(Query::highest(Feed::Sales).expected_cost(), Drips::whole(1));
    }
}
