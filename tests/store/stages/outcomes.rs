//! What becomes of records when something beside them changes.

use super::account::{Account, EARLY, LATE, compute, item, line, sale, since, verdicts};
use crate::support::settings;
use pipeline::outcome::Outcome;
use pipeline::{Feed, Reason, Stage};
use serde_json::json;
use storage::NewPage;

#[tokio::test]
async fn settings_that_change_between_reading_and_writing_void_the_work() {
    let account = Account::open().await;
    let store = &account.store;
    account.observe(Feed::Items, 1, &[item(40, 9)]).await;
    let rows = [sale(1, EARLY, &[line(1, 40, 1)])];
    account.observe(Feed::Sales, 2, &rows).await;
    let work = account.filter_work().await;
    let later = LATE.parse().unwrap();
    let put = store.put_settings(account.id, &since(later), "test").await;
    put.unwrap();
    let lease = account.lease(Stage::Filter).await;
    let committed = store.commit_verdicts(&lease, &work, &verdicts(&work)).await;
    assert!(!committed.unwrap());
    assert!(account.load_work().await.is_empty());
    // Read again, it is decided by what is in force.
    account.settle().await;
    let tally = account.tally(Feed::Sales, Stage::Filter).await;
    let dropped = Outcome::Dropped(Reason::BeforeHistory);
    assert_eq!((tally.entered, tally.outcomes[&dropped]), (1, 1));

    // The same at load.
    account.observe(Feed::Items, 3, &[item(40, 8)]).await;
    let lease = account.lease(Stage::Filter).await;
    let work = account.filter_work().await;
    let committed = store.commit_verdicts(&lease, &work, &verdicts(&work)).await;
    assert!(committed.unwrap());
    let work = account.load_work().await;
    let put = store.put_settings(account.id, &settings(), "test").await;
    put.unwrap();
    let lease = account.lease(Stage::Load).await;
    let committed = store.commit_loaded(&lease, &work, &compute(&work)).await;
    assert!(!committed.unwrap());
    assert!(!account.load_work().await.is_empty());
    account.settle().await;
    assert_eq!(account.tally(Feed::Items, Stage::Load).await.entered, 2);
}

#[tokio::test]
async fn what_arrives_while_its_absence_is_computed_is_not_asked_for() {
    let account = Account::open().await;
    let store = &account.store;
    let rows = [sale(1, EARLY, &[line(1, 42, 1), line(2, 43, 1)])];
    account.observe(Feed::Sales, 2, &rows).await;
    let lease = account.lease(Stage::Filter).await;
    let work = account.filter_work().await;
    let committed = store.commit_verdicts(&lease, &work, &verdicts(&work)).await;
    assert!(committed.unwrap());
    let work = account.load_work().await;
    // One of the two comes between reading and writing.
    account.observe(Feed::Items, 3, &[item(42, 1)]).await;
    let lease = account.lease(Stage::Load).await;
    let committed = store.commit_loaded(&lease, &work, &compute(&work)).await;
    assert!(committed.unwrap());
    assert_eq!(account.wanted(Feed::Items).await, [43]);
    account.observe(Feed::Items, 4, &[item(43, 1)]).await;
    account.settle().await;
    assert!(account.wanted(Feed::Items).await.is_empty());
    assert_eq!(account.order(1).await, "42 x 1, 43 x 1");
}

/// A page asked for by id: these ids, of which these came.
fn asked(account: &Account, observation: i64, ids: &[i64], came: &[i64]) -> NewPage {
    let rows: Vec<_> = came.iter().map(|id| item(*id, 1)).collect();
    NewPage {
        asked: Some(ids.to_vec()),
        ..account.page(Feed::Items, observation, &rows)
    }
}

