//! An account by hand: pages are made here, stored, and carried through by the door's own methods.

use crate::support::{Home, connect, settings};
use chrono::{DateTime, TimeDelta, Utc};
use pipeline::filter::{self, Verdict};
use pipeline::id::{ConnectionId, PageId, RunId, SaleId};
use pipeline::load::sell_order::sell_orders;
use pipeline::load::{
    compositions, product, purchase, shipment_without_order, supplier, supplier_products,
};
use pipeline::normalize::normalize;
use pipeline::outcome::Tally;
use pipeline::settings::Settings;
use pipeline::{Clock, Feed, Stage};
use serde_json::{Value, json};
use std::time::Duration;
use storage::{
    BY_ID, Begun, ConnectionState, Facts, FeedPlan, FilterWork, JobAddress, Lease, Leave, LoadWork,
    Loaded, NewPage, SaleEvidence, Slice, StageState, Store, StoreError, StoredPage,
};

/// How long a lease lasts here.
pub(super) const LEASE: Duration = Duration::from_secs(30);

pub(super) struct Account {
    pub(super) home: Home,
    pub(super) store: Store,
    pub(super) id: ConnectionId,
    pub(super) run: RunId,
}

impl Account {
    /// An active connection with an open backfill.
    pub(super) async fn open() -> Self {
        let home = Home::new();
        let store = home.open().await;
        let id = connect(&store, "shop").await;
        let (draft, active) = (ConnectionState::Draft, ConnectionState::Active);
        store
            .set_connection_state(id, &[draft], active, None)
            .await
            .unwrap();
        store.put_settings(id, &settings(), "test").await.unwrap();
        let (run, joined) = store.open_backfill(id).await.unwrap();
        assert!(!joined);
        Self {
            home,
            store,
            id,
            run,
        }
    }

    /// The lease of a stage, taken anew.
    pub(super) async fn lease(&self, stage: Stage) -> Lease {
        let taken = self.store.acquire_lease(self.id, stage.name(), "me", LEASE);
        taken.await.unwrap().unwrap()
    }

    pub(super) async fn stage(&self, stage: Stage) -> StageState {
        let mut stages = self.store.stages(self.id).await.unwrap();
        // Of several runs at once, the stage of the one that is looked at.
        stages.retain(|known| known.stage == stage);
        if stages.len() > 1 {
            stages.retain(|known| known.run == self.run);
        }
        assert_eq!(stages.len(), 1);
        stages.remove(0)
    }

    /// The state of a stage and the turn it is at.
    pub(super) async fn state(&self, stage: Stage) -> (String, i64) {
        let stage = self.stage(stage).await;
        (stage.state, stage.turn)
    }

    /// The job of a stage, for the turn it is at.
    pub(super) async fn job(&self, stage: Stage) -> JobAddress {
        let state = self.stage(stage).await;
        JobAddress {
            v: 1,
            connection: self.id,
            run: state.run,
            stage,
            turn: state.turn,
        }
    }

    /// Begins the turn that is queued.
    pub(super) async fn begin(&self, stage: Stage) -> (Lease, JobAddress) {
        let job = self.job(stage).await;
        (self.begin_as(&job, "me").await.expect("a turn").lease, job)
    }

    /// Begins the turn of a job as somebody, or puts it off for two seconds.
    pub(super) async fn begin_as(&self, job: &JobAddress, owner: &str) -> Option<Begun> {
        let again = self.home.clock.now() + TimeDelta::seconds(2);
        let begun = self.store.begin_turn(job, owner, LEASE, again);
        begun.await.unwrap()
    }

    pub(super) async fn observation(&self) -> i64 {
        let observed = self.store.observed(self.id, self.run).await;
        observed.unwrap().expect("an open run").1
    }

    /// Begins a turn and leaves it again, having done nothing.
    pub(super) async fn pass(&self, stage: Stage) {
        let (lease, job) = self.begin(stage).await;
        let leave = Leave::Settled { progressed: false };
        self.store.leave_turn(&lease, &job, leave).await.unwrap();
    }

    /// Jobs that wait in the queue or are at work.
    pub(super) async fn jobs(&self) -> i64 {
        self.store.health().await.unwrap().jobs
    }

    /// A page of these rows that no walk fetched.
    pub(super) fn page(&self, feed: Feed, observation: i64, rows: &[Value]) -> NewPage {
        NewPage {
            run: self.run,
            feed,
            slice: BY_ID,
            observation,
            server_at: None,
            request: "GET hand-made".to_owned(),
            asked: None,
            rows: rows.len(),
            last: None,
            page_limit: 100,
            ended: false,
            body: json!({"@attributes": {"next": ""}, key(feed): rows}).to_string(),
            budget: None,
        }
    }

