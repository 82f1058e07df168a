//! Changes of mind in the source: after each of them another backfill leads to what the account
//! now says, in every mode, with what was loaded before kept as the rules keep it.

mod targets;

use crate::support::{World, assert_balanced, assert_same, small, view};
use pipeline::id::ShopId;
use pipeline::settings::{Locations, Settings};
use rust_decimal::Decimal;
use sandbox::{Account, Before, NewLine, NewOrderLine, Truth};
use targets::Targets;

type Change = (&'static str, fn(&mut Account, &mut Targets));

/// In an order in which each finds what it needs.
const CHANGES: &[Change] = &[
    ("an item that sells is archived", |a, t| {
        a.archive_item(t.sold)
    }),
    ("it is unarchived", |a, t| a.unarchive_item(t.sold)),
    ("an item that sells becomes labour", |a, t| {
        a.change_type(t.sold, "non_inventory")
    }),
    ("it becomes an ordinary item again", |a, t| {
        a.change_type(t.sold, "default")
    }),
    ("an item is merged into another", |a, t| {
        a.merge_item(t.merged, t.sold)
    }),
    ("another vendor becomes the usual one", |a, t| {
        a.change_default_vendor(t.sold, t.vendor)
    }),
    ("there is no usual vendor any more", |a, t| {
        a.change_default_vendor(t.sold, 0)
    }),
    ("a vendor number is added", |a, t| {
        let cost = Decimal::new(125, 2);
        let number = a.add_vendor_number(t.sold, t.vendor, "V-1", cost);
        t.number = number.expect("a number");
    }),
    ("and taken away", |a, t| {
        a.remove_vendor_number(t.sold, t.number)
    }),
    ("a vendor is archived", |a, t| a.archive_vendor(t.vendor)),
    ("it is unarchived", |a, t| a.unarchive_vendor(t.vendor)),
    ("a vendor vanishes", |a, t| a.hide_vendor(t.lost_vendor)),
    ("a recipe changes", |a, t| {
        a.edit_component(t.assembly, t.component, |row| row.quantity += Decimal::ONE);
    }),
    ("a component is removed", |a, t| {
        a.remove_component(t.assembly, t.component)
    }),
    ("a sale is made", |a, t| {
        t.sale = a.sell(1, &[(t.sold, 5), (t.other, 2)]);
    }),
    ("a line of it is edited", |a, t| {
        let line = a.sales()[&t.sale].lines[0].id;
        a.edit_line(line, |line| {
            line.quantity -= Decimal::ONE;
            line.total -= Decimal::ONE;
        });
    }),
    ("a line is added to it", |a, t| {
        a.add_line(t.sale, NewLine::of(t.third, 3));
    }),
    ("a line of it is deleted", |a, t| {
        let line = a.sales()[&t.sale].lines[1].id;
        a.delete_line(line);
    }),
    ("it is opened again", |a, t| a.uncomplete(t.sale)),
    ("and completed again", |a, t| a.complete(t.sale, None)),
    ("a piece comes back", |a, t| {
        let line = a.sales()[&t.sale].lines[0].id;
        t.refund = a.refund(line, 1).expect("a refund");
    }),
    ("the refund is voided", |a, t| a.void(t.refund)),
    ("the sale is voided", |a, t| a.void(t.sale)),
    ("a layaway moves into the sale that completes it", |a, t| {
        let layaway = a.open_sale(1, vec![NewLine::of(t.sold, 2)]);
        t.layaway = a.sales()[&layaway].lines[0].id;
        t.sale = a.sell(1, &[(t.other, 1)]);
    }),
    ("and there it stays", |a, t| a.move_line(t.layaway, t.sale)),
    ("an open sale is discarded", |a, t| {
        let open = a.open_sale(1, vec![NewLine::of(t.sold, 7)]);
        a.discard(open);
    }),
    ("an order is drafted", |a, t| {
        let lines = vec![NewOrderLine::of(t.sold, 10), NewOrderLine::of(t.other, 4)];
        t.order = a.draft_order(t.vendor, 1, lines);
    }),
    ("it is placed", |a, t| a.place_order(t.order)),
    ("a line of it is edited", |a, t| {
        let line = a.orders()[&t.order].lines[0].id;
        a.edit_order_line(line, |line| line.quantity += Decimal::TWO);
    }),
    ("a line of it is deleted", |a, t| {
        let line = a.orders()[&t.order].lines[1].id;
        a.delete_order_line(line);
    }),
    ("a line is added to it", |a, t| {
        a.add_order_line(
            t.order,
            NewOrderLine::of(t.third, 6).at(Decimal::new(315, 2)),
        );
    }),
    ("a line of it moves to another order", |a, t| {
        let line = a.orders()[&t.order].lines[1].id;
        t.second = a.order(t.vendor, 1, vec![NewOrderLine::of(t.other, 1)]);
        a.move_order_line(line, t.second);
    }),
    ("a part of it arrives", |a, t| {
        let line = a.orders()[&t.order].lines[0].id;
        a.receive(t.order, &[(line, 3)]);
    }),
    ("the rest arrives", |a, t| {
        let line = a.orders()[&t.order].lines[0].id;
        a.receive(t.order, &[(line, 9)]);
    }),
    ("it is finished", |a, t| a.complete_order(t.order)),
    ("it is opened again", |a, t| a.reopen_order(t.order)),
    ("it is archived after goods came", |a, t| {
        a.archive_order(t.order)
    }),
    ("an order is archived before anything came", |a, t| {
        a.archive_order(t.second)
    }),
    ("it comes back", |a, t| a.unarchive_order(t.second)),
    ("pieces are checked in without a shipment", |a, t| {
        let line = a.orders()[&t.second].lines[0].id;
        a.check_in(line, 3);
    }),
    ("some of them were counted by mistake", |a, t| {
        let line = a.orders()[&t.second].lines[0].id;
        a.check_in(line, 1);
    }),
    ("goods come in", |a, t| a.restock(t.sold, 1, 40)),
    ("a price changes", |a, t| {
        a.edit_item(t.sold, |item| item.prices[0].amount += Decimal::ONE);
    }),
    ("a shop is renamed", |a, _| a.rename_shop(2, "Riverside")),
    ("a shop is closed", |a, _| a.archive_shop(3)),
    ("a shop is opened", |a, t| {
        let shop = a.add_shop("Station");
        a.sell(shop, &[(t.sold, 1)]);
        a.set_stock(t.sold, shop, 11);
    }),
];

async fn check(locations: Locations, shop: i64, sync_all: bool) {
    let settings = Settings {
        sync_all_sales_orders: sync_all,
        ..Settings::new(locations, ShopId(shop))
    };
    let world = World::with(small(), settings.clone()).await;
    let run = world.backfill().await;
    world.assert_true(&run, &settings).await;
    let view = view(&settings);
    let mut before = world.sandbox.truth(&view).before(&Before::default());
    let mut targets = world.sandbox.inspect(Targets::of);
    for (name, change) in CHANGES {
        world
            .sandbox
            .mutate(|account| change(account, &mut targets));
        let run = world.backfill().await;
        assert_eq!(run.state, "done", "{name}: {:?}", run.reason);
        assert_balanced(&world.tallies(run.id).await);
        let truth: Truth = world.sandbox.truth_after(&view, &before);
        println!("{name}");
        assert_same(&world.dump().await, &truth.dump);
        before = truth.before(&before);
    }
}

macro_rules! combinations {
    ($($name:ident: $locations:expr, $shop:literal, $sync_all:literal;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            check($locations, $shop, $sync_all).await;
        }
    )+};
}

combinations! {
    all_locations_completed_only: Locations::All, 1, false;
    all_locations_with_open_sales: Locations::All, 2, true;
    several_locations_completed_only: Locations::Multiple(vec![ShopId(1), ShopId(3)]), 1, false;
    several_locations_with_open_sales: Locations::Multiple(vec![ShopId(1), ShopId(2)]), 2, true;
    one_location_completed_only: Locations::One, 1, false;
    one_location_with_open_sales: Locations::One, 1, true;
}
