//! Deliveries: touched with their cause, decided on before they are sent, settled after.

use crate::support::{Home, connect};
use pipeline::Clock;
use pipeline::deliver::{Entity, Key};
use pipeline::id::{ConnectionId, VendorId};
use std::time::Duration;
use storage::{
    Ack, ConnectionState, Decided, DeliveryOutcome, Lease, Op, Settled, Step, Store, StoreError,
};

struct Shop {
    home: Home,
    store: Store,
    id: ConnectionId,
}

impl Shop {
    /// An active connection with these suppliers in its model, that begins to deliver.
    async fn with_suppliers(vendors: &[i64]) -> Self {
        let home = Home::new();
        let store = home.open().await;
        let id = connect(&store, "shop").await;
        let (draft, active) = (ConnectionState::Draft, ConnectionState::Active);
        store
            .set_connection_state(id, &[draft], active, None)
            .await
            .unwrap();
        for vendor in vendors {
            sqlx::query(
                "INSERT INTO model_suppliers (connection_id, vendor_id, name, emails, ignored,
                                              hash, first_run_id, run_id)
                 VALUES (?1, ?2, 'Bikes & Co', '[]', 0, x'00', 1, 1)",
            )
            .bind(id.0)
            .bind(vendor)
            .execute(store.queue_pool())
            .await
            .unwrap();
        }
        assert!(store.start_delivery(id).await.unwrap());
        Self { home, store, id }
    }

    async fn lease(&self) -> Lease {
        let length = Duration::from_secs(60);
        let taken = self.store.acquire_lease(self.id, "deliver", "me", length);
        taken.await.unwrap().unwrap()
    }

    async fn state(&self, vendor: i64) -> String {
        let rows = self
            .store
            .deliveries_of(self.id, Entity::Supplier, vendor)
            .await
            .unwrap();
        rows.first()
            .map_or("none".to_owned(), |row| row.state.clone())
    }

    async fn send(&self, lease: &Lease, vendor: i64, touched: i64) -> bool {
        let decided = Decided {
            key: Key::supplier(VendorId(vendor)),
            touched,
            step: Step::Send {
                op: Op::Create,
                payload: r#"{"name":"Bikes & Co"}"#.to_owned(),
                parts: Vec::new(),
                natural_key: Some("suppliers".to_owned()),
            },
            lines: Vec::new(),
        };
        let sent = self.store.commit_decisions(lease, &[decided], None).await;
        !sent.unwrap().is_empty()
    }
}

fn acknowledged(vendor: i64) -> Settled {
    Settled {
        key: Key::supplier(VendorId(vendor)),
        outcome: DeliveryOutcome::Acknowledged(Ack {
            remote_id: 900 + vendor,
            uuid: None,
            acknowledged: r#"{"name":"Bikes & Co"}"#.to_owned(),
            lines: Vec::new(),
            again: false,
            warning: None,
        }),
    }
}

#[tokio::test]
async fn beginning_to_deliver_takes_up_the_whole_model_once() {
    let shop = Shop::with_suppliers(&[1, 2]).await;
    assert!(!shop.store.start_delivery(shop.id).await.unwrap(), "once");
    let work = shop.store.delivery_work(shop.id, 10).await.unwrap();
    assert_eq!(work.looks.len(), 2);
    assert!(work.looks.iter().all(|look| look.desired.is_some()));
    let other = connect(&shop.store, "other").await;
    assert!(!shop.store.delivers(other).await.unwrap());
    assert!(shop.store.delivery_counts(other).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_decision_on_what_has_changed_meanwhile_sends_nothing() {
    let shop = Shop::with_suppliers(&[1]).await;
    let lease = shop.lease().await;
    assert!(!shop.send(&lease, 1, 7).await);
    assert_eq!(shop.state(1).await, "pending");
    assert!(shop.send(&lease, 1, 1).await);
    assert_eq!(shop.state(1).await, "sending");
    assert!(!shop.send(&lease, 1, 1).await, "it is on its way");
    shop.store
        .commit_outcomes(&lease, &[acknowledged(1)])
        .await
        .unwrap();
    assert_eq!(shop.state(1).await, "acknowledged");
    let known = shop
        .store
        .keys_of_remote(shop.id, Entity::Supplier, &[901, 902]);
    assert_eq!(known.await.unwrap(), [(901, Key::supplier(VendorId(1)))]);
}

#[tokio::test]
async fn calls_of_a_holder_that_is_gone_are_in_doubt_and_it_can_settle_none() {
    let shop = Shop::with_suppliers(&[1]).await;
    let gone = shop.lease().await;
    assert!(shop.send(&gone, 1, 1).await);
    let next = shop.lease().await;
    shop.store.begin_delivery(&next).await.unwrap();
    assert_eq!(shop.state(1).await, "ambiguous");
    let doubtful = shop.store.doubtful(shop.id, 10).await.unwrap();
    assert_eq!(doubtful.len(), 1);
    assert_eq!(doubtful[0].op, Op::Create);
    assert_eq!(doubtful[0].since, None, "nobody knows when it was sent");
    let late = shop.store.commit_outcomes(&gone, &[acknowledged(1)]).await;
    assert!(matches!(late, Err(StoreError::Fenced { .. })));
    assert_eq!(shop.state(1).await, "ambiguous");
    shop.store
        .commit_outcomes(&next, &[acknowledged(1)])
        .await
        .unwrap();
    assert_eq!(shop.state(1).await, "acknowledged");
    // An outcome that comes twice changes nothing.
    shop.store
        .commit_outcomes(&next, &[acknowledged(1)])
        .await
        .unwrap();
    assert_eq!(shop.state(1).await, "acknowledged");
}

#[tokio::test]
async fn what_waits_goes_on_when_the_other_is_acknowledged() {
    let shop = Shop::with_suppliers(&[1, 2]).await;
    let lease = shop.lease().await;
    let waits = Decided {
        key: Key::supplier(VendorId(2)),
        touched: 1,
        step: Step::Wait(Key::supplier(VendorId(1)).to_string()),
        lines: Vec::new(),
    };
    shop.store
        .commit_decisions(&lease, &[waits], None)
        .await
        .unwrap();
    assert_eq!(shop.state(2).await, "waiting");
    assert!(shop.send(&lease, 1, 1).await);
    shop.store
        .commit_outcomes(&lease, &[acknowledged(1)])
        .await
        .unwrap();
    assert_eq!(shop.state(2).await, "pending");
}

#[tokio::test]
async fn nothing_is_due_while_somebody_paused_the_connection() {
    let shop = Shop::with_suppliers(&[1]).await;
    assert!(shop.store.may_deliver(shop.id).await.unwrap());
    shop.store.pause(shop.id).await.unwrap();
    assert!(!shop.store.may_deliver(shop.id).await.unwrap());
    shop.store.resume(shop.id).await.unwrap();
    assert!(shop.store.may_deliver(shop.id).await.unwrap());
    // What a stage had put off to a time is due by the clock that is handed in.
    let lease = shop.lease().await;
    let later = Decided {
        key: Key::supplier(VendorId(1)),
        touched: 1,
        step: Step::PutOff(shop.home.clock.now() + chrono::TimeDelta::seconds(30)),
        lines: Vec::new(),
    };
    shop.store
        .commit_decisions(&lease, &[later], None)
        .await
        .unwrap();
    let due = async || {
        let work = shop.store.delivery_work(shop.id, 10).await.unwrap();
        work.looks.len()
    };
    assert_eq!(due().await, 0);
    shop.home.clock.advance(Duration::from_secs(31));
    assert_eq!(due().await, 1);
}
