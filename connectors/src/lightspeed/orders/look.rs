//! Look-ups, before and after writes.

use super::super::budget::Drips;
use super::super::client::{Answer, Lightspeed};
use super::super::error::SourceError;
use super::super::pages::shown_host;
use super::super::query::VALUE;
use super::held::{many, order};
use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::utf8_percent_encode;
use pipeline::export::HeldOrder;
use pipeline::id::{OrderId, ShopId, VendorId};
use serde_json::Value;
use url::Url;

const ORDER: &str = "Order";

/// Pages of orders of one vendor and shop that are looked through at most.
const PAGES_MOST: usize = 50;

impl Lightspeed {
    /// Every purchase order with this reference, archived ones too, by id. Where Lightspeed does
    /// not find by reference, the orders of the vendor and shop are looked through instead, those
    /// that changed `since` by Lightspeed's clock if that is known; whether it does is unknown
    /// (`mapping.md` 16, question 4).
    ///
    /// # Errors
    /// See [`SourceError`]; an answer that is not proven whole is never taken for "none".
    pub async fn orders_by_reference(
        &self,
        reference: &str,
        (vendor, shop): (VendorId, ShopId),
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<HeldOrder>, SourceError> {
        let by_reference = [("refNum", reference.to_owned())];
        let found = match self.orders(&by_reference).await {
            Err(SourceError::Refused { status: 400, .. }) => {
                let mut around = vec![
                    ("vendorID", vendor.to_string()),
                    ("shopID", shop.to_string()),
                ];
                around.extend(since.map(|since| {
                    let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
                    ("timeStamp", format!(">=,{since}"))
                }));
                self.orders(&around).await
            }
            found => found,
        };
        let mut found = found?;
        // A filter may be ignored, or compare otherwise than we do.
        found.retain(|order| order.reference == reference);
        Ok(found)
    }

    /// A purchase order with its lines, archived or not; none if there is no such order.
    ///
    /// # Errors
    /// See [`SourceError`].
    pub async fn purchase_order(&self, order: OrderId) -> Result<Option<HeldOrder>, SourceError> {
        let found = self.orders(&[("orderID", order.to_string())]).await?;
        Ok(found.into_iter().find(|held| held.id == order))
    }

    async fn orders(&self, by: &[(&str, String)]) -> Result<Vec<HeldOrder>, SourceError> {
        let mut query = "limit=100&sort=orderID&archived=true".to_owned();
        for (name, value) in by {
            query.push_str(&format!("&{name}={}", utf8_percent_encode(value, VALUE)));
        }
        query.push_str("&load_relations=%5B%22OrderLines%22%5D");
        let mut url = self.account_space().list(ORDER);
        url.set_query(Some(&query));
        let mut found = Vec::new();
        for _ in 0..PAGES_MOST {
            let answer = self.get(&url, ORDER, Drips::milli(1_400)).await?;
            let (rows, next) = page(&answer)?;
            found.extend(rows);
            match next {
                None => return Ok(found),
                Some(next) if self.account_space().owns(&next, ORDER) => url = next,
                Some(next) => {
                    return Err(SourceError::ForeignLink {
                        resource: ORDER.to_owned(),
                        host: shown_host(next.host_str().unwrap_or_default()),
                    });
                }
            }
        }
        Err(SourceError::LoopingLink {
            resource: ORDER.to_owned(),
        })
    }
}

/// The orders of a page and the link to the next; the end must be proven.
fn page(answer: &Answer) -> Result<(Vec<HeldOrder>, Option<Url>), SourceError> {
    let unreadable = || SourceError::Unreadable {
        resource: ORDER.to_owned(),
        excerpt: answer.excerpt(),
        source: None,
    };
    let body: Value = serde_json::from_slice(&answer.response.body).map_err(|_| unreadable())?;
    let next = body["@attributes"]["next"]
        .as_str()
        .ok_or_else(|| SourceError::Envelope {
            resource: ORDER.to_owned(),
        })?;
    let next = match next {
        "" => None,
        link => Some(Url::parse(link).map_err(|_| unreadable())?),
    };
    let rows: Option<Vec<HeldOrder>> = many(&body, ORDER).into_iter().map(order).collect();
    Ok((rows.ok_or_else(unreadable)?, next))
}
