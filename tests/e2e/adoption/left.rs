//! The judge of a cut-over: nothing that the predecessor left was made again. It knows which row is
//! which record from the predecessor alone, and what was written from Optiply's own list.

use sandbox::{Left, Resource, Sandbox};
use serde_json::Value;
use std::collections::BTreeMap;

/// What was made that was there, as sentences.
pub(crate) fn made_again(sandbox: &Sandbox, left: &Left) -> Vec<String> {
    let mut wrong = Vec::new();
    let account = sandbox.account();
    let mut sold: BTreeMap<String, i64> = BTreeMap::new();
    let mut bought: BTreeMap<String, i64> = BTreeMap::new();
    let mut bodies: BTreeMap<String, String> = BTreeMap::new();
    for write in sandbox.optiply().writes() {
        if write.method == "DELETE" {
            wrong.push(format!("{:?} {} was deleted", write.resource, write.id));
        }
        if write.method != "POST" {
            continue;
        }
        let body: Value = serde_json::from_str(&write.body).expect("json");
        let attributes = &body["data"]["attributes"];
        let text = |name: &str| attributes[name].as_str().unwrap_or_default().to_owned();
        match write.resource {
            Resource::Products => {
                let item: u64 = text("articleCode").parse().expect("the id of the item");
                if let Some(rows) = left.products.get(&item) {
                    wrong.push(format!("item {item} is {rows:?} already: {}", write.body));
                }
            }
            Resource::Suppliers => {
                let of = |vendor: &u64| account.vendors()[vendor].name.trim() == text("name");
                if left.suppliers.keys().any(of) {
                    wrong.push(format!("a supplier twice: {}", write.body));
                }
            }
            Resource::SellOrders => *sold.entry(text("placed")).or_default() += 1,
            Resource::BuyOrders => *bought.entry(text("placed")).or_default() += 1,
            _ => {}
        }
        bodies.insert(text("placed"), write.body);
    }
    // Of the sales of one second so many may be made as were not told before.
    for (placed, made) in sold {
        let at = instant(&placed);
        let sales = account.sales().values();
        let untold = sales.filter(|sale| {
            let finished = sale.finished.or(sale.stamp);
            finished == Some(at) && !left.sell_orders.contains_key(&sale.id)
        });
        let untold = i64::try_from(untold.count()).expect("few");
        if made > untold {
            let body = &bodies[&placed];
            wrong.push(format!(
                "{made} sales made of {placed}, {untold} were untold: {body}"
            ));
        }
    }
    for (placed, made) in bought {
        let at = instant(&placed);
        let orders = account.orders().values();
        let untold = orders.filter(|order| {
            order.ordered.or(order.created).or(order.stamp) == Some(at)
                && !left.buy_orders.contains_key(&order.id)
        });
        let untold = i64::try_from(untold.count()).expect("few");
        if made > untold {
            let body = &bodies[&placed];
            wrong.push(format!(
                "{made} orders made of {placed}, {untold} were untold: {body}"
            ));
        }
    }
    wrong
}

/// What planners typed into what the predecessor left is as it was.
pub(crate) fn assert_planners_kept(sandbox: &Sandbox, left: &Left) {
    let rows = |resource| {
        let rows = sandbox.optiply().rows(resource).into_iter();
        rows.filter(|row| !row.deleted)
            .map(|row| (row.id, row))
            .collect::<BTreeMap<_, _>>()
    };
    let products = rows(Resource::Products);
    for id in left.products.values().flatten() {
        assert_eq!(products[id].int("maximumStock"), Some(40), "product {id}");
    }
    let suppliers = rows(Resource::Suppliers);
    for id in left.suppliers.values().flatten() {
        assert_eq!(suppliers[id].int("deliveryTime"), Some(9), "supplier {id}");
    }
    let pairs = rows(Resource::SupplierProducts);
    let kept = pairs
        .values()
        .filter(|pair| pair.int("lotSize") == Some(6) && pair.int("deliveryTime") == Some(5));
    let given = left.products.len();
    assert!(kept.count() > given / 3, "the pairs with what was typed");
}

fn instant(text: &str) -> chrono::DateTime<chrono::Utc> {
    text.parse().expect("an instant")
}
