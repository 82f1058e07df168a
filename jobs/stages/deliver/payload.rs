//! Desired objects in Optiply's attributes.

use connectors::optiply::{
    BuyOrder, BuyOrderLine, Composition, OrderLine, Payload, PayloadError, Product, ReceiptLine,
    Resource, SellOrder, SellOrderLine, Status, Supplier, SupplierProduct,
};
use pipeline::deliver::{Desired, Entity, Key};
use pipeline::id::ItemId;
use pipeline::load::ProductStatus;
use std::collections::HashMap;
use storage::Link;

/// Why a payload cannot be written yet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Missing {
    /// Optiply does not hold what it names.
    #[error("{0} is not at Optiply yet")]
    Absent(Key),
    /// It names a line of this order, of which only Optiply knows what it is called.
    #[error("the lines of {0} were not asked for yet")]
    Unnamed(Key),
    /// A value cannot be written.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

/// What Optiply calls a kind of delivery.
pub(crate) const fn resource(entity: Entity) -> Resource {
    match entity {
        Entity::Product => Resource::Products,
        Entity::Supplier => Resource::Suppliers,
        Entity::SupplierProduct => Resource::SupplierProducts,
        Entity::Composition => Resource::ProductCompositions,
        Entity::SellOrder => Resource::SellOrders,
        Entity::SellOrderLine => Resource::SellOrderLines,
        Entity::BuyOrder => Resource::BuyOrders,
        Entity::BuyOrderLine => Resource::BuyOrderLines,
        Entity::Receipt => Resource::ReceiptLines,
    }
}

/// The kind of delivery that a resource holds.
pub(crate) const fn entity(resource: Resource) -> Entity {
    match resource {
        Resource::Products => Entity::Product,
        Resource::Suppliers => Entity::Supplier,
        Resource::SupplierProducts => Entity::SupplierProduct,
        Resource::ProductCompositions => Entity::Composition,
        Resource::SellOrders => Entity::SellOrder,
        Resource::SellOrderLines => Entity::SellOrderLine,
        Resource::BuyOrders => Entity::BuyOrder,
        Resource::BuyOrderLines => Entity::BuyOrderLine,
        Resource::ReceiptLines => Entity::Receipt,
    }
}

/// What Optiply calls what a delivery names.
pub(crate) struct Names<'a>(pub(crate) &'a HashMap<Key, Link>);

impl Names<'_> {
    fn id(&self, key: &Key) -> Result<Option<i64>, Missing> {
        match self.0.get(key) {
            Some(Link {
                remote_id: Some(id),
                ..
            }) => Ok(Some(*id)),
            Some(Link { held: true, .. }) => {
                Err(Missing::Unnamed(key.order().unwrap_or_else(|| key.clone())))
            }
            _ => Err(Missing::Absent(key.clone())),
        }
    }

    fn product(&self, item: ItemId) -> Result<Option<i64>, Missing> {
        self.id(&Key::product(item))
    }
}

/// The attributes of a desired object. An order brings its lines along.
///
/// # Errors
/// When it names something that Optiply does not hold.
pub(crate) fn payload(desired: &Desired, names: &Names<'_>) -> Result<Payload, Missing> {
    Ok(match desired {
        Desired::Product(product) => Payload::of(&Product {
            name: Some(product.name.clone()),
            stock_level: product.stock_level,
            // Said when it is made; from then on it is the planner's.
            unlimited_stock: Some(false),
            sku_code: product.sku_code.clone(),
            ean_code: product.ean_code.clone(),
            article_code: product.article_code.clone(),
            price: product.price,
            status: Some(status(product.status)),
            assembled: Some(product.assembled),
            minimum_stock: product.minimum_stock,
            created_at_remote: product.created_at_remote,
        })?,
        Desired::Supplier(supplier) => Payload::of(&Supplier {
            name: Some(supplier.name.clone()),
            emails: Some(supplier.emails.clone()),
            ignored: Some(supplier.ignored),
            ..Supplier::default()
        })?,
        Desired::SupplierProduct(pair) => Payload::of(&SupplierProduct {
            name: Some(pair.name.clone()),
            product_id: names.product(pair.item_id)?,
            supplier_id: names.id(&Key::supplier(pair.vendor_id))?,
            sku_code: pair.sku_code.clone(),
            ean_code: pair.ean_code.clone(),
            article_code: pair.article_code.clone(),
            price: pair.price,
            preferred: pair.preferred,
            status: Some(status(pair.status)),
            ..SupplierProduct::default()
        })?,
        Desired::Composition(made) => Payload::of(&Composition {
            composed_product_id: names.product(made.item_id)?,
            part_product_id: names.product(made.part_item_id)?,
            part_quantity: Some(made.part_quantity),
        })?,
        Desired::SellOrder(order) => Payload::of(&SellOrder {
            placed: Some(order.placed),
            completed: order.completed,
            total_value: Some(order.total_value),
            order_lines: order_lines(desired, names)?,
        })?,
        Desired::BuyOrder(wish) => Payload::of(&BuyOrder {
            placed: Some(wish.order.placed),
            supplier_id: names.id(&Key::supplier(wish.order.vendor_id))?,
            total_value: Some(wish.order.total_value),
            expected_delivery_date: wish.order.expected_delivery_date,
            // What arrived is told before that it was all (`mapping.md` 9).
            completed: wish.order.completed.filter(|_| !wish.receipts_open),
            assembly: None,
            order_lines: order_lines(desired, names)?,
        })?,
        Desired::SellOrderLine(sale, _) => {
            line(desired, names.id(&Key::sell_order(*sale))?, names)?
        }
        Desired::BuyOrderLine(order, _) => {
            line(desired, names.id(&Key::buy_order(*order))?, names)?
        }
        Desired::Receipt(receipt) => {
            let of = Key::buy_order_line(receipt.order_id, receipt.order_line_id);
            Payload::of(&ReceiptLine {
                buy_order_line_id: names.id(&of)?,
                quantity: Some(receipt.quantity),
                occurred: Some(receipt.occurred),
            })?
        }
    })
}

