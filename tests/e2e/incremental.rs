//! Incremental runs and sweeps over sockets: what they cost, what they leave out, what they find.

use crate::support::{World, assert_balanced, assert_same, small};
use pipeline::Feed;
use pipeline::id::ShopId;
use pipeline::settings::{Locations, Settings};
use rust_decimal::Decimal;
use sandbox::{Call, Fault};
use storage::{Run, SweepRequested, Trigger};

fn settings() -> Settings {
    Settings::new(Locations::All, ShopId(1))
}

/// An incremental run, and what it asked.
async fn import(world: &World) -> (Run, Vec<Call>) {
    world.sandbox.clear_history();
    let store = &world.deps.store;
    let asked = store.request_import(world.connection, Trigger::Schedule);
    let run = world.drive(asked.await.expect("a run").run).await;
    assert_eq!(
        (run.kind.as_str(), run.state.as_str()),
        ("incremental", "done")
    );
    assert_balanced(&world.tallies(run.id).await);
    (run, world.sandbox.history())
}

async fn sweep(world: &World) -> Vec<Call> {
    world.sandbox.clear_history();
    let store = &world.deps.store;
    let asked = store.request_sweep(world.connection, Trigger::Manual).await;
    let SweepRequested::Run(asked) = asked.expect("an answer") else {
        panic!("no sweep");
    };
    let run = world.drive(asked.run).await;
    assert_eq!((run.kind.as_str(), run.state.as_str()), ("sweep", "done"));
    assert_balanced(&world.tallies(run.id).await);
    world.sandbox.history()
}

fn spent(calls: &[Call]) -> Decimal {
    calls.iter().map(|call| call.cost).sum()
}

async fn assert_fresh(world: &World) {
    assert_same(&world.dump().await, &world.truth(&settings()).dump);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_cycle_costs_at_most_twelve_drips() {
    let world = World::new(small()).await;
    world.backfill().await;
    // What the overlap with the backfill holds is read once more.
    import(&world).await;
    let (run, calls) = import(&world).await;
    assert!(spent(&calls) <= Decimal::from(12), "{calls:#?}");
    assert!(calls.len() <= 9, "{calls:#?}");
    let (states, _) = world.deps.store.feed_runs(run.id).await.expect("feeds");
    assert_eq!(states.len(), Feed::ALL.len());
    assert_fresh(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_costs_a_page_and_its_own_records() {
    let world = World::new(small()).await;
    world.backfill().await;
    import(&world).await;
    let item = world.sandbox.mutate(|account| {
        let item = account.add_item("New", Decimal::from(3));
        account.sell(1, &[(item, 2)]);
        item
    });
    let (_, calls) = import(&world).await;
    // A new item is asked for once more, because its stock must be known before it goes out.
    let by_id = calls.iter().filter(|call| {
        call.resource == "Item"
            && call
                .query
                .iter()
                .any(|(_, value)| value.contains(&format!("IN,[{item}]")))
    });
    assert_eq!(by_id.count(), 1, "{calls:#?}");
    assert_fresh(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_reads_the_recent_past_and_vendors_once_a_week() {
    let world = World::new(small()).await;
    world.backfill().await;
    let hidden = world.sandbox.mutate(|account| {
        let hidden = account.add_item("Hidden", Decimal::ONE);
        account.sell(1, &[(hidden, 1)]);
        hidden
    });
    import(&world).await;
    world.sandbox.mutate(|account| {
        account.hide_item(hidden);
        let at = account.now() - chrono::TimeDelta::days(3);
        account.sell_late(1, vec![sandbox::NewLine::of(1, 1)], at);
    });
    let (_, calls) = import(&world).await;
    assert!(calls.len() <= 10, "nothing tells of either: {calls:#?}");
    let calls = sweep(&world).await;
    let asks = |resource: &str| calls.iter().any(|call| call.resource == resource);
    assert!(asks("Item") && asks("Sale") && asks("Shipment") && !asks("Vendor"));
    let explained = world.deps.store.missing_guards(world.connection).await;
    assert_eq!(explained.expect("guards"), vec![]);
    let dump = world.dump().await;
    let line = dump.iter().find(|line| {
        line.contains("\"kind\":\"product\"") && line.contains(&format!("\"item_id\":{hidden},"))
    });
    assert!(
        line.expect("the product")
            .contains("\"status\":\"disabled\"")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trail_that_may_not_be_read_is_an_alarm_and_no_end() {
    let world = World::new(small()).await;
    world.backfill().await;
    world.sandbox.set_fault(Fault::UpdatetimeRefused);
    world.sandbox.set_fault(Fault::Forbidden {
        resource: "SaleVoid".to_owned(),
    });
    let (_, calls) = import(&world).await;
    assert!(calls.iter().any(|call| call.resource == "SaleLine"));
    let (_, calls) = import(&world).await;
    let refused = calls.iter().filter(|call| call.status == 400).count();
    assert_eq!(refused, 0, "the refusal is remembered");
    let alarms = world.deps.store.alarms(world.connection).await;
    let alarms = alarms.expect("alarms");
    assert!(
        alarms
            .iter()
            .any(|alarm| alarm.alarm.subject == "voids of sales"),
        "{alarms:?}"
    );
    world.sandbox.clear_faults();
    world.sandbox.set_fault(Fault::UpdatetimeRefused);
    import(&world).await;
    let alarms = world.deps.store.alarms(world.connection).await;
    assert_eq!(alarms.expect("alarms"), vec![], "it may be read again");
}
