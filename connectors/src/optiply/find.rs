//! Which rows are wanted.

use super::resource::Resource;
use super::scalar::instant_text;
use super::stored::Stored;
use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::fmt::Write;

/// The most rows a page may hold.
pub const PAGE_MAX: u16 = 100;

/// A condition on rows; several must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Of this product.
    Product(i64),
    /// Of this supplier.
    Supplier(i64),
    /// Whose whole is this product.
    ComposedProduct(i64),
    /// Whose part is this product.
    PartProduct(i64),
    /// Of this sell order.
    SellOrder(i64),
    /// Of this buy order.
    BuyOrder(i64),
    /// Of this buy order line.
    BuyOrderLine(i64),
    /// With exactly this name.
    Name(String),
    /// With exactly this SKU.
    SkuCode(String),
    /// With exactly this barcode.
    EanCode(String),
    /// With exactly this article code.
    ArticleCode(String),
    /// Placed at this second.
    Placed(DateTime<Utc>),
    /// Occurred at this second.
    Occurred(DateTime<Utc>),
    /// Placed at or after this second.
    PlacedSince(DateTime<Utc>),
    /// Made at or after this second, by Optiply's clock.
    CreatedSince(DateTime<Utc>),
    /// Changed at or after this second, by Optiply's clock.
    UpdatedSince(DateTime<Utc>),
}

/// How a row stands to a condition it was asked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Fits,
    /// Compared otherwise than we do (case, blanks): no answer to our question.
    Near,
    /// The condition was not applied at all.
    Stranger,
}

impl By {
    fn name(&self) -> &'static str {
        match self {
            By::Product(_) => "productId",
            By::Supplier(_) => "supplierId",
            By::ComposedProduct(_) => "composedProductId",
            By::PartProduct(_) => "partProductId",
            By::SellOrder(_) => "sellOrderId",
            By::BuyOrder(_) => "buyOrderId",
            By::BuyOrderLine(_) => "buyOrderLineId",
            By::Name(_) => "name",
            By::SkuCode(_) => "skuCode",
            By::EanCode(_) => "eanCode",
            By::ArticleCode(_) => "articleCode",
            By::Placed(_) | By::PlacedSince(_) => "placed",
            By::Occurred(_) => "occurred",
            By::CreatedSince(_) => "createdAt",
            By::UpdatedSince(_) => "updatedAt",
        }
    }

    fn operator(&self) -> &'static str {
        match self {
            By::PlacedSince(_) | By::CreatedSince(_) | By::UpdatedSince(_) => "[GE]",
            _ => "",
        }
    }

    fn operand(&self) -> String {
        match self {
            By::Product(id)
            | By::Supplier(id)
            | By::ComposedProduct(id)
            | By::PartProduct(id)
            | By::SellOrder(id)
            | By::BuyOrder(id)
            | By::BuyOrderLine(id) => id.to_string(),
            By::Name(text) | By::SkuCode(text) | By::EanCode(text) | By::ArticleCode(text) => {
                text.clone()
            }
            By::Placed(time)
            | By::Occurred(time)
            | By::PlacedSince(time)
            | By::CreatedSince(time)
            | By::UpdatedSince(time) => instant_text(*time).replace('Z', "+00:00"),
        }
    }

    fn fit(&self, attributes: &Value) -> Fit {
        let held = &attributes[self.name()];
        let instant = || held.as_str()?.parse::<DateTime<Utc>>().ok();
        let equal = |fits: bool, otherwise: Fit| if fits { Fit::Fits } else { otherwise };
        match self {
            By::Product(id)
            | By::Supplier(id)
            | By::ComposedProduct(id)
            | By::PartProduct(id)
            | By::SellOrder(id)
            | By::BuyOrder(id)
            | By::BuyOrderLine(id) => {
                let theirs = held.as_i64().or_else(|| held.as_str()?.trim().parse().ok());
                equal(theirs == Some(*id), Fit::Stranger)
            }
            By::Name(text) | By::SkuCode(text) | By::EanCode(text) | By::ArticleCode(text) => {
                equal(held.as_str() == Some(text), Fit::Near)
            }
            By::Placed(time) | By::Occurred(time) => equal(
                instant().is_some_and(|its| its.timestamp() == time.timestamp()),
                Fit::Near,
            ),
            By::PlacedSince(time) | By::CreatedSince(time) | By::UpdatedSince(time) => equal(
                instant().is_some_and(|its| its.timestamp() >= time.timestamp()),
                Fit::Near,
            ),
        }
    }
}

/// Which rows are wanted, walked by id: rows that come, change or go meanwhile make no gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find {
    /// Of which resource.
    pub resource: Resource,
    by: Vec<By>,
    after: Option<i64>,
    limit: u16,
}

impl Find {
    /// All rows of a resource.
    pub const fn all(resource: Resource) -> Self {
        Self {
            resource,
            by: Vec::new(),
            after: None,
            limit: PAGE_MAX,
        }
    }

    /// Only rows for which this holds too.
    #[must_use]
    pub fn by(mut self, condition: By) -> Self {
        self.by.push(condition);
        self
    }

    /// Only rows with a higher id.
    #[must_use]
    pub const fn after(mut self, id: i64) -> Self {
        self.after = Some(id);
        self
    }

    /// At most so many rows a page, for reads that are too heavy.
    #[must_use]
    pub fn paged(mut self, limit: u16) -> Self {
        self.limit = limit.clamp(1, PAGE_MAX);
        self
    }

    pub(super) const fn last_seen(&self) -> Option<i64> {
        self.after
    }

    pub(super) fn is_full(&self, rows: usize) -> bool {
        rows >= usize::from(self.limit)
    }

    pub(super) fn fit(&self, row: &Stored) -> Fit {
        if self.by.is_empty() {
            return Fit::Fits;
        }
        let attributes: Value = serde_json::from_str(row.attributes()).unwrap_or_default();
        self.by
            .iter()
            .map(|condition| condition.fit(&attributes))
            .find(|fit| *fit != Fit::Fits)
            .unwrap_or(Fit::Fits)
    }

    /// The query for an account, percent-encoded.
    pub(super) fn query(&self, account: i64) -> String {
        let mut query = String::new();
        let mut add = |name: &str, value: &str| {
            let and = if query.is_empty() { "" } else { "&" };
            let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
            let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
            // Writing into a String cannot fail.
            let _ = write!(query, "{and}{name}={value}");
        };
        for condition in &self.by {
            let name = format!("filter[{}]{}", condition.name(), condition.operator());
            add(&name, &condition.operand());
        }
        add("filter[accountId]", &account.to_string());
        if let Some(after) = self.after {
            add("filter[id][GT]", &after.to_string());
        }
        add("sort", "id");
        add("page[limit]", &self.limit.to_string());
        query
    }
}
