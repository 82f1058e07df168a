//! Rows of vendors, orders and arrivals as Lightspeed sends them, and short words for the model.

use super::account::{Account, item};
use pipeline::Feed;
use serde_json::{Value, json};
use storage::NewPage;

pub(super) fn vendor(id: i64) -> Value {
    json!({"vendorID": id.to_string(), "name": format!("Vendor {id}"), "archived": "false"})
}

/// A placed order from vendor 7 to shop 1, last changed at `changed`.
pub(super) fn order(id: i64, changed: &str, lines: &[Value]) -> Value {
    json!({
        "orderID": id.to_string(), "vendorID": "7", "shopID": "1", "complete": "false",
        "archived": "false", "hasShipments": "false", "timeStamp": changed,
        "orderedDate": "2026-01-10T09:00:00+00:00", "OrderLines": {"OrderLine": lines},
    })
}

/// A line of an order at two a piece, of which this many are in stock.
pub(super) fn ordered(id: i64, item: i64, quantity: i64, checked_in: i64) -> Value {
    json!({
        "orderLineID": id.to_string(), "itemID": item.to_string(),
        "quantity": quantity.to_string(), "price": "2", "checkedIn": checked_in.to_string(),
    })
}

/// An arrival for an order: ids of its items, items, pieces.
pub(super) fn shipment(id: i64, order: i64, items: &[(i64, i64, i64)]) -> Value {
    let items: Vec<Value> = items
        .iter()
        .map(|(id, item, pieces)| {
            json!({"orderShipmentItemID": id.to_string(), "itemID": item.to_string(),
                   "qtyReceived": pieces.to_string()})
        })
        .collect();
    json!({
        "orderShipmentID": id.to_string(), "orderID": order.to_string(),
        "receptionDate": "2026-01-12T09:30:00+00:00",
        "OrderShipmentItems": {"OrderShipmentItem": items},
    })
}

/// An item that vendors sell: the first of them usually.
pub(super) fn sold_by(id: i64, vendors: &[i64]) -> Value {
    let numbers: Vec<Value> = vendors
        .iter()
        .map(|vendor| {
            json!({"itemVendorNumID": (id * 100 + vendor).to_string(), "itemID": id.to_string(),
                   "vendorID": vendor.to_string(), "value": format!("N{vendor}"), "cost": "3"})
        })
        .collect();
    let mut row = item(id, 1);
    row["defaultVendorID"] = json!(vendors.first().unwrap_or(&0).to_string());
    row["defaultCost"] = json!("1.5");
    row["ItemVendorNums"] = json!({"ItemVendorNum": numbers});
    row
}

/// An assembly of these parts.
pub(super) fn made_of(id: i64, parts: &[(i64, i64)]) -> Value {
    let rows: Vec<Value> = parts
        .iter()
        .map(|(part, quantity)| {
            json!({"itemComponentID": (id * 100 + part).to_string(), "componentGroup": "0",
                   "assemblyItemID": id.to_string(), "componentItemID": part.to_string(),
                   "quantity": quantity.to_string()})
        })
        .collect();
    let mut row = item(id, 1);
    row["itemType"] = json!("assembly");
    row["ItemComponents"] = json!({"ItemComponent": rows});
    row
}

impl Account {
    /// Vendor 7 and items 40 and 41, loaded.
    pub(super) async fn stocked() -> Self {
        let account = Self::open().await;
        account.observe(Feed::Vendors, 1, &[vendor(7)]).await;
        account
            .observe(Feed::Items, 2, &[item(40, 9), item(41, 9)])
            .await;
        account.settle().await;
        account
    }

    /// Reads rows and carries them through every stage.
    pub(super) async fn read(&self, feed: Feed, observation: i64, rows: &[Value]) {
        self.observe(feed, observation, rows).await;
        self.settle().await;
    }

    /// Reads the answer to a request for ids: these were asked for, these rows came.
    pub(super) async fn answer(&self, feed: Feed, observation: i64, ids: &[i64], rows: &[Value]) {
        let page = NewPage {
            asked: Some(ids.to_vec()),
            ..self.page(feed, observation, rows)
        };
        self.store_page(page).await.unwrap();
        let page = self.next_page().await.unwrap();
        self.normalize(&page).await.unwrap();
        self.settle().await;
    }

    /// The objects of a kind in the model.
    pub(super) async fn model(&self, kind: &str) -> Vec<Value> {
        let mut lines = Vec::new();
        let dump = self.store.dump_model(self.id, |line| {
            let value: Value = serde_json::from_str(&line).unwrap();
            if value["kind"] == kind {
                lines.push(value);
            }
        });
        dump.await.unwrap();
        lines
    }

    /// The lines of a buy order as `line: item x quantity`, or nothing.
    pub(super) async fn bought(&self, id: i64) -> String {
        let orders = self.model("buy_order").await;
        let of = |order: &Value| order["order_id"] == id;
        let Some(order) = orders.into_iter().find(of) else {
            return "none".to_owned();
        };
        let lines: Vec<String> = order["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| {
                format!(
                    "{}: {} x {}",
                    l["order_line_id"], l["item_id"], l["quantity"]
                )
            })
            .collect();
        lines.join(", ")
    }

    /// The receipts as `line key quantity`.
    pub(super) async fn receipts(&self) -> Vec<String> {
        let receipts = self.model("receipt").await;
        receipts
            .iter()
            .map(|r| {
                let key = r["key"].as_str().unwrap();
                format!("{} {key} {}", r["order_line_id"], r["quantity"])
            })
            .collect()
    }

    pub(super) async fn wanted(&self, feed: Feed) -> Vec<i64> {
        let wanted = self.store.wanted_after(self.id, feed, 0, 10);
        wanted.await.unwrap()
    }
}
