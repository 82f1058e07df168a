//! Lists are walked by id: nothing is lost or doubled, and nothing foreign is taken.

use super::support::{World, fast, granted, is_grant};
use crate::support::script::{Script, reply};
use connectors::http::Request;
use connectors::optiply::{By, Effect, Find, OptiplyError, Resource};
use sandbox::{OptiplyFault, When, Writer};
use serde_json::json;
use std::time::Duration;

async fn world_of(products: usize) -> (sandbox::Sandbox, World, Vec<i64>) {
    let (sandbox, world) = World::sandboxed_with(fast());
    let ids = sandbox.optiply().mutate(Writer::Integration, |account| {
        let mut make = |n| {
            let name = format!("P{n}");
            let body = json!({"name": name, "stockLevel": 1, "unlimitedStock": false});
            account
                .make(sandbox::Resource::Products, body)
                .expect("a row")
        };
        (0..products).map(&mut make).collect()
    });
    (sandbox, world, ids)
}

async fn walk(world: &World, find: Find) -> Vec<i64> {
    let rows = world.client.find(find, 10_000).await.expect("rows");
    rows.iter().map(|row| row.id).collect()
}

#[tokio::test(start_paused = true)]
async fn a_walk_sees_every_row_once() {
    for count in [0, 1, 99, 100, 101, 250] {
        let (_sandbox, world, ids) = world_of(count).await;
        assert_eq!(
            walk(&world, Find::all(Resource::Products)).await,
            ids,
            "{count}"
        );
    }
    let (_sandbox, world, ids) = world_of(30).await;
    let paged = Find::all(Resource::Products).paged(7).after(ids[9]);
    assert_eq!(walk(&world, paged).await, ids[10..]);
}

#[tokio::test(start_paused = true)]
async fn rows_that_change_or_go_between_pages_cost_no_other() {
    let (sandbox, world, ids) = world_of(250).await;
    for fault in [
        OptiplyFault::ChangeBetweenPages { at: When::always() },
        OptiplyFault::DeleteBetweenPages { at: When::always() },
    ] {
        sandbox.optiply().set_fault(fault);
        assert_eq!(walk(&world, Find::all(Resource::Products)).await, ids);
        sandbox.optiply().clear_faults();
    }
    let left = walk(&world, Find::all(Resource::Products)).await;
    assert_eq!(left.len(), ids.len() - 2);
}

