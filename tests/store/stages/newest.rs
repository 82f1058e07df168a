//! Newest wins: of records, of lines that move between sales, and of stock that comes two ways.

use super::account::{Account, EARLY, LATE, back, item, line, sale, stock};
use pipeline::{Feed, Stage};

/// How often rows of sales counted as unchanged at normalize.
async fn unchanged(account: &Account) -> i64 {
    let tally = account.tally(Feed::Sales, Stage::Normalize).await;
    tally.of("unchanged")
}

async fn pieces(account: &Account, sale: i64) -> Vec<(i64, i64)> {
    let lines = account.sale(sale).await.lines;
    lines
        .iter()
        .map(|line| (line.id.0, line.fact.quantity))
        .collect()
}

#[tokio::test]
async fn a_later_observation_wins_and_an_earlier_one_does_not() {
    let account = Account::open().await;
    let told = |quantity| [sale(1, EARLY, &[line(1, 40, quantity)])];
    account.observe(Feed::Sales, 5, &told(1)).await;
    account.observe(Feed::Sales, 3, &told(2)).await;
    assert_eq!(pieces(&account, 1).await, [(1, 1)]);
    assert_eq!(unchanged(&account).await, 1);
    // Changed within the same second: what was asked for later is newer.
    account.observe(Feed::Sales, 7, &told(3)).await;
    assert_eq!(pieces(&account, 1).await, [(1, 3)]);
    assert_eq!(
        (account.sale(1).await.version, unchanged(&account).await),
        (2, 1)
    );
}

#[tokio::test]
async fn what_the_source_calls_older_does_not_win_by_being_asked_later() {
    let account = Account::open().await;
    let new = [sale(1, LATE, &[line(1, 40, 2)])];
    let old = [sale(1, EARLY, &[line(1, 40, 1)])];
    account.observe(Feed::Sales, 1, &new).await;
    account.observe(Feed::Sales, 2, &old).await;
    assert_eq!(pieces(&account, 1).await, [(1, 2)]);
    assert_eq!(account.sale(1).await.version, 1);
}

#[tokio::test]
async fn a_replayed_page_never_wins_again() {
    let account = Account::open().await;
    let (first, second) = (
        [sale(1, EARLY, &[line(1, 40, 1)])],
        [sale(1, EARLY, &[line(1, 40, 2)])],
    );
    account.observe(Feed::Sales, 1, &first).await;
    account.observe(Feed::Sales, 2, &second).await;
    account.observe(Feed::Sales, 1, &first).await;
    assert_eq!(pieces(&account, 1).await, [(1, 2)]);
    // The same content seen again is newer than what lies between, though it changes nothing.
    account.observe(Feed::Sales, 9, &second).await;
    account.observe(Feed::Sales, 5, &first).await;
    assert_eq!(pieces(&account, 1).await, [(1, 2)]);
    assert_eq!(account.sale(1).await.version, 2);
}

#[tokio::test]
async fn of_a_record_that_stands_twice_in_a_page_the_last_row_counts() {
    let account = Account::open().await;
    let rows = [
        sale(1, EARLY, &[line(1, 40, 1)]),
        sale(1, EARLY, &[line(1, 40, 2)]),
    ];
    account.observe(Feed::Sales, 1, &rows).await;
    assert_eq!(pieces(&account, 1).await, [(1, 2)]);
    let tally = account.tally(Feed::Sales, Stage::Normalize).await;
    assert_eq!(
        (tally.entered, tally.of("passed"), tally.of("unchanged")),
        (2, 1, 1)
    );
}