    pub(super) async fn store_page(&self, page: NewPage) -> Result<Option<PageId>, StoreError> {
        let lease = self.lease(Stage::Extract).await;
        self.store.store_page(&lease, page).await
    }

    /// Stores a page of these rows and carries it through normalize alone.
    pub(super) async fn observe(&self, feed: Feed, observation: i64, rows: &[Value]) -> StoredPage {
        self.store_page(self.page(feed, observation, rows))
            .await
            .unwrap();
        let page = self.next_page().await.unwrap();
        self.normalize(&page).await.unwrap();
        assert!(self.next_page().await.is_none());
        page
    }

    /// Reads every feed of the run to its proven end, finding nothing.
    pub(super) async fn end_feeds(&self) {
        let (feeds, _) = self.store.feed_runs(self.run).await.unwrap();
        let waiting = feeds.into_iter().filter(|state| state.state == "waiting");
        let waiting: Vec<Feed> = waiting.map(|state| state.feed).collect();
        self.end(&waiting).await;
    }

    /// The same for these feeds.
    pub(super) async fn end(&self, feeds: &[Feed]) {
        let lease = self.lease(Stage::Extract).await;
        for &feed in feeds {
            let plan = FeedPlan {
                slices: vec![Slice::WHOLE],
                ..FeedPlan::default()
            };
            let plans = [(feed, plan)];
            let planned = self.store.plan_feeds(&lease, self.run, &plans);
            planned.await.unwrap();
            let end = NewPage {
                slice: 0,
                ended: true,
                ..self.page(feed, 0, &[])
            };
            self.store.store_page(&lease, end).await.unwrap();
        }
    }

    pub(super) async fn next_page(&self) -> Option<StoredPage> {
        self.store.next_page(self.id, self.run).await.unwrap()
    }

    pub(super) async fn normalize(&self, page: &StoredPage) -> Result<(), StoreError> {
        let lease = self.lease(Stage::Normalize).await;
        let relations = [
            "SaleLines",
            "ItemVendorNums",
            "ItemComponents",
            "ItemShops",
            "OrderLines",
            "OrderShipmentItems",
        ];
        let read = normalize(page.feed, &page.body, &relations).unwrap();
        self.store.commit_normalized(&lease, page, read).await
    }

    /// Lets filter and load work until nothing is touched.
    pub(super) async fn settle(&self) {
        loop {
            let decided = self.filter().await;
            let loaded = self.load().await;
            if !decided && !loaded {
                break;
            }
        }
    }

    pub(super) async fn filter_work(&self) -> FilterWork {
        self.store.filter_work(self.id, 100).await.unwrap()
    }

    async fn filter(&self) -> bool {
        let work = self.filter_work().await;
        if work.subjects.is_empty() {
            return false;
        }
        let lease = self.lease(Stage::Filter).await;
        let decided = verdicts(&work);
        let committed = self.store.commit_verdicts(&lease, &work, &decided).await;
        assert!(committed.unwrap());
        true
    }

    pub(super) async fn load_work(&self) -> LoadWork {
        self.store.load_work(self.id, 100).await.unwrap()
    }

    async fn load(&self) -> bool {
        let work = self.load_work().await;
        if work.is_empty() {
            return false;
        }
        let lease = self.lease(Stage::Load).await;
        let loaded = compute(&work);
        let committed = self.store.commit_loaded(&lease, &work, &loaded).await;
        assert!(committed.unwrap());
        true
    }

    pub(super) async fn sale(&self, id: i64) -> SaleEvidence {
        let held = self.store.sale_evidence(self.id, SaleId(id)).await;
        held.unwrap().unwrap()
    }

    /// The lines of a sale's order as `item x quantity`, or why there is none.
    pub(super) async fn order(&self, id: i64) -> String {
        let Some(order) = self.sale(id).await.order else {
            return "none".to_owned();
        };
        let lines: Vec<String> = order
            .lines
            .iter()
            .map(|line| format!("{} x {}", line.item, line.quantity))
            .collect();
        lines.join(", ")
    }

    pub(super) async fn tally(&self, feed: Feed, stage: Stage) -> Tally {
        let mut tallies = self.store.tallies(self.run).await.unwrap();
        let tally = tallies.remove(&(feed, stage)).unwrap_or_default();
        assert!(tally.balances(), "{tally:?}");
        tally
    }
}

fn key(feed: Feed) -> &'static str {
    pipeline::page::payload_key(feed)
}