#[tokio::test(start_paused = true)]
async fn new_rows_come_late() {
    let (sandbox, world, _) = world_of(0).await;
    sandbox
        .optiply()
        .behave(|rules| rules.visible_after = Duration::from_secs(30));
    let id = world.product("P").await;
    let by = || Find::all(Resource::Products).by(By::ArticleCode("a-P".to_owned()));
    assert!(walk(&world, by()).await.is_empty());
    assert!(
        world
            .client
            .get(Resource::Products, id)
            .await
            .expect("an answer")
            .is_some()
    );
    tokio::time::advance(Duration::from_secs(31)).await;
    assert_eq!(walk(&world, by()).await, [id]);
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_is_ignored_is_noticed() {
    let (sandbox, world, ids) = world_of(3).await;
    let supplier = world.supplier("S").await;
    for id in &ids {
        sandbox
            .optiply()
            .mutate(Writer::Integration, |account| {
                let body = json!({"name": "P", "productId": id, "supplierId": supplier});
                account.make(sandbox::Resource::SupplierProducts, body)
            })
            .expect("a row");
    }
    sandbox
        .optiply()
        .set_fault(OptiplyFault::FiltersIgnored { at: When::always() });
    let pair = Find::all(Resource::SupplierProducts).by(By::Product(ids[2]));
    let error = world.client.find(pair, 10).await.expect_err("strangers");
    assert!(
        matches!(error, OptiplyError::FilterIgnored { .. }),
        "{error:?}"
    );
    // By name nothing foreign is taken either, and a walk does not run in circles.
    let named = Find::all(Resource::Products).by(By::Name("P1".to_owned()));
    assert_eq!(
        world.client.page(&named).await.expect("a page").rows.len(),
        1
    );
    let after = Find::all(Resource::Products).after(ids[1]);
    let error = world.client.page(&after).await.expect_err("a circle");
    assert!(
        matches!(error, OptiplyError::OutOfOrder { .. }),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_caller_says_how_much_is_too_much() {
    let (_sandbox, world, _) = world_of(130).await;
    let error = world.client.find(Find::all(Resource::Products), 120).await;
    let error = error.expect_err("too many");
    assert!(matches!(error, OptiplyError::TooMany { limit: 120, .. }));
}

fn row(id: i64) -> serde_json::Value {
    json!({"type": "products", "id": id.to_string(), "attributes": {"name": "P"}})
}

fn asked_after(request: &Request) -> Option<i64> {
    let pairs = request.url.query_pairs();
    let found = pairs.into_iter().find(|(name, _)| name == "filter[id][GT]");
    found.and_then(|(_, value)| value.parse().ok())
}

#[tokio::test(start_paused = true)]
async fn the_end_must_look_like_one() {
    // Short pages with a next link, full ones without: both go on.
    let server = Script::new(|_, request| {
        if is_grant(request) {
            return granted("issued-token");
        }
        let after = asked_after(request).unwrap_or(0);
        let (rows, next): (Vec<_>, Option<&str>) = match after {
            0 => (
                (1..=3).map(row).collect(),
                Some("https://elsewhere.test/v1/products"),
            ),
            3 => ((4..=103).map(row).collect(), None),
            103 => (vec![row(104)], None),
            other => panic!("asked after {other}"),
        };
        reply(
            200,
            json!({"data": rows, "links": {"next": next}}).to_string(),
        )
    });
    let world = World::scripted(server.clone());
    let rows = walk(&world, Find::all(Resource::Products)).await;
    assert_eq!(rows, (1..=104).collect::<Vec<i64>>());
    let hosts = server.requests();
    assert!(
        hosts
            .iter()
            .all(|request| request.url.host_str() != Some("elsewhere.test"))
    );

    for body in [
        "",
        "{}",
        "[]",
        r#"{"data":null}"#,
        r#"{"data":{}}"#,
        r#"{"data":[{"id":"1"}]}"#,
        r#"{"data":["#,
    ] {
        let server = Script::new(move |_, request| {
            if is_grant(request) {
                granted("issued-token")
            } else {
                reply(200, body)
            }
        });
        let error = World::scripted(server)
            .client
            .page(&Find::all(Resource::Products))
            .await;
        let error = error.expect_err("no list");
        assert!(
            matches!(error, OptiplyError::Unreadable { .. }),
            "{body}: {error:?}"
        );
        assert_eq!(error.effect(), Effect::Nothing);
    }
}

#[tokio::test(start_paused = true)]
async fn questions_are_spelled_as_documented() {
    let server = Script::new(|_, request| {
        if is_grant(request) {
            granted("issued-token")
        } else {
            reply(200, r#"{"data":[]}"#)
        }
    });
    let world = World::scripted(server.clone());
    let at = "2026-01-06T14:03:22Z".parse().expect("an instant");
    let find = Find::all(Resource::SellOrders)
        .by(By::CreatedSince(at))
        .after(5)
        .paged(25);
    world.client.page(&find).await.expect("a page");
    let requests = server.requests();
    let pairs: Vec<(String, String)> = requests[1].url.query_pairs().into_owned().collect();
    let expected = [
        ("filter[createdAt][GE]", "2026-01-06T14:03:22+00:00"),
        ("filter[accountId]", "77"),
        ("filter[id][GT]", "5"),
        ("sort", "id"),
        ("page[limit]", "25"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(pairs, expected);
    assert!(
        requests[1]
            .url
            .query()
            .is_some_and(|query| query.contains("%2B00%3A00"))
    );
}
