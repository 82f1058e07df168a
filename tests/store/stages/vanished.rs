//! What complete walks do not return: gone if it is little, guarded if it is too much.

use super::account::{Account, EARLY, item, line, sale};
use super::rows::{made_of, sold_by, vendor};
use pipeline::{Feed, Stage};
use serde_json::Value;
use storage::{AlarmKind, FeedPlan, NewPage, Slice};

/// A run that reads these items and vendors and nothing else, to its proven end.
async fn walk(account: &mut Account, after: i64, items: &[Value], vendors: &[Value]) {
    account.run = account.store.open_backfill(account.id).await.unwrap().0;
    for feed in Feed::BACKFILL {
        let lease = account.lease(Stage::Extract).await;
        let plan = FeedPlan {
            after_observation: after,
            slices: vec![Slice::WHOLE],
            ..FeedPlan::default()
        };
        let plans = [(feed, plan)];
        let planned = account.store.plan_feeds(&lease, account.run, &plans);
        planned.await.unwrap();
        let rows = match feed {
            Feed::Items => items,
            Feed::Vendors => vendors,
            _ => &[],
        };
        let page = NewPage {
            slice: 0,
            last: Some(99),
            ended: true,
            ..account.page(feed, after + 1, rows)
        };
        account.store.store_page(&lease, page).await.unwrap();
    }
    finish(account).await;
}

/// Carries everything through, until the run has ended.
async fn finish(account: &Account) {
    while let Some(page) = account.next_page().await {
        account.normalize(&page).await.unwrap();
    }
    for _ in 0..3 {
        account.settle().await;
        for stage in Stage::IMPORT {
            if ended(account).await {
                return;
            }
            if account.state(stage).await.0 == "queued" {
                account.pass(stage).await;
            }
        }
    }
    assert!(ended(account).await);
}

async fn ended(account: &Account) -> bool {
    account.store.run(account.run).await.unwrap().state == "done"
}

async fn disabled(account: &Account) -> Vec<i64> {
    let products = account.model("product").await;
    let ids = products.iter().filter(|p| p["status"] == "disabled");
    ids.map(|p| p["item_id"].as_i64().unwrap()).collect()
}

fn many(ids: std::ops::RangeInclusive<i64>) -> Vec<Value> {
    ids.map(|id| item(id, 1)).collect()
}

#[tokio::test]
async fn what_a_complete_walk_misses_is_gone_until_it_is_seen_again() {
    let mut account = Account::open().await;
    let all = [
        sold_by(40, &[7, 8]),
        sold_by(41, &[7, 8]),
        made_of(50, &[(40, 1), (41, 1)]),
    ];
    let vendors = [vendor(7), vendor(8)];
    walk(&mut account, 1, &all, &vendors).await;
    assert!(disabled(&account).await.is_empty());
    walk(&mut account, 10, &all[1..], &vendors[..1]).await;
    assert_eq!(disabled(&account).await, [40]);
    let products = account.model("product").await;
    assert_eq!(products[0]["stock_level"], 0);
    assert_eq!(account.model("composition").await.len(), 1);
    assert_eq!(account.model("supplier").await[1]["ignored"], true);
    let pairs = account.model("supplier_product").await;
    let enabled: Vec<_> = pairs.iter().filter(|p| p["status"] == "enabled").collect();
    assert_eq!(enabled.len(), 1, "{pairs:?}");
    let events = account.store.events(account.id, 10).await.unwrap();
    assert!(events.iter().any(|event| event.code == "vanished"));

    walk(&mut account, 20, &all, &vendors).await;
    assert!(disabled(&account).await.is_empty());
    assert_eq!(account.model("composition").await.len(), 2);
    assert_eq!(account.model("supplier").await[1]["ignored"], false);
    assert_eq!(account.model("product").await[0]["stock_level"], 1);
}