/// A line of the order that Optiply calls `order`.
///
/// # Errors
/// When Optiply does not hold its product.
pub(crate) fn line(
    desired: &Desired,
    order: Option<i64>,
    names: &Names<'_>,
) -> Result<Payload, Missing> {
    let payload = match desired {
        Desired::SellOrderLine(_, line) => Payload::of(&SellOrderLine {
            sell_order_id: order,
            product_id: names.product(line.item_id)?,
            quantity: Some(line.quantity),
            subtotal_value: Some(line.subtotal_value),
        }),
        Desired::BuyOrderLine(_, line) => Payload::of(&BuyOrderLine {
            buy_order_id: order,
            product_id: names.product(line.item_id)?,
            quantity: Some(line.quantity),
            subtotal_value: Some(line.subtotal_value),
            expected_delivery_date: None,
        }),
        other => return payload(other, names),
    };
    Ok(payload?)
}

fn order_lines(order: &Desired, names: &Names<'_>) -> Result<Vec<OrderLine>, Missing> {
    order
        .lines()
        .into_iter()
        .map(|wish| {
            let (quantity, subtotal_value) = match &wish.line {
                Desired::SellOrderLine(_, line) => (line.quantity, line.subtotal_value),
                Desired::BuyOrderLine(_, line) => (line.quantity, line.subtotal_value),
                _ => return Err(Missing::Absent(wish.key)),
            };
            Ok(OrderLine {
                product_id: names.product(wish.item)?,
                quantity: Some(quantity),
                subtotal_value: Some(subtotal_value),
                expected_delivery_date: None,
            })
        })
        .collect()
}

/// The lines that an order brought along, as Optiply holds them once it is called `order`.
///
/// # Errors
/// When the payload is none of an order.
pub(crate) fn lines_of(order: &Payload, id: i64) -> Result<Vec<Payload>, PayloadError> {
    match order.resource() {
        Resource::SellOrders => {
            let lines = order.read::<SellOrder>()?.order_lines;
            let of = |line: &OrderLine| {
                Payload::of(&SellOrderLine {
                    sell_order_id: Some(id),
                    product_id: line.product_id,
                    quantity: line.quantity,
                    subtotal_value: line.subtotal_value,
                })
            };
            lines.iter().map(of).collect()
        }
        Resource::BuyOrders => {
            let lines = order.read::<BuyOrder>()?.order_lines;
            let of = |line: &OrderLine| {
                Payload::of(&BuyOrderLine {
                    buy_order_id: Some(id),
                    product_id: line.product_id,
                    quantity: line.quantity,
                    subtotal_value: line.subtotal_value,
                    expected_delivery_date: None,
                })
            };
            lines.iter().map(of).collect()
        }
        _ => Ok(Vec::new()),
    }
}

const fn status(status: ProductStatus) -> Status {
    match status {
        ProductStatus::Enabled => Status::Enabled,
        ProductStatus::Disabled => Status::Disabled,
    }
}
