//! What Optiply should hold of one delivery, and what must be there first.

use super::key::Key;
use crate::id::{ItemId, OrderId, SaleId};
use crate::load::sell_order::{SellOrder, SellOrderLine};
use crate::load::{
    BuyOrder, BuyOrderLine, Composition, Product, Receipt, Supplier, SupplierProduct,
};
use chrono::{DateTime, Utc};

/// What Optiply should hold of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Desired {
    /// A product.
    Product(Product),
    /// A supplier.
    Supplier(Supplier),
    /// A supplier product.
    SupplierProduct(SupplierProduct),
    /// A composition.
    Composition(Composition),
    /// A sell order with its lines.
    SellOrder(SellOrder),
    /// A line of a sell order.
    SellOrderLine(SaleId, SellOrderLine),
    /// A buy order with its lines.
    BuyOrder(BuyOrderWish),
    /// A line of a buy order.
    BuyOrderLine(OrderId, BuyOrderLine),
    /// A receipt.
    Receipt(Receipt),
}

/// A buy order, and whether it may be completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuyOrderWish {
    /// The order.
    pub order: BuyOrder,
    /// Whether receipts of it are still to be delivered: they come before its completion.
    pub receipts_open: bool,
}

/// A line of an order, of either kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLineWish {
    /// What we call it.
    pub key: Key,
    /// The product.
    pub item: ItemId,
    /// The line alone.
    pub line: Desired,
}

impl Desired {
    /// What we call it.
    pub fn key(&self) -> Key {
        match self {
            Desired::Product(product) => Key::product(product.item_id),
            Desired::Supplier(supplier) => Key::supplier(supplier.vendor_id),
            Desired::SupplierProduct(pair) => Key::supplier_product(pair.item_id, pair.vendor_id),
            Desired::Composition(made) => Key::composition(made.item_id, made.part_item_id),
            Desired::SellOrder(order) => Key::sell_order(order.sale_id),
            Desired::SellOrderLine(sale, line) => Key::sell_order_line(*sale, line.item_id),
            Desired::BuyOrder(wish) => Key::buy_order(wish.order.order_id),
            Desired::BuyOrderLine(order, line) => Key::buy_order_line(*order, line.order_line_id),
            Desired::Receipt(receipt) => Key::receipt(receipt.order_id, &receipt.key),
        }
    }

    /// The deliveries whose Optiply ids it names: they must be there first.
    pub fn needs(&self) -> Vec<Key> {
        match self {
            Desired::Product(_) | Desired::Supplier(_) => Vec::new(),
            Desired::SupplierProduct(pair) => {
                vec![Key::product(pair.item_id), Key::supplier(pair.vendor_id)]
            }
            Desired::Composition(made) => {
                vec![Key::product(made.item_id), Key::product(made.part_item_id)]
            }
            Desired::SellOrder(order) => {
                let items = order.lines.iter().map(|line| line.item_id);
                items.map(Key::product).collect()
            }
            Desired::SellOrderLine(sale, line) => {
                vec![Key::sell_order(*sale), Key::product(line.item_id)]
            }
            Desired::BuyOrder(BuyOrderWish { order, .. }) => {
                let items = order.lines.iter().map(|line| line.item_id);
                std::iter::once(Key::supplier(order.vendor_id))
                    .chain(items.map(Key::product))
                    .collect()
            }
            Desired::BuyOrderLine(order, line) => {
                vec![Key::buy_order(*order), Key::product(line.item_id)]
            }
            Desired::Receipt(receipt) => {
                vec![Key::buy_order_line(receipt.order_id, receipt.order_line_id)]
            }
        }
    }

    /// The lines of an order, each a delivery of its own once the order is there.
    pub fn lines(&self) -> Vec<OrderLineWish> {
        match self {
            Desired::SellOrder(order) => order
                .lines
                .iter()
                .map(|line| OrderLineWish {
                    key: Key::sell_order_line(order.sale_id, line.item_id),
                    item: line.item_id,
                    line: Desired::SellOrderLine(order.sale_id, line.clone()),
                })
                .collect(),
            Desired::BuyOrder(BuyOrderWish { order, .. }) => order
                .lines
                .iter()
                .map(|line| OrderLineWish {
                    key: Key::buy_order_line(order.order_id, line.order_line_id),
                    item: line.item_id,
                    line: Desired::BuyOrderLine(order.order_id, line.clone()),
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Whether somebody else may have sent it before that instant. Of a supplier nobody tells since
    /// when there is one; pairs cannot be made twice, and lines come with their orders.
    pub fn may_precede(&self, instant: DateTime<Utc>) -> bool {
        match self {
            Desired::Product(product) => product.created_at_remote.is_none_or(|at| at < instant),
            Desired::Supplier(_) => true,
            Desired::SellOrder(order) => order.placed < instant,
            Desired::BuyOrder(wish) => wish.order.placed < instant,
            Desired::Receipt(receipt) => receipt.occurred < instant,
            Desired::SupplierProduct(_)
            | Desired::Composition(_)
            | Desired::SellOrderLine(..)
            | Desired::BuyOrderLine(..) => false,
        }
    }

    /// Whether a row may be made of it: no product before its stock is known, because Optiply
    /// would take a missing stock for none and advise to buy it all.
    pub fn may_be_made(&self) -> bool {
        !matches!(self, Desired::Product(product) if product.stock_level.is_none())
    }
}
