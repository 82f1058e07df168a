//! What happens before a backup, and between it and the day it is put back.

use super::Rows;
use crate::delivery::world::World;
use crate::export::world::{Shelf, export, line, plan, remote};
use pipeline::deliver::Entity;
use rust_decimal::Decimal;
use sandbox::{NewOrderLine, Resource, Writer};
use serde_json::json;
use std::time::Duration;

/// What was done.
pub(super) struct Deeds {
    shelf: Shelf,
    /// Buy orders of planners.
    planned: Vec<i64>,
    /// A sale that is voided, with its row.
    voided: (u64, i64),
    /// An item that is renamed and named as before, and its name.
    named: (u64, String),
    /// What Optiply shows of that name.
    shown: serde_json::Value,
    /// Items and sales made since.
    new_item: u64,
    sold: u64,
}

/// Whether a line of a dump tells of one of these purchase orders as an order.
pub(super) fn is_of(line: &str, orders: &[i64]) -> bool {
    let order = |id: &i64| line.contains(&format!("\"order_id\":{id},"));
    !line.contains("\"kind\":\"sell") && orders.iter().any(order)
}

async fn later() {
    tokio::time::sleep(Duration::from_secs(120)).await;
}

impl Deeds {
    /// A buy order is ordered, and a sale delivered.
    pub(super) async fn before(world: &World, shelf: Shelf) -> Self {
        let lines = [
            line(shelf.items[0].1, 5, 150),
            line(shelf.items[1].1, 3, 80),
        ];
        let planned = vec![plan(world, shelf.vendors[0].1, &lines)];
        assert_eq!(export(world).await.state, "done");
        let (sold, item) = (shelf.items[2].0, shelf.items[3].0);
        let sale = world
            .sandbox
            .mutate(|account| account.sell(1, &[(sold, 2)]));
        world.sync().await;
        later().await;
        let id = i64::try_from(sale).expect("an id");
        let store = &world.deps.store;
        let rows = store.deliveries_of(world.connection, Entity::SellOrder, id);
        let row = rows.await.expect("rows")[0].remote_id.expect("an id");
        let name = world
            .sandbox
            .inspect(|account| account.items()[&item].description.clone());
        let shown = super::rows(world)[&("products", shelf.items[3].1)].attributes["name"].clone();
        Self {
            shelf,
            planned,
            voided: (sale, row),
            named: (item, name),
            shown,
            new_item: 0,
            sold: 0,
        }
    }

    /// Everything that the backup does not know: items, sales, purchases, arrivals, buy orders that
    /// are ordered, changed, received and completed.
    pub(super) async fn since(&mut self, world: &mut World) {
        let item = self.named.0;
        let vendor = self.shelf.vendors[1].0;
        let (first, second) = (self.shelf.items[4].0, self.shelf.items[5].0);
        let (new_item, order) = world.sandbox.mutate(|account| {
            let new = account.add_item("Bell of brass", Decimal::TEN);
            account.restock(new, 1, 12);
            account.edit_item(item, |item| item.description.push_str(" (new)"));
            account.sell(1, &[(new, 2), (first, 1)]);
            account.sell(1, &[(second, 3)]);
            let lines = vec![NewOrderLine::of(first, 6), NewOrderLine::of(new, 4)];
            (new, account.order(vendor, 1, lines))
        });
        self.new_item = new_item;
        world.sync().await;
        later().await;
        world.sandbox.mutate(|account| {
            let line = account.orders()[&order].lines[0].id;
            account.receive(order, &[(line, 2)]);
        });
        world.sync().await;
        let product = remote(world, Entity::Product, new_item).await;
        let new = product.expect("it is delivered");
        let (old, other) = (self.shelf.items[6].1, self.shelf.items[7].1);
        for lines in [
            vec![line(old, 4, 125)],
            vec![line(new, 2, 300), line(other, 1, 90)],
            vec![line(other, 9, 45)],
        ] {
            self.planned
                .push(plan(world, self.shelf.vendors[2].1, &lines));
        }
        assert_eq!(export(world).await.state, "done");
        later().await;
        self.carry_on(world).await;
    }

    /// The first buy order is changed, another received in part, the last completed.
    async fn carry_on(&self, world: &World) {
        let optiply = world.sandbox.optiply();
        let lines = optiply.rows(Resource::BuyOrderLines);
        let mut of_first = lines
            .iter()
            .filter(|row| row.attributes["buyOrderId"] == self.planned[0]);
        let changed = of_first.next().expect("a line").id;
        optiply.mutate(Writer::Planner, |editor| {
            let more = json!({"quantity": 8, "subtotalValue": "12.00"});
            let set = editor.set(Resource::BuyOrderLines, changed, more);
            set.expect("a change");
            let total = json!({"totalValue": "14.40"});
            let set = editor.set(Resource::BuyOrders, self.planned[0], total);
            set.expect("a change");
        });
        assert_eq!(export(world).await.state, "done");
        let received = self.order_of(world, self.planned[1]);
        world.sandbox.mutate(|account| {
            let line = account.orders()[&received].lines[0].id;
            account.receive(received, &[(line, 3)]);
        });
        world.sync().await;
        later().await;
        optiply.mutate(Writer::Planner, |editor| {
            let done = json!({"completed": "2026-11-01T13:00:00Z"});
            let set = editor.set(Resource::BuyOrders, self.planned[3], done);
            set.expect("a change");
        });
        export(world).await;
        world.sync().await;
        world.settle().await;
    }

    /// What happens while nobody works: a sale, one that is voided, and a name as it was before.
    pub(super) fn meanwhile(&mut self, world: &World) {
        let (item, name) = self.named.clone();
        let (new, voided) = (self.new_item, self.voided.0);
        self.sold = world.sandbox.mutate(|account| {
            account.edit_item(item, |item| item.description = name);
            account.void(voided);
            account.sell(1, &[(new, 1)])
        });
    }

    fn order_of(&self, world: &World, planned: i64) -> u64 {
        let reference = format!("OPT-{planned}");
        world.sandbox.inspect(|account| {
            let mut orders = account.orders().values();
            let of = orders.find(|order| order.reference == reference);
            of.expect("a purchase order").id
        })
    }

    /// The purchase orders of what planners made.
    pub(super) fn exported(&self, world: &World) -> Vec<i64> {
        let planned = self.planned.iter();
        planned
            .map(|planned| i64::try_from(self.order_of(world, *planned)).expect("an id"))
            .collect()
    }

    /// The rows of the voided sale, as they were.
    pub(super) fn voided(&self, held: &Rows) -> Vec<(&'static str, i64)> {
        let order = self.voided.1;
        let of = held.iter().filter(|((resource, id), row)| {
            (*resource == "sellOrders" && *id == order)
                || (*resource == "sellOrderLines" && row.attributes["sellOrderId"] == order)
        });
        of.map(|(key, _)| *key).collect()
    }

    /// The name is what it was before the backup, though another was delivered in between.
    pub(super) fn assert_name(&self, now: &Rows) {
        let shown = &now[&("products", self.shelf.items[3].1)].attributes["name"];
        assert_eq!(shown, &self.shown);
    }
}
