//! An API that misbehaves costs time and nothing else; what it cannot deliver is named.

use crate::support::{World, assert_balanced, assert_same, report, sized};
use pipeline::id::ShopId;
use pipeline::settings::{Locations, Settings};
use sandbox::{Fault, Garbage, When};
use storage::Run;

/// A backfill under faults ends like one without.
async fn survives(faults: Vec<Fault>) -> World {
    let settings = Settings::new(Locations::All, ShopId(1));
    let world = World::with(sized(200, 900), settings.clone()).await;
    for fault in faults {
        world.sandbox.set_fault(fault);
    }
    let run = world.backfill().await;
    world.assert_true(&run, &settings).await;
    world
}

/// How many answers of this run were spoiled by a fault.
fn spoiled(world: &World) -> usize {
    world
        .sandbox
        .history()
        .iter()
        .filter(|call| call.fault.is_some())
        .count()
}

macro_rules! survives {
    ($($name:ident: $fault:expr;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let world = survives(vec![$fault]).await;
            assert!(spoiled(&world) > 0, "the fault was met");
        }
    )+};
}

survives! {
    a_truncated_body_is_asked_for_again: Fault::TruncatedBody { at: When::nth(3).on("sales") };
    an_empty_answer_is_not_the_end: Fault::EmptyBody200 { at: When::nth(3).on("sales") };
    an_html_gateway_error_is_waited_out: Fault::status(502, When::nth(2).on("sales"));
    a_link_that_loops_starts_again_from_the_checkpoint: Fault::NextLoops { at: When::nth(3).on("sales") };
    a_connection_cut_before_the_answer: Fault::ResetBefore { at: When::nth(2).on("items") };
    a_connection_cut_after_the_answer: Fault::ResetAfter { at: When::nth(4).on("sales") };
    a_storm_of_refusals_is_waited_out: Fault::Storm429 { calls: 3, retry_after: Some(1) };
    a_token_that_is_refused_is_renewed_once: Fault::status(401, When::nth(4).on("sales"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failing_pages_shrink_and_grow_back() {
    let at = When {
        resource: Some("sales".to_owned()),
        skip: 2,
        times: 3,
    };
    let world = survives(vec![Fault::status(504, at)]).await;
    let limits: Vec<String> = world
        .sandbox
        .history()
        .iter()
        .filter(|call| call.resource == "Sale")
        .filter_map(|call| call.param("limit").map(str::to_owned))
        .collect();
    assert!(
        limits.iter().any(|limit| limit != "100" && limit != "1"),
        "{limits:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_sent_twice_count_once_and_once_as_unchanged() {
    let fault = Fault::DuplicatePage {
        at: When::nth(3).on("sales"),
    };
    let (world, run) = run_with(fault).await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    let tallies = world.tallies(run.id).await;
    assert_balanced(&tallies);
    let truth = world.truth(&Settings::new(Locations::All, ShopId(1)));
    assert_same(&world.dump().await, &truth.dump);
    let mut expected = serde_json::to_value(truth.feed("sales")).expect("json");
    let ours = report(&tallies)[3].clone();
    let twice =
        ours["read"].as_i64().expect("a number") - expected["read"].as_i64().expect("a number");
    assert!(twice > 0, "the fault was met");
    expected["read"] = ours["read"].clone();
    expected["unchanged"] = twice.into();
    assert_eq!(ours, expected);
}

async fn run_with(fault: Fault) -> (World, Run) {
    let world = World::new(sized(200, 900)).await;
    world.sandbox.set_fault(fault);
    let run = world.backfill().await;
    (world, run)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_the_source_cannot_deliver_is_named_and_passed() {
    let id = 345;
    let (world, run) = run_with(Fault::AlwaysFails {
        feed: "sales".to_owned(),
        id,
    })
    .await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    let tallies = world.tallies(run.id).await;
    assert_balanced(&tallies);
    let rejections = world
        .deps
        .store
        .rejections(world.connection, 0, 100)
        .await
        .expect("rejections");
    let found: Vec<_> = rejections
        .iter()
        .filter(|r| r.record == Some(345))
        .collect();
    assert_eq!(found.len(), 1, "{rejections:?}");
    assert_eq!(found[0].reason, Some(pipeline::Reason::Undeliverable));
    let truth = world
        .sandbox
        .truth_without_sales(&sandbox::View::all(1), &[id]);
    assert_same(&world.dump().await, &truth.dump);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_garbage_record_costs_a_rejection_and_no_neighbour() {
    for kind in [Garbage::Text, Garbage::NoId] {
        let id = 345;
        let fault = Fault::GarbageRecord {
            feed: "sales".to_owned(),
            id: Some(id),
            kind,
            at: When::always(),
        };
        let (world, run) = run_with(fault).await;
        assert_eq!(run.state, "done", "{:?}", run.reason);
        assert_balanced(&world.tallies(run.id).await);
        let rejections = world
            .deps
            .store
            .rejections(world.connection, 0, 100)
            .await
            .expect("rejections");
        let nameless: Vec<_> = rejections.iter().filter(|r| r.record.is_none()).collect();
        assert_eq!(nameless.len(), 1, "{rejections:?}");
        let truth = world
            .sandbox
            .truth_without_sales(&sandbox::View::all(1), &[id]);
        assert_same(&world.dump().await, &truth.dump);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_to_another_host_is_not_followed_and_stops_the_run() {
    let (world, run) = run_with(Fault::NextToOtherHost {
        at: When::nth(2).on("sales"),
    })
    .await;
    assert_eq!(run.state, "failed");
    let reason = run.reason.expect("a reason");
    assert!(reason.contains("leads elsewhere"), "{reason}");
    // A person who has looked at it starts it again, and what was read is not read anew.
    let before = pages(&world);
    let again = world.backfill().await;
    assert_eq!(
        (again.id, again.state.as_str()),
        (run.id, "done"),
        "{:?}",
        again.reason
    );
    let undisturbed = World::new(sized(200, 900)).await;
    undisturbed.backfill().await;
    assert!(
        before > 0 && pages(&world) <= pages(&undisturbed) + 2,
        "at most a page a slice"
    );
    let settings = Settings::new(Locations::All, ShopId(1));
    assert_same(&world.dump().await, &world.truth(&settings).dump);
}

/// Pages of sales with rows that were served.
fn pages(world: &World) -> usize {
    let history = world.sandbox.history();
    history
        .iter()
        .filter(|call| call.resource == "Sale" && call.rows > 1)
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_right_leaves_out_its_feed_and_no_other() {
    let fault = Fault::Forbidden {
        resource: "Sale".to_owned(),
    };
    let (world, run) = run_with(fault).await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_balanced(&world.tallies(run.id).await);
    let (feeds, _) = world.deps.store.feed_runs(run.id).await.expect("feeds");
    let states: std::collections::BTreeMap<_, _> = feeds
        .iter()
        .map(|feed| (feed.feed.name(), feed.state.as_str()))
        .collect();
    assert_eq!((states["sales"], states["items"]), ("forbidden", "done"));
    let lasts = || world.deps.store.alarms(world.connection);
    let alarms = lasts().await.expect("alarms");
    assert_eq!(alarms.len(), 1, "{alarms:?}");
    let text = &alarms[0].alarm.text;
    assert!(text.contains("Sale") && text.contains("right"), "{text}");
    // Once the right is there again, the next run reads the feed, and the alarm is over.
    world.sandbox.clear_faults();
    let run = world.backfill().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(lasts().await.expect("alarms"), vec![]);
    let settings = Settings::new(Locations::All, ShopId(1));
    assert_same(&world.dump().await, &world.truth(&settings).dump);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_to_nothing_stops_the_run_with_its_remedy() {
    let world = World::new(sized(200, 900)).await;
    for resource in ["Shop", "Vendor", "Item", "Sale", "Order", "Shipment"] {
        world.sandbox.set_fault(Fault::Forbidden {
            resource: resource.to_owned(),
        });
    }
    let run = world.backfill().await;
    assert_eq!(run.state, "failed");
    let reason = run.reason.expect("a reason");
    assert!(reason.contains("right"), "{reason}");
    let stopped = world.deps.store.stopped(world.connection).await;
    assert!(stopped.expect("an answer").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_grant_stops_the_run_and_asks_for_a_person() {
    let (world, run) = run_with(Fault::TokenRevoked).await;
    assert_eq!(run.state, "failed");
    let connection = world
        .deps
        .store
        .connection_by_id(world.connection)
        .await
        .expect("a connection");
    assert_eq!(connection.state, storage::ConnectionState::NeedsReconnect);
}
