//! Buy orders on their way: each step only where it begins, each call once, and none by a holder
//! that was taken over.

use crate::support::Home;
use chrono::TimeDelta;
use pipeline::Reason;
use pipeline::export::{Candidate, Intent, IntentLine};
use pipeline::id::{
    BuyOrderId, ConnectionId, ItemId, OrderId, OrderLineId, RunId, ShopId, VendorId,
};
use std::time::Duration;
use storage::{
    ConnectionState, Echo, EchoLine, ExportMove, ExportOp, ExportState, ExportStep, ExportWork,
    Lease, Sighting, Store, StoreError, Trigger,
};

const ORDER: BuyOrderId = BuyOrderId(12);

struct Bench {
    store: Store,
    connection: ConnectionId,
    lease: Lease,
    run: RunId,
    _home: Home,
}

impl Bench {
    /// A connection of which one buy order is due.
    async fn new() -> Self {
        let home = Home::new();
        let store = home.open().await;
        let connection = crate::support::connect(&store, "shop").await;
        let (draft, active) = ([ConnectionState::Draft], ConnectionState::Active);
        let moved = store.set_connection_state(connection, &draft, active, None);
        moved.await.unwrap();
        let settings = crate::support::settings();
        store
            .put_settings(connection, &settings, "test")
            .await
            .unwrap();
        store.start_delivery(connection).await.unwrap();
        let run = store
            .request_export(connection, Trigger::Manual)
            .await
            .unwrap()
            .run;
        let lease = take(&store, connection, "first").await;
        let seen = Sighting {
            order: ORDER,
            changed_at: None,
            wanted: true,
        };
        store.note_sightings(&lease, run, &[seen]).await.unwrap();
        Self {
            store,
            connection,
            lease,
            run,
            _home: home,
        }
    }

    async fn go(&self, moves: &[ExportMove<'_>]) -> Result<(), StoreError> {
        self.store.move_export(&self.lease, ORDER, moves).await
    }

    async fn work(&self) -> ExportWork {
        let work = self
            .store
            .export_work(self.connection, ORDER)
            .await
            .unwrap();
        work.unwrap()
    }
}

async fn take(store: &Store, connection: ConnectionId, owner: &str) -> Lease {
    let length = Duration::from_secs(60);
    let lease = store
        .acquire_lease(connection, "export", owner, length)
        .await;
    lease.unwrap().unwrap()
}

fn candidate() -> Candidate {
    Candidate {
        id: ORDER,
        created_at: None,
        placed: None,
        expected: None,
        completed: false,
        assembly: false,
        from_api: Some(false),
        supplier: Some(9),
        lines: Vec::new(),
    }
}

fn intent() -> Intent {
    let line = |item: i64| IntentLine {
        item: ItemId(item),
        quantity: 2,
        price: "1.2345".parse().unwrap(),
        of: vec![item * 10],
    };
    Intent {
        reference: "OPT-12".to_owned(),
        vendor: VendorId(3),
        shop: ShopId(1),
        ordered: "2026-01-07T00:00:00+01:00".to_owned(),
        arrival: None,
        lines: vec![line(40), line(41)],
    }
}

const fn intend(op: ExportOp, item: Option<ItemId>) -> ExportMove<'static> {
    ExportMove::Intend {
        op,
        item,
        within: TimeDelta::seconds(90),
    }
}

fn refused(result: Result<(), StoreError>) {
    assert!(
        matches!(result, Err(StoreError::Fenced { .. })),
        "{result:?}"
    );
}

#[tokio::test]
async fn an_order_is_frozen_filled_and_placed() {
    let bench = Bench::new().await;
    let (intent, candidate) = (intent(), candidate());
    bench
        .go(&[ExportMove::Freeze(&intent, &candidate)])
        .await
        .unwrap();
    let work = bench.work().await;
    assert_eq!(
        (work.state, work.step),
        (ExportState::Working, ExportStep::Look)
    );
    assert_eq!(work.intent.as_ref(), Some(&intent));
    bench.go(&[intend(ExportOp::Make, None)]).await.unwrap();
    bench.go(&[ExportMove::Made(OrderId(812))]).await.unwrap();
    let (first, second) = (ItemId(40), ItemId(41));
    bench
        .go(&[intend(ExportOp::Line, Some(first))])
        .await
        .unwrap();
    // What came of one and the intent of the next are one transaction.
    let next = [
        ExportMove::Line(first, OrderLineId(1)),
        intend(ExportOp::Line, Some(second)),
    ];
    bench.go(&next).await.unwrap();
    let row = bench
        .store
        .export_row(bench.connection, ORDER)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((row.lines_done, row.lines_total), (1, 2));
    let last = [
        ExportMove::Line(second, OrderLineId(2)),
        ExportMove::Go(ExportStep::Check),
    ];
    bench.go(&last).await.unwrap();
    let line = |item: ItemId, id: i64| EchoLine {
        item,
        remote_id: id,
        quantity: 2,
        value: "2.47".to_owned(),
        acknowledged: "{}".to_owned(),
    };
    let echo = Echo {
        placed: "2026-01-06T23:30:00Z".to_owned(),
        expected: None,
        total: "4.94".to_owned(),
        acknowledged: "{}".to_owned(),
        lines: vec![line(first, 400), line(second, 410)],
    };
    bench.go(&[ExportMove::Placed(&echo)]).await.unwrap();
    assert_eq!(bench.work().await.state, ExportState::Exported);
    let held = bench.store.deliveries_of(
        bench.connection,
        pipeline::deliver::Entity::BuyOrderLine,
        812,
    );
    let ids: Vec<_> = held
        .await
        .unwrap()
        .iter()
        .map(|row| row.remote_id)
        .collect();
    assert_eq!(ids, [Some(400), Some(410)]);
    refused(bench.go(&[ExportMove::Placed(&echo)]).await);
}