#[tokio::test]
async fn an_item_that_was_read_after_the_walk_began_is_not_missing() {
    let mut account = Account::open().await;
    walk(&mut account, 1, &many(40..=41), &[]).await;
    account.run = account.store.open_backfill(account.id).await.unwrap().0;
    account.read(Feed::Items, 12, &[item(99, 1)]).await;
    walk(&mut account, 10, &many(40..=41), &[]).await;
    assert!(disabled(&account).await.is_empty());
}

#[tokio::test]
async fn an_item_that_came_and_could_not_be_read_is_not_missing() {
    let mut account = Account::open().await;
    walk(&mut account, 1, &many(40..=41), &[]).await;
    let mut odd = item(41, 1);
    odd["archived"] = serde_json::json!("perhaps");
    walk(&mut account, 10, &[item(40, 1), odd], &[]).await;
    assert!(disabled(&account).await.is_empty());
}

#[tokio::test]
async fn too_much_is_not_believed_until_two_walks_and_a_person_agree() {
    let mut account = Account::open().await;
    walk(&mut account, 1, &many(1..=60), &[]).await;
    for (after, walks) in [(10, 1), (20, 2)] {
        walk(&mut account, after, &many(1..=30), &[]).await;
        assert!(disabled(&account).await.is_empty());
        let guards = account.store.missing_guards(account.id).await.unwrap();
        assert_eq!(guards.len(), 1);
        let guard = &guards[0];
        assert_eq!((guard.feed, guard.walks), (Feed::Items, walks));
        assert_eq!((guard.known, guard.missing), (60, 30));
        assert_eq!(guard.may_be_accepted(), walks == 2);
        // One alarm lasts over both.
        let alarms = account.store.alarms(account.id).await.unwrap();
        let told: Vec<_> = alarms.iter().map(|raised| &raised.alarm).collect();
        assert_eq!(
            (told.len(), told[0].kind, told[0].subject.as_str()),
            (1, AlarmKind::SweepGuard, "items")
        );
        assert!(told[0].text.starts_with("30 of 60 items"), "{told:?}");
        assert!(told[0].remedy.contains("sweep shop"), "{told:?}");
        let listed = account
            .store
            .missing_records(account.id, Feed::Items, guard.counted(), 5);
        let ids: Vec<i64> = listed.await.unwrap().iter().map(|gone| gone.id).collect();
        assert_eq!(ids, [31, 32, 33, 34, 35]);
        if walks == 1 {
            let accepted = account.store.accept_missing(account.id).await.unwrap();
            assert_eq!(accepted, 0);
        }
    }
    let accepted = account.store.accept_missing(account.id).await.unwrap();
    assert_eq!(accepted, 30);
    account.settle().await;
    assert_eq!(disabled(&account).await.len(), 30);
    let guards = account.store.missing_guards(account.id).await.unwrap();
    assert!(guards.is_empty());
    assert!(account.store.alarms(account.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn all_of_few_is_too_much_and_their_return_ends_it() {
    let mut account = Account::open().await;
    walk(&mut account, 1, &many(1..=3), &[]).await;
    walk(&mut account, 10, &[], &[]).await;
    assert!(disabled(&account).await.is_empty());
    walk(&mut account, 20, &many(1..=3), &[]).await;
    let guards = account.store.missing_guards(account.id).await.unwrap();
    assert!(guards.is_empty());
    // Two walks that miss something else do not add up.
    walk(&mut account, 30, &[], &[]).await;
    let guards = account.store.missing_guards(account.id).await.unwrap();
    assert_eq!(guards[0].walks, 1);
}

#[tokio::test]
async fn orders_keep_the_lines_of_what_is_gone() {
    let mut account = Account::open().await;
    walk(&mut account, 1, &many(40..=41), &[]).await;
    account.run = account.store.open_backfill(account.id).await.unwrap().0;
    let rows = [sale(1, EARLY, &[line(1, 40, 1), line(2, 41, 2)])];
    account.read(Feed::Sales, 5, &rows).await;
    walk(&mut account, 10, &many(40..=40), &[]).await;
    assert_eq!(account.order(1).await, "40 x 1, 41 x 2");
}
