//! By what a row that may have been made is found again, and what rows name (optiply-api 10).
//!
//! Optiply keeps no name of ours, so a row is known by what it is.

use super::entity::{
    BuyOrder, BuyOrderLine, Composition, Product, ReceiptLine, SellOrder, SellOrderLine, Supplier,
    SupplierProduct,
};
use super::find::{By, Find};
use super::payload::{Payload, PayloadError};
use super::resource::Resource;
use super::stored::Stored;
use chrono::{DateTime, TimeDelta, Utc};

/// A row is never older than the intent to make it, give or take how far that system's clock may
/// have leapt since we heard it: a row that is looked for in vain is made a second time.
const SLACK: TimeDelta = TimeDelta::days(1);

/// The attribute in which our own code is found again.
const OUR_CODE: &str = "articleCode";

/// The attributes that make up the key of each resource.
const fn names(resource: Resource) -> &'static [&'static str] {
    match resource {
        Resource::Products => &[OUR_CODE, "skuCode", "name"],
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

impl Payload {
    /// By what the row is found again, as a text: rows with the same one cannot be told apart by
    /// looking for them.
    pub fn natural_key(&self) -> String {
        let mut text = self.resource().to_string();
        for name in names(self.resource()) {
            let Some(value) = self.value(name) else {
                continue;
            };
            text.push(' ');
            text.push_str(value);
            // Our own code is all there is to know of a product that has one.
            if *name == OUR_CODE {
                break;
            }
        }
        text
    }

    /// The rows that may be it, made since an intent was written.
    ///
    /// # Errors
    /// When a value is not of its kind.
    pub fn find_made(&self, since: Option<DateTime<Utc>>) -> Result<Find, PayloadError> {
        let resource = self.resource();
        let mut by = conditions(self)?;
        // There is one row of a pair at most, however old.
        if !resource.is_pair() {
            by.extend(since.map(|at| By::CreatedSince(at - SLACK)));
        }
        Ok(by.into_iter().fold(Find::all(resource), Find::by))
    }

    /// Whether a row found by its key may be the one that was to be made: nobody made it by hand,
    /// and what no condition asks for fits too.
    pub fn may_be(&self, row: &Stored) -> bool {
        if row.created_from_public_api == Some(false) && !self.resource().is_pair() {
            return false;
        }
        let Ok(shown) = row.payload() else {
            return false;
        };
        let same = |name: &str| self.value(name) == shown.value(name);
        match self.resource() {
            Resource::SellOrders => same("totalValue"),
            Resource::ReceiptLines | Resource::BuyOrderLines | Resource::SellOrderLines => {
                same("quantity") && same("subtotalValue")
            }
            _ => true,
        }
    }

    /// Whether two lines of one order are the same.
    pub fn same_line(&self, other: &Payload) -> bool {
        self.same_product(other)
            && ["quantity", "subtotalValue"]
                .iter()
                .all(|name| self.value(name) == other.value(name))
    }

    /// Whether two lines are of one product.
    pub fn same_product(&self, other: &Payload) -> bool {
        self.value("productId") == other.value("productId")
    }

    /// Whether it says how much there is of a product.
    pub fn tells_stock(&self) -> bool {
        self.value("stockLevel").is_some()
    }

    /// The rows whose ids it names, those of lines inside an order included.
    ///
    /// # Errors
    /// When a value is not of its kind.
    pub fn named(&self) -> Result<Vec<(Resource, i64)>, PayloadError> {
        let products = |lines: Vec<super::OrderLine>| {
            let ids = lines.into_iter().filter_map(|line| line.product_id);
            ids.map(|id| (Resource::Products, id)).collect::<Vec<_>>()
        };
        let mut named: Vec<(Resource, i64)> = match self.resource() {
            Resource::Products | Resource::Suppliers => Vec::new(),
            Resource::SellOrders => products(self.read::<SellOrder>()?.order_lines),
            Resource::BuyOrders => products(self.read::<BuyOrder>()?.order_lines),
            _ => Vec::new(),
        };
        for (resource, name) in [
            (Resource::Products, "productId"),
            (Resource::Products, "composedProductId"),
            (Resource::Products, "partProductId"),
            (Resource::Suppliers, "supplierId"),
            (Resource::SellOrders, "sellOrderId"),
            (Resource::BuyOrders, "buyOrderId"),
            (Resource::BuyOrderLines, "buyOrderLineId"),
        ] {
            let id = self.value(name).and_then(|id| id.parse().ok());
            named.extend(id.map(|id| (resource, id)));
        }
        named.sort_unstable();
        named.dedup();
        Ok(named)
    }
}

fn conditions(payload: &Payload) -> Result<Vec<By>, PayloadError> {
    let mut by = Vec::new();
    match payload.resource() {
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
    Ok(by)
}
