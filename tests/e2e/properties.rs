//! Random accounts with a life of their own: whatever order their pages come in, how often they
//! come, and which old ones come again, the model is the one the account's own rules demand.

mod lab;

use lab::Lab;
use pipeline::Stage;
use pipeline::id::ShopId;
use pipeline::settings::{Locations, Settings};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use sandbox::{Account, Before, RandomHistory, Truth};
use serde_json::Value;

/// Accounts, and as many histories.
const ACCOUNTS: u64 = 1_000;

/// Databases side by side: what takes time is waiting for the disk.
const LABS: usize = 4;

/// Every mode, with and without open sales.
pub(crate) fn settings(seed: u64) -> Settings {
    let locations = match seed % 3 {
        0 => Locations::All,
        1 => Locations::Multiple(vec![ShopId(1), ShopId(3)]),
        _ => Locations::One,
    };
    Settings {
        sync_all_sales_orders: seed % 2 == 1,
        ..Settings::new(locations, ShopId(1))
    }
}

pub(crate) fn assert_model(
    seed: u64,
    what: &str,
    account: &Account,
    ours: &[String],
    truth: &Truth,
) {
    let lines = |dump: &[String]| -> Vec<Value> {
        let lines = dump.iter().map(|line| last_seen(account, line));
        lines.flatten().collect()
    };
    let (ours, truth) = (lines(ours), lines(&truth.dump));
    let only = |some: &[Value], others: &[Value]| {
        let lines = some.iter().filter(|line| !others.contains(line));
        lines.map(|line| format!("  {line}\n")).collect::<String>()
    };
    assert!(
        ours == truth,
        "account {seed}, {what}\nours:\n{}truth:\n{}",
        only(&ours, &truth),
        only(&truth, &ours)
    );
}

/// A line without what nobody can know: how something looked that was edited and then vanished,
/// all between two looks, and when pieces were checked in that nothing dates, which an order that
/// was put away half received takes for its end.
fn last_seen(account: &Account, line: &str) -> Option<Value> {
    let mut line: Value = serde_json::from_str(line).expect("json");
    let id = |key: &str| line[key].as_u64();
    let item_gone = id("item_id").is_some_and(|id| account.items()[&id].hidden);
    let vendor_gone = id("vendor_id").is_some_and(|id| {
        account
            .vendors()
            .get(&id)
            .is_some_and(|vendor| vendor.hidden)
    });
    let undated = id("order_id")
        .and_then(|id| account.orders().get(&id))
        .is_some_and(|order| order.archived && !order.complete);
    if undated && line["kind"] == "buy_order" {
        let fields = line.as_object_mut().expect("an object");
        let shipped = account.shipments().values();
        let mut of_order = shipped.filter(|one| Some(one.order) == fields["order_id"].as_u64());
        if of_order.next().is_none() {
            fields.remove("completed");
        }
        return Some(line);
    }
    let known: &[&str] = match line["kind"].as_str() {
        Some("composition") if item_gone => return None,
        Some("product") if item_gone => &["kind", "item_id", "status", "stock_level"],
        Some("supplier_product") if item_gone => &["kind", "item_id", "vendor_id", "status"],
        Some("supplier") if vendor_gone => &["kind", "vendor_id", "ignored"],
        _ => return Some(line),
    };
    let fields = line.as_object_mut().expect("an object");
    fields.retain(|key, _| known.contains(&key.as_str()));
    Some(line)
}

/// The pages of an account in any order, some of them several times, before the first load.
async fn shuffled(lab: &Lab, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let account = RandomHistory::account_after(seed, 20);
    let settings = settings(seed);
    let life = lab.life(account.clone(), &settings).await;
    let mut pages = life.pages(rng.random_range(1..=4));
    for place in 0..pages.len() {
        if rng.random_ratio(1, 4) {
            pages.push(pages[place].clone());
        }
    }
    pages.shuffle(&mut rng);
    for page in &pages {
        life.store(page, life.next_observation().await).await;
        if rng.random_ratio(1, 5) {
            life.advance(&[Stage::Normalize]).await;
        }
    }
    life.advance(&[Stage::Normalize]).await;
    life.advance(&[Stage::Load, Stage::Filter]).await;
    // Whoever names what is not there makes extract ask for it.
    life.finish().await;
    let truth = Truth::of(&account, &lab::view(&settings), &Before::default());
    assert_model(seed, "shuffled", &account, &life.dump().await, &truth);
}

/// What happens to an account, read again and again, with old pages coming back in between.
async fn in_order(lab: &Lab, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let settings = settings(seed);
    let view = lab::view(&settings);
    let mut history = RandomHistory::new(seed);
    let life = lab.life(history.account().clone(), &settings).await;
    let mut before = Before::default();
    let mut seen = Vec::new();
    let mut happened = Vec::new();
    for _ in 0..4 {
        let since = life.next_observation().await;
        seen.extend(life.pages(3).into_iter().map(|page| (since, page)));
        life.finish().await;
        for _ in 0..rng.random_range(0..4) {
            let (observation, page) = &seen[rng.random_range(0..seen.len())];
            life.store(page, *observation).await;
        }
        life.finish().await;
        let truth = Truth::of(history.account(), &view, &before);
        let what = format!("after {happened:?}");
        assert_model(seed, &what, history.account(), &life.dump().await, &truth);
        before = truth.before(&before);
        for _ in 0..rng.random_range(1..8) {
            happened.push(history.step());
        }
        life.becomes(history.account().clone());
    }
}

/// Looks at all accounts, in the ways that are wanted: shuffled, in order.
async fn look(wanted: fn(bool) -> bool) {
    let look = |lab: usize| async move {
        let mut place = Lab::new().await;
        for (turn, seed) in (0..ACCOUNTS).skip(lab).step_by(LABS).enumerate() {
            if turn % 50 == 49 {
                place = Lab::new().await;
            }
            if wanted(true) {
                shuffled(&place, seed).await;
            }
            if wanted(false) {
                in_order(&place, seed).await;
            }
        }
    };
    let labs: Vec<_> = (0..LABS).map(|lab| tokio::spawn(look(lab))).collect();
    for lab in labs {
        if let Err(failed) = lab.await {
            std::panic::resume_unwind(failed.into_panic());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_order_of_pages_before_the_first_load_leads_to_one_model() {
    look(|shuffled| shuffled).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_with_repetitions_and_old_pages_leads_to_the_model_of_its_end() {
    look(|shuffled| !shuffled).await;
}