#[tokio::test]
async fn a_sale_waits_for_its_items_and_goes_without_those_that_are_gone() {
    let account = Account::open().await;
    let rows = [
        sale(1, EARLY, &[line(1, 40, 1), line(2, 41, 2)]),
        sale(2, EARLY, &[line(3, 41, 1)]),
    ];
    account.observe(Feed::Sales, 1, &rows).await;
    // Everything is read, so extract rests while the sales are on their way.
    account.end_feeds().await;
    account.pass(Stage::Extract).await;
    let idle = account.stage(Stage::Extract).await;
    assert_eq!(idle.state, "idle");
    account.settle().await;
    assert_eq!(account.order(1).await, "none");
    let tally = account.tally(Feed::Sales, Stage::Load).await;
    let waiting = Outcome::Waiting(Reason::WaitingForItem);
    assert_eq!(tally.outcomes[&waiting], 2);
    let store = &account.store;
    let wanted = async || {
        store
            .wanted_after(account.id, Feed::Items, 0, 10)
            .await
            .unwrap()
    };
    assert_eq!(wanted().await, [40, 41]);
    // Whoever fetches them was woken with it.
    let woken = account.stage(Stage::Extract).await;
    assert_eq!(
        (woken.state.as_str(), woken.turn),
        ("queued", idle.turn + 1)
    );

    let page = asked(&account, 2, &[40, 41], &[40]);
    account.store_page(page).await.unwrap();
    let page = account.next_page().await.unwrap();
    account.normalize(&page).await.unwrap();
    assert!(wanted().await.is_empty());
    account.settle().await;
    assert_eq!(account.order(1).await, "40 x 1");
    assert_eq!(account.order(2).await, "none");
    let tally = account.tally(Feed::Sales, Stage::Load).await;
    assert_eq!((tally.of("waiting"), tally.of("loaded")), (0, 1));
    assert_eq!(tally.outcomes[&Outcome::Dropped(Reason::ItemGone)], 1);

    // It was only hidden: the sales are complete again.
    account.observe(Feed::Items, 3, &[item(41, 4)]).await;
    account.settle().await;
    assert_eq!(account.order(1).await, "40 x 1, 41 x 2");
    assert_eq!(account.order(2).await, "41 x 1");
}

#[tokio::test]
async fn an_archived_item_is_loaded_once_an_order_needs_it() {
    let account = Account::open().await;
    let mut archived = item(40, 0);
    archived["archived"] = json!("true");
    account.observe(Feed::Items, 1, &[archived]).await;
    account.settle().await;
    let dropped = Outcome::Dropped(Reason::ArchivedNeverLoaded);
    let tally = account.tally(Feed::Items, Stage::Filter).await;
    assert_eq!(tally.outcomes[&dropped], 1);
    let rows = [sale(1, EARLY, &[line(1, 40, 1)])];
    account.observe(Feed::Sales, 2, &rows).await;
    account.settle().await;
    let mut products = Vec::new();
    let dump = account.store.dump_model(account.id, |line| {
        products.push(line.contains(r#""status":"disabled""#));
    });
    dump.await.unwrap();
    assert_eq!(products, [true, false], "the product, then the order");
    // The run that dropped it is open, so its sums follow.
    let tally = account.tally(Feed::Items, Stage::Filter).await;
    assert_eq!((tally.of("dropped"), tally.of("passed")), (0, 1));
}

#[tokio::test]
async fn a_rejection_ends_when_its_record_can_be_read() {
    let account = Account::open().await;
    let store = &account.store;
    let mut half = line(1, 40, 1);
    half["unitQuantity"] = json!("0.5");
    let bad = [sale(1, EARLY, &[half]), json!("no sale at all")];
    let page = account.observe(Feed::Sales, 1, &bad).await;
    let open = store.rejections(account.id, 0, 10).await.unwrap();
    assert_eq!(open.len(), 2);
    assert_eq!(
        (open[0].record, open[0].reason, open[0].page),
        (Some(1), Some(Reason::FractionalQuantity), Some(page.id))
    );
    assert_eq!(open[0].path, "SaleLines.SaleLine[0].unitQuantity");
    assert_eq!((open[1].record, open[1].row), (None, 1));
    let tally = account.tally(Feed::Sales, Stage::Normalize).await;
    assert_eq!((tally.entered, tally.of("rejected")), (2, 2));

    account
        .home
        .clock
        .advance(std::time::Duration::from_secs(9));
    account
        .observe(Feed::Sales, 2, &[sale(1, EARLY, &[line(1, 40, 1)])])
        .await;
    // The row without an id belongs to its page and stays.
    let left = store.rejections(account.id, 0, 10).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].id, open[1].id);
    // Refused again, it is the same rejection and not one more.
    account.observe(Feed::Sales, 3, &bad[..1]).await;
    let again = store.rejections(account.id, 0, 10).await.unwrap();
    assert_eq!(again.len(), 2);
    assert_eq!(
        (again[0].id, again[0].first_at),
        (open[0].id, open[0].first_at)
    );
    assert!(again[0].last_at > open[0].last_at);
    // What was held before it could not be read is still held.
    assert_eq!(account.sale(1).await.version, 1);
}
