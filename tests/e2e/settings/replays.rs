//! Stored pages carried through again: nothing changes that has not changed, no old page wins, and
//! what was refused wrongly is taken in.

use crate::support::{World, assert_balanced, assert_same, small};
use pipeline::{Feed, Stage};
use storage::Run;

async fn replay(world: &World, feed: Option<Feed>) -> Run {
    let opened = world.deps.store.open_replay(world.connection, feed, None);
    let (run, joined) = opened.await.expect("a replay").expect("stored pages");
    assert!(!joined);
    let run = world.drive(run).await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_balanced(&world.tallies(run.id).await);
    run
}

async fn sql(world: &World, sql: &'static str) -> u64 {
    let done = sqlx::query(sql)
        .execute(world.deps.store.queue_pool())
        .await;
    done.expect("a statement").rows_affected()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_of_everything_changes_nothing() {
    let world = World::new(small()).await;
    world.backfill().await;
    let (before, asked) = (world.dump().await, world.sandbox.history().len());
    let open = world.deps.store.open_rejections(world.connection).await;
    let run = replay(&world, None).await;
    assert_same(&world.dump().await, &before);
    let tallies = world.tallies(run.id).await;
    for feed in Feed::BACKFILL {
        let entered = tallies[&(feed, Stage::Extract)].entered;
        let unchanged = tallies[&(feed, Stage::Normalize)].of("unchanged");
        let rejected = tallies[&(feed, Stage::Normalize)].of("rejected");
        assert!(entered > 0 && entered == unchanged + rejected, "{feed}");
    }
    assert_eq!(
        world
            .deps
            .store
            .open_rejections(world.connection)
            .await
            .expect("a count"),
        open.expect("a count")
    );
    assert_eq!(world.sandbox.history().len(), asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_page_never_wins_when_it_is_read_again() {
    let world = World::new(small()).await;
    world.backfill().await;
    world.sandbox.mutate(|account| {
        for id in 1..=30 {
            account.void(id);
        }
        account.archive_item(1);
    });
    world.backfill().await;
    let now = world.dump().await;
    for feed in [Some(Feed::Sales), Some(Feed::Items), None] {
        replay(&world, feed).await;
        assert_same(&world.dump().await, &now);
    }
    // Even when of all pages only the oldest are left.
    sql(&world, "DELETE FROM pages WHERE run_id > 1").await;
    replay(&world, None).await;
    assert_same(&world.dump().await, &now);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_mended_parser_can_read_is_taken_in_from_its_page_or_from_what_was_kept() {
    let world = World::new(small()).await;
    world.backfill().await;
    let (store, id) = (&world.deps.store, world.connection);
    let right = world.dump().await;
    for trimmed in [false, true] {
        // As if sale 12 had been refused by a parser that was wrong.
        let kept = "INSERT INTO rejections (connection_id, run_id, stage, feed, record_id, page_id,
                        row, reason, path, detail, body, first_at, last_at, observation)
                    SELECT connection_id, 1, 'normalize', 'sales', 12, page_id, 0, 'bad_value', '',
                           'a wrong parser', ?1, 0, 0, observation
                    FROM source_sales WHERE sale_id = 12";
        let page: i64 = sqlx::query_scalar("SELECT page_id FROM source_sales WHERE sale_id = 12")
            .fetch_one(store.queue_pool())
            .await
            .expect("a page");
        let page = store
            .page(pipeline::id::PageId(page))
            .await
            .expect("a page");
        let body: serde_json::Value =
            serde_json::from_str(&page.expect("a page").body).expect("json");
        let row = body["Sale"].as_array().expect("rows").iter();
        let row = row
            .into_iter()
            .find(|row| row["saleID"] == "12")
            .expect("a row");
        sqlx::query(kept)
            .bind(row.to_string())
            .execute(store.queue_pool())
            .await
            .expect("a rejection");
        for forget in [
            "DELETE FROM source_sale_lines WHERE sale_id = 12",
            "DELETE FROM source_sales WHERE sale_id = 12",
            "DELETE FROM verdicts WHERE feed = 'sales' AND record_id = 12",
            "DELETE FROM model_sell_order_lines WHERE sale_id = 12",
            "DELETE FROM model_sell_orders WHERE sale_id = 12",
        ] {
            assert!(sql(&world, forget).await > 0, "{forget}");
        }
        if trimmed {
            sql(
                &world,
                "DELETE FROM pages WHERE id = (SELECT page_id FROM rejections
                         WHERE record_id = 12)",
            )
            .await;
        }
        let open = store.rejections(id, 0, 100).await.expect("rejections");
        let wrong = open
            .iter()
            .find(|r| r.record == Some(12))
            .expect("the wrong one")
            .id;
        let retried = store
            .retry_rejections(id, Some(&[wrong]))
            .await
            .expect("a retry");
        let retried = retried.expect("no replay is open");
        assert_eq!((retried.tried, retried.beyond), (vec![wrong], vec![]));
        let run = world.drive(retried.run.expect("a run")).await;
        assert_eq!(run.state, "done", "{:?}", run.reason);
        assert_balanced(&world.tallies(run.id).await);
        assert!(store.still_open(&[wrong]).await.expect("ids").is_empty());
        assert_same(&world.dump().await, &right);
        sql(&world, "DELETE FROM rejections WHERE record_id = 12").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_rightly_stays_refused() {
    let world = World::new(small()).await;
    world.backfill().await;
    let (store, id) = (&world.deps.store, world.connection);
    let open = store.rejections(id, 0, 100).await.expect("rejections");
    let ids: Vec<i64> = open.iter().map(|r| r.id).collect();
    assert!(!ids.is_empty());
    let retried = store.retry_rejections(id, None).await.expect("a retry");
    let retried = retried.expect("no replay is open");
    assert_eq!(retried.tried, ids);
    let run = world.drive(retried.run.expect("a run")).await;
    assert_balanced(&world.tallies(run.id).await);
    assert_eq!(store.still_open(&ids).await.expect("ids"), ids);
    assert_eq!(
        store.open_rejections(id).await.expect("a count"),
        open.len() as i64
    );
}
