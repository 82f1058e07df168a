//! Get Data From and Sync All Sales Orders: each combination gives exactly the truth.

use crate::support::{World, assert_same, small};
use pipeline::id::ShopId;
use pipeline::settings::{Locations, PricesIncludeTax, Settings};
use sandbox::View;

async fn check(settings: Settings) {
    let world = World::with(small(), settings.clone()).await;
    let run = world.backfill().await;
    world.assert_true(&run, &settings).await;
}

fn settings(locations: Locations, shop: i64, sync_all: bool) -> Settings {
    Settings {
        sync_all_sales_orders: sync_all,
        ..Settings::new(locations, ShopId(shop))
    }
}

macro_rules! combinations {
    ($($name:ident: $locations:expr, $shop:literal, $sync_all:literal;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            check(settings($locations, $shop, $sync_all)).await;
        }
    )+};
}

combinations! {
    all_locations_completed_only: Locations::All, 2, false;
    all_locations_with_open_sales: Locations::All, 1, true;
    several_locations_completed_only: Locations::Multiple(vec![ShopId(1), ShopId(3)]), 1, false;
    several_locations_with_open_sales: Locations::Multiple(vec![ShopId(2), ShopId(3)]), 2, true;
    one_location_completed_only: Locations::One, 1, false;
    one_location_with_open_sales: Locations::One, 2, true;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sales_before_the_history_are_dropped_by_when_they_were_placed() {
    let probe = World::new(small()).await;
    let middle = probe.sandbox.inspect(|account| {
        let mut times: Vec<_> = account
            .sales()
            .values()
            .filter_map(|sale| sale.finished)
            .collect();
        times.sort();
        times[times.len() / 2]
    });
    let settings = Settings {
        history_since: Some(middle),
        ..Settings::new(Locations::All, ShopId(1))
    };
    check(settings).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_may_overrule_whether_prices_contain_tax() {
    for (ours, theirs) in [
        (PricesIncludeTax::Yes, sandbox::PricesIncludeTax::Yes),
        (PricesIncludeTax::No, sandbox::PricesIncludeTax::No),
    ] {
        let settings = Settings {
            prices_include_tax: ours,
            ..Settings::new(Locations::All, ShopId(1))
        };
        let world = World::with(small(), settings.clone()).await;
        world.backfill().await;
        let truth = world.sandbox.truth(&View {
            prices_include_tax: theirs,
            ..View::all(1)
        });
        assert_same(&world.dump().await, &truth.dump);
    }
}