#[tokio::test]
async fn a_call_is_intended_once_and_only_settled_as_what_it_was() {
    let bench = Bench::new().await;
    let (intent, candidate) = (intent(), candidate());
    bench
        .go(&[ExportMove::Freeze(&intent, &candidate)])
        .await
        .unwrap();
    refused(bench.go(&[ExportMove::Made(OrderId(1))]).await);
    bench.go(&[intend(ExportOp::Make, None)]).await.unwrap();
    refused(bench.go(&[intend(ExportOp::Make, None)]).await);
    refused(
        bench
            .go(&[ExportMove::Line(ItemId(40), OrderLineId(1))])
            .await,
    );
    let open = bench.work().await.open.unwrap();
    assert_eq!((open.op, open.looks), (ExportOp::Make, 0));
    let now = open.over_at - TimeDelta::seconds(90);
    bench
        .go(&[ExportMove::Doubt { next_at: now }])
        .await
        .unwrap();
    assert!(bench.work().await.open.unwrap().over_at < open.over_at);
    bench
        .go(&[ExportMove::Looked { next_at: now }])
        .await
        .unwrap();
    assert_eq!(bench.work().await.open.unwrap().looks, 1);
    // Nothing of a transaction holds if one of its steps does not fit.
    let half = [
        ExportMove::NotDone {
            next_at: now,
            failed: true,
        },
        ExportMove::Made(OrderId(1)),
    ];
    refused(bench.go(&half).await);
    assert_eq!(bench.work().await.open.unwrap().looks, 1);
}

#[tokio::test]
async fn who_was_taken_over_intends_nothing_more() {
    let bench = Bench::new().await;
    let (intent, candidate) = (intent(), candidate());
    bench
        .go(&[ExportMove::Freeze(&intent, &candidate)])
        .await
        .unwrap();
    bench.store.end_all_leases().await.unwrap();
    let second = take(&bench.store, bench.connection, "second").await;
    refused(bench.go(&[intend(ExportOp::Make, None)]).await);
    let make = [intend(ExportOp::Make, None)];
    bench
        .store
        .move_export(&second, ORDER, &make)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_parked_is_due_again_with_every_run_or_when_a_person_asks() {
    let bench = Bench::new().await;
    for (retries, trigger, state) in [
        (true, Trigger::Schedule, ExportState::Due),
        (false, Trigger::Schedule, ExportState::Parked),
        (false, Trigger::Manual, ExportState::Due),
    ] {
        let (reason, detail) = (Reason::ExportNoLines, "it has no lines");
        let park = ExportMove::Park {
            reason,
            detail,
            retries,
        };
        if bench.work().await.state != ExportState::Parked {
            bench.go(&[park]).await.unwrap();
        }
        bench
            .store
            .request_export(bench.connection, trigger)
            .await
            .unwrap();
        assert_eq!(bench.work().await.state, state, "{retries} {trigger:?}");
    }
}

#[tokio::test]
async fn a_run_ends_once_all_was_read_and_nothing_is_on_its_way() {
    let bench = Bench::new().await;
    let ended = async || {
        bench.store.sweep_stages().await.unwrap();
        bench.store.run(bench.run).await.unwrap().ended_at.is_some()
    };
    assert!(!ended().await);
    let now = bench.store.run(bench.run).await.unwrap().created_at;
    bench
        .store
        .finish_sightings(&bench.lease, bench.run, now, 12)
        .await
        .unwrap();
    assert!(!ended().await, "one is due");
    bench
        .go(&[ExportMove::Leave("it was deleted")])
        .await
        .unwrap();
    assert!(ended().await);
    let (mark, _) = bench.store.export_mark(bench.connection).await.unwrap();
    assert_eq!((mark.last_id, mark.lowest_open), (12, None));
}