#[tokio::test]
async fn a_line_that_moves_touches_the_sale_it_leaves() {
    let account = Account::open().await;
    account.observe(Feed::Items, 1, &[item(40, 9)]).await;
    let layaway = [sale(1, EARLY, &[line(1, 40, 1), line(2, 40, 2)])];
    account.observe(Feed::Sales, 2, &layaway).await;
    account.settle().await;
    assert_eq!(account.order(1).await, "40 x 3");
    account
        .observe(Feed::Sales, 3, &[sale(2, EARLY, &[line(2, 40, 2)])])
        .await;
    assert_eq!(pieces(&account, 1).await, [(1, 1)]);
    assert_eq!(pieces(&account, 2).await, [(2, 2)]);
    assert_eq!(account.sale(1).await.version, 2);
    account.settle().await;
    assert_eq!(account.order(1).await, "40 x 1");
    assert_eq!(account.order(2).await, "40 x 2");
    // What sale 1 said before is not what is held of it, so saying it again is news.
    account.observe(Feed::Sales, 4, &layaway).await;
    assert_eq!(unchanged(&account).await, 0);
    account.settle().await;
    assert_eq!(account.order(1).await, "40 x 3");
    assert_eq!(account.order(2).await, "none");
    assert!(account.sale(2).await.lines.is_empty());
}

#[tokio::test]
async fn a_line_stays_where_it_was_seen_last() {
    let account = Account::open().await;
    account
        .observe(Feed::Sales, 5, &[sale(2, EARLY, &[line(2, 40, 2)])])
        .await;
    let before = [sale(1, EARLY, &[line(1, 40, 1), line(2, 40, 2)])];
    account.observe(Feed::Sales, 3, &before).await;
    assert_eq!(pieces(&account, 1).await, [(1, 1)]);
    assert_eq!(pieces(&account, 2).await, [(2, 2)]);
    // One page may tell the line in both sales; the later row of the page holds it.
    let both = [
        sale(3, EARLY, &[line(9, 40, 1)]),
        sale(4, EARLY, &[line(9, 40, 1)]),
    ];
    account.observe(Feed::Sales, 6, &both).await;
    assert!(pieces(&account, 3).await.is_empty());
    assert_eq!(pieces(&account, 4).await, [(9, 1)]);
}

#[tokio::test]
async fn a_return_finds_its_sale_whichever_comes_first_and_lets_go_of_it() {
    let account = Account::open().await;
    account.observe(Feed::Items, 1, &[item(40, 9)]).await;
    let refund = |parent| [sale(2, EARLY, &[back(5, 40, -1, parent)])];
    account.observe(Feed::Sales, 2, &refund(1)).await;
    account.settle().await;
    account
        .observe(Feed::Sales, 3, &[sale(1, EARLY, &[line(1, 40, 3)])])
        .await;
    account.settle().await;
    assert_eq!(account.order(1).await, "40 x 2");
    let tally = account.tally(Feed::Sales, Stage::Load).await;
    assert_eq!(tally.of("loaded"), 2, "{tally:?}");
    // The parent was a mistake: the sale is whole again.
    account.observe(Feed::Sales, 4, &refund(77)).await;
    account.settle().await;
    assert_eq!(account.order(1).await, "40 x 3");
}

#[tokio::test]
async fn stock_comes_with_items_and_by_itself_and_the_later_counts() {
    let account = Account::open().await;
    let shop = [serde_json::json!({"shopID": "1", "name": "Main", "archived": "false"})];
    account.observe(Feed::Shops, 1, &shop).await;
    let level = async || {
        account.settle().await;
        let mut levels = Vec::new();
        let dump = account.store.dump_model(account.id, |line| {
            let product: serde_json::Value = serde_json::from_str(&line).unwrap();
            levels.push(product["stock_level"].as_i64().unwrap());
        });
        dump.await.unwrap();
        assert_eq!(levels.len(), 1);
        levels[0]
    };
    account.observe(Feed::Items, 2, &[item(40, 5)]).await;
    assert_eq!(level().await, 5);
    account.observe(Feed::Stock, 4, &[stock(40, 7)]).await;
    assert_eq!(level().await, 7);
    account.observe(Feed::Items, 3, &[item(40, 5)]).await;
    assert_eq!(level().await, 7);
    account.observe(Feed::Items, 5, &[item(40, 6)]).await;
    assert_eq!(level().await, 6);
}
