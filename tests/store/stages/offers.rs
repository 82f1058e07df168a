//! What stands between items and vendors, and between items and their parts.

use super::account::{Account, item};
use super::rows::{made_of, sold_by, vendor};
use pipeline::Feed;
use serde_json::{Value, json};

/// Supplier products as `item vendor price status`, with `*` behind the preferred one.
async fn pairs(account: &Account) -> Vec<String> {
    let pairs = account.model("supplier_product").await;
    pairs
        .iter()
        .map(|p| {
            let star = if p["preferred"] == true { "*" } else { "" };
            let (item, vendor) = (&p["item_id"], &p["vendor_id"]);
            let (price, status) = (p["price"].as_str().unwrap_or("-"), p["status"].as_str());
            format!("{item} {vendor} {price} {}{star}", status.unwrap())
        })
        .collect()
}

/// Compositions as `item: quantity x part`.
async fn parts(account: &Account) -> Vec<String> {
    let parts = account.model("composition").await;
    parts
        .iter()
        .map(|c| {
            format!(
                "{}: {} x {}",
                c["item_id"], c["part_quantity"], c["part_item_id"]
            )
        })
        .collect()
}

fn archived(mut row: Value) -> Value {
    row["archived"] = json!("true");
    row
}

#[tokio::test]
async fn a_pair_appears_with_its_later_half_and_stays() {
    let account = Account::open().await;
    account.read(Feed::Items, 1, &[sold_by(40, &[7, 8])]).await;
    assert!(pairs(&account).await.is_empty());
    account.read(Feed::Vendors, 2, &[vendor(7)]).await;
    assert_eq!(pairs(&account).await, ["40 7 1.50 enabled*"]);
    account.read(Feed::Vendors, 3, &[vendor(8)]).await;
    let both = ["40 7 1.50 enabled*", "40 8 3.00 enabled"];
    assert_eq!(pairs(&account).await, both);
    account.read(Feed::Vendors, 4, &[archived(vendor(8))]).await;
    let ignored = ["40 7 1.50 enabled*", "40 8 3.00 disabled"];
    assert_eq!(pairs(&account).await, ignored);
    account.read(Feed::Vendors, 5, &[vendor(8)]).await;
    assert_eq!(pairs(&account).await, both);
    // The item forgets vendor 7: its last price stays.
    account.read(Feed::Items, 6, &[sold_by(40, &[8])]).await;
    let left = ["40 7 1.50 disabled", "40 8 1.50 enabled*"];
    assert_eq!(pairs(&account).await, left);
    account
        .read(Feed::Items, 7, &[archived(sold_by(40, &[8]))])
        .await;
    assert!(pairs(&account).await.iter().all(|p| p.contains("disabled")));
}

#[tokio::test]
async fn a_price_in_the_accounts_currency_counts_once_that_is_known() {
    let account = Account::open().await;
    let mut foreign = vendor(8);
    foreign["purchasingCurrency"] = json!({"code": "usd"});
    account.read(Feed::Vendors, 1, &[foreign]).await;
    let mut row = sold_by(40, &[8]);
    row["defaultVendorID"] = json!("0");
    account.read(Feed::Items, 2, &[row]).await;
    assert_eq!(pairs(&account).await, ["40 8 - enabled"]);
    let set = account.store.set_account_currency(account.id, Some("USD"));
    set.await.unwrap();
    account.settle().await;
    assert_eq!(pairs(&account).await, ["40 8 3.00 enabled"]);
}

#[tokio::test]
async fn stock_alone_touches_no_pair() {
    let account = Account::open().await;
    account.read(Feed::Vendors, 1, &[vendor(7)]).await;
    account.read(Feed::Items, 2, &[sold_by(40, &[7])]).await;
    let mut row = sold_by(40, &[7]);
    row["ItemShops"]["ItemShop"][0]["qoh"] = json!("99");
    account.observe(Feed::Items, 3, &[row]).await;
    assert!(account.load_work().await.is_empty());
}

#[tokio::test]
async fn an_assembly_follows_its_parts() {
    let account = Account::open().await;
    account
        .read(Feed::Items, 1, &[made_of(50, &[(40, 2), (41, 1)])])
        .await;
    assert!(parts(&account).await.is_empty());
    assert_eq!(account.wanted(Feed::Items).await, [40, 41]);
    // An archived part is created because the assembly needs it.
    let came = [item(40, 1), archived(item(41, 1))];
    account.answer(Feed::Items, 2, &[40, 41], &came).await;
    assert_eq!(parts(&account).await, ["50: 2 x 40", "50: 1 x 41"]);
    let products = account.model("product").await;
    let status: Vec<_> = products.iter().map(|p| p["status"].clone()).collect();
    assert_eq!(status, ["enabled", "disabled", "enabled"]);
    let mut labour = item(40, 1);
    labour["itemType"] = json!("non_inventory");
    account.read(Feed::Items, 3, &[labour]).await;
    assert_eq!(parts(&account).await, ["50: 1 x 41"]);
    account.read(Feed::Items, 4, &[item(40, 1)]).await;
    assert_eq!(parts(&account).await, ["50: 2 x 40", "50: 1 x 41"]);
    account
        .read(Feed::Items, 5, &[made_of(50, &[(40, 3)])])
        .await;
    assert_eq!(parts(&account).await, ["50: 3 x 40"]);
    account.read(Feed::Items, 6, &[item(50, 1)]).await;
    assert!(parts(&account).await.is_empty());
}

#[tokio::test]
async fn an_archived_assembly_needs_nothing() {
    let account = Account::open().await;
    let rows = [made_of(50, &[(40, 2)]), item(40, 1)];
    account.read(Feed::Items, 1, &rows).await;
    let rows = [
        archived(made_of(50, &[(40, 2), (41, 1)])),
        archived(item(41, 1)),
    ];
    account.read(Feed::Items, 2, &rows).await;
    assert_eq!(parts(&account).await, ["50: 2 x 40"]);
    assert_eq!(account.model("product").await.len(), 2);
}