/// What the filter stage decides.
pub(super) fn verdicts(work: &FilterWork) -> Vec<Option<Verdict>> {
    let decide = |facts: &Facts| match facts {
        Facts::Shop => filter::shop(),
        Facts::Vendor {
            archived,
            lifecycle,
        } => filter::vendor(*archived, lifecycle),
        Facts::Item {
            kind,
            archived,
            lifecycle,
        } => filter::item(kind, *archived, lifecycle),
        Facts::Stock(row) => filter::stock(row, &work.settings),
        Facts::Sale { head, lines } => filter::sale(head, lines, &work.settings),
        Facts::Order { head, lines, life } => filter::order(head, lines, *life, &work.settings),
        Facts::Shipment { received } => filter::shipment(*received),
    };
    let subjects = work.subjects.iter();
    subjects.map(|s| s.facts.as_ref().map(decide)).collect()
}

/// What the load stage computes.
pub(super) fn compute(work: &LoadWork) -> Loaded {
    let products = work.products.iter().map(|facts| {
        let item = facts.item();
        let desired = product(&item, facts.stock.as_deref(), &work.shops, &work.settings);
        let verdict = filter::item(item.kind, item.archived, &facts.lifecycle);
        (item.id, verdict.reason().map_or(Ok(desired), Err))
    });
    let suppliers = work.suppliers.iter().map(|facts| {
        let verdict = filter::vendor(facts.vendor.archived, &facts.lifecycle);
        let desired = supplier(&facts.vendor, facts.lifecycle.vanished).supplier;
        (facts.vendor.id, verdict.reason().map_or(Ok(desired), Err))
    });
    Loaded {
        products: products.collect(),
        suppliers: suppliers.collect(),
        offers: work
            .offers
            .iter()
            .map(|facts| {
                let item = facts.facts();
                let currency = work.currency.as_deref();
                let pairs = supplier_products(&item, &work.vendors, currency, &facts.previous);
                (item.item.id, pairs)
            })
            .collect(),
        compositions: work
            .assemblies
            .iter()
            .map(|facts| {
                let parent = facts.parent();
                let made = compositions(&parent, &facts.components, &work.parts);
                (parent.id, made)
            })
            .collect(),
        orders: sell_orders(&work.wanted_sales, &work.sales, &work.items, &work.settings),
        purchases: work
            .purchases
            .iter()
            .map(|facts| {
                let made = purchase(&facts.facts(), &work.items, &work.settings);
                (facts.order.id, made)
            })
            .collect(),
        orphans: work
            .orphans
            .iter()
            .map(|orphan| {
                let outcome = shipment_without_order(orphan.received, orphan.gone);
                (orphan.id, outcome)
            })
            .collect(),
    }
}

/// A completed sale of shop 1, last changed at `updated`, with these lines.
pub(super) fn sale(id: i64, updated: &str, lines: &[Value]) -> Value {
    json!({
        "saleID": id.to_string(), "shopID": "1", "completed": "true", "voided": "false",
        "archived": "false", "completeTime": "2026-02-01T10:00:05+00:00", "updatetime": updated,
        "SaleLines": {"SaleLine": lines},
    })
}

/// A line of a sale at ten a piece.
pub(super) fn line(id: i64, item: i64, quantity: i64) -> Value {
    back(id, item, quantity, 0)
}

/// A line that refers to another.
pub(super) fn back(id: i64, item: i64, quantity: i64, parent: i64) -> Value {
    json!({
        "saleLineID": id.to_string(), "itemID": item.to_string(), "shopID": "1",
        "unitQuantity": quantity.to_string(), "parentSaleLineID": parent.to_string(),
        "calcTotal": (quantity * 10).to_string(), "calcTax1": "0", "calcTax2": "0",
    })
}

/// An item, with this much of it in shop 1.
pub(super) fn item(id: i64, on_hand: i64) -> Value {
    json!({
        "itemID": id.to_string(), "description": format!("Item {id}"), "itemType": "default",
        "archived": "false", "tax": "true",
        "ItemShops": {"ItemShop": [stock(id, on_hand)]},
    })
}

/// The stock of an item in shop 1.
pub(super) fn stock(item: i64, on_hand: i64) -> Value {
    json!({
        "itemShopID": (item * 10).to_string(), "itemID": item.to_string(), "shopID": "1",
        "qoh": on_hand.to_string(),
    })
}

/// When sales changed, first and last.
pub(super) const EARLY: &str = "2026-02-01T10:00:05+00:00";
pub(super) const LATE: &str = "2026-02-02T10:00:05+00:00";

/// Settings that take no sale of before this instant.
pub(super) fn since(instant: DateTime<Utc>) -> Settings {
    Settings {
        history_since: Some(instant),
        ..settings()
    }
}
