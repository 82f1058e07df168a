//! By what a row that may have been made is found again (optiply-api 10).

use super::payload::lines_of;
use chrono::{DateTime, TimeDelta, Utc};
use connectors::optiply::{
    BuyOrder, BuyOrderLine, By, Composition, Find, Payload, PayloadError, Product, ReceiptLine,
    Resource, SellOrder, SellOrderLine, Stored, Supplier, SupplierProduct,
};

/// A row is never older than the intent to make it, give or take how far the clocks of one
/// system's parts may differ.
const SLACK: TimeDelta = TimeDelta::minutes(5);

/// The attributes that make up the key of each resource.
const fn names(resource: Resource) -> &'static [&'static str] {
    match resource {
        Resource::Products => &["articleCode", "skuCode", "name"],
        Resource::Suppliers => &["name"],
        Resource::SupplierProducts => &["productId", "supplierId"],
        Resource::ProductCompositions => &["composedProductId", "partProductId"],
        Resource::SellOrders => &["placed", "totalValue"],
        Resource::SellOrderLines => &["sellOrderId", "productId"],
        Resource::BuyOrders => &["supplierId", "placed"],
        Resource::BuyOrderLines => &["buyOrderId", "productId"],
        Resource::ReceiptLines => &["buyOrderLineId", "occurred", "quantity"],
    }
}

/// The key as a text: rows with the same one cannot be told apart by looking for them.
pub(super) fn key(payload: &Payload) -> String {
    let resource = payload.resource();
    let mut text = resource.to_string();
    for name in names(resource) {
        if let Some(value) = payload.value(name) {
            text.push(' ');
            text.push_str(value);
            // Our own code is all there is to know of a product that has one.
            if resource == Resource::Products && *name == "articleCode" {
                break;
            }
        }
    }
    text
}

/// The rows that may be it, made since an intent was written.
///
/// # Errors
/// When a stored payload is none.
pub(super) fn find(payload: &Payload, since: Option<DateTime<Utc>>) -> Result<Find, PayloadError> {
    let resource = payload.resource();
    let mut by = Vec::new();
    match resource {
        Resource::Products => {
            let product: Product = payload.read()?;
            match product.article_code {
                Some(code) => by.push(By::ArticleCode(code)),
                None => {
                    by.extend(product.sku_code.map(By::SkuCode));
                    by.extend(product.name.map(By::Name));
                }
            }
        }
        Resource::Suppliers => by.extend(payload.read::<Supplier>()?.name.map(By::Name)),
        Resource::SupplierProducts => {
            let pair: SupplierProduct = payload.read()?;
            by.extend(pair.product_id.map(By::Product));
            by.extend(pair.supplier_id.map(By::Supplier));
        }
        Resource::ProductCompositions => {
            let made: Composition = payload.read()?;
            by.extend(made.composed_product_id.map(By::ComposedProduct));
            by.extend(made.part_product_id.map(By::PartProduct));
        }
        Resource::SellOrders => by.extend(payload.read::<SellOrder>()?.placed.map(By::Placed)),
        Resource::SellOrderLines => {
            let line: SellOrderLine = payload.read()?;
            by.extend(line.sell_order_id.map(By::SellOrder));
            by.extend(line.product_id.map(By::Product));
        }
        Resource::BuyOrders => {
            let order: BuyOrder = payload.read()?;
            by.extend(order.supplier_id.map(By::Supplier));
            by.extend(order.placed.map(By::Placed));
        }
        Resource::BuyOrderLines => {
            let line: BuyOrderLine = payload.read()?;
            by.extend(line.buy_order_id.map(By::BuyOrder));
            by.extend(line.product_id.map(By::Product));
        }
        Resource::ReceiptLines => {
            let receipt: ReceiptLine = payload.read()?;
            by.extend(receipt.buy_order_line_id.map(By::BuyOrderLine));
            by.extend(receipt.occurred.map(By::Occurred));
        }
    }
    // There is one row of a pair at most, however old.
    if !resource.is_pair() {
        by.extend(since.map(|at| By::CreatedSince(at - SLACK)));
    }
    Ok(by.into_iter().fold(Find::all(resource), Find::by))
}

/// Whether a row found by its key may be the one that was to be made: nobody made it by hand, and
/// what no query asks for fits too.
pub(super) fn fits(payload: &Payload, row: &Stored) -> bool {
    if row.created_from_public_api == Some(false) && !payload.resource().is_pair() {
        return false;
    }
    let Ok(shown) = row.payload() else {
        return false;
    };
    let same = |name: &str| payload.value(name) == shown.value(name);
    match payload.resource() {
        Resource::SellOrders => same("totalValue"),
        Resource::ReceiptLines | Resource::BuyOrderLines | Resource::SellOrderLines => {
            same("quantity") && same("subtotalValue")
        }
        _ => true,
    }
}

/// How the lines that Optiply shows of an order stand to those that were to be made with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// All of them, each with what Optiply calls it.
    All(Vec<Option<i64>>),
    /// Some of them.
    Some(Vec<Option<i64>>),
    /// Others too: it is another order.
    Strange,
}

/// Compares the lines of an order as it was to be made with those that Optiply shows.
///
/// # Errors
/// When a payload is none.
pub(super) fn lines(order: &Payload, id: i64, shown: &[Stored]) -> Result<Lines, PayloadError> {
    let wanted = lines_of(order, id)?;
    let mut left: Vec<(i64, Payload)> = shown
        .iter()
        .map(|row| Ok((row.id, row.payload()?)))
        .collect::<Result<_, PayloadError>>()?;
    let ids: Vec<Option<i64>> = wanted
        .iter()
        .map(|line| {
            let at = left.iter().position(|(_, other)| same_line(line, other))?;
            Some(left.remove(at).0)
        })
        .collect();
    Ok(if !left.is_empty() {
        Lines::Strange
    } else if ids.iter().all(Option::is_some) {
        Lines::All(ids)
    } else {
        Lines::Some(ids)
    })
}

/// Whether two lines of one order are the same.
pub(super) fn same_line(one: &Payload, other: &Payload) -> bool {
    ["productId", "quantity", "subtotalValue"]
        .iter()
        .all(|name| one.value(name) == other.value(name))
}
