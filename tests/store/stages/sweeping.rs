//! The sweeper: whatever way a job is lost, the work it stood for is found again.

use super::account::{Account, LEASE, item};
use super::state;
use pipeline::{Feed, Stage};
use storage::Leave;

async fn lose_jobs(account: &Account) {
    let lost = sqlx::query("DELETE FROM Jobs").execute(account.store.queue_pool());
    assert!(lost.await.unwrap().rows_affected() > 0);
}

#[tokio::test]
async fn a_lost_job_is_made_again() {
    let account = Account::open().await;
    assert_eq!(account.store.sweep_stages().await.unwrap(), 0);
    let old = account.job(Stage::Extract).await;
    lose_jobs(&account).await;
    assert_eq!(account.store.sweep_stages().await.unwrap(), 1);
    assert_eq!(account.jobs().await, 1);
    assert_eq!(account.state(Stage::Extract).await, state("queued", 2));
    // Had it only been late, it would find that its turn has passed.
    assert!(account.begin_as(&old, "me").await.is_none());
    account.begin(Stage::Extract).await;
}

#[tokio::test]
async fn a_stage_is_revived_once_nobody_is_at_it() {
    let account = Account::open().await;
    let (lease, job) = account.begin(Stage::Extract).await;
    account.home.clock.advance(LEASE / 2);
    assert_eq!(account.store.sweep_stages().await.unwrap(), 0);
    account.home.clock.advance(LEASE / 2);
    assert_eq!(account.store.sweep_stages().await.unwrap(), 1);
    assert_eq!(account.state(Stage::Extract).await, state("queued", 2));
    // Whoever was only slow leaves a turn that is over.
    let leave = Leave::Settled { progressed: true };
    account.store.leave_turn(&lease, &job, leave).await.unwrap();
    assert_eq!(account.state(Stage::Extract).await, state("queued", 2));
    account.begin(Stage::Extract).await;
}

#[tokio::test]
async fn a_holder_that_works_is_left_alone() {
    let account = Account::open().await;
    let (lease, _) = account.begin(Stage::Extract).await;
    for observation in 1..4 {
        account.home.clock.advance(LEASE * 2 / 3);
        let page = account.page(Feed::Items, observation, &[item(40, 1)]);
        account.store.store_page(&lease, page).await.unwrap();
    }
    assert_eq!(account.store.sweep_stages().await.unwrap(), 0);
    assert_eq!(account.state(Stage::Extract).await, state("running", 1));
}

#[tokio::test]
async fn stored_pages_are_carried_through_when_their_run_has_failed() {
    let account = Account::open().await;
    let page = account.page(Feed::Items, 1, &[item(40, 1)]);
    account.store_page(page).await.unwrap();
    let (lease, job) = account.begin(Stage::Extract).await;
    let cause = "revoked".to_owned();
    let leave = Leave::Stop { cause };
    account.store.leave_turn(&lease, &job, leave).await.unwrap();
    lose_jobs(&account).await;
    // Normalize of the failed run comes back; its extract does not.
    assert_eq!(account.store.sweep_stages().await.unwrap(), 1);
    let page = account.next_page().await.unwrap();
    account.normalize(&page).await.unwrap();
    account.settle().await;
    let mut lines = Vec::new();
    let dump = account
        .store
        .dump_model(account.id, |line| lines.push(line));
    dump.await.unwrap();
    assert_eq!(lines.len(), 1);
}
