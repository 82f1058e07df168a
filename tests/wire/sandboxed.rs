//! The connector against the sandbox: whole feeds, its faults, and a real socket.

use crate::support::clock::TokioClock;
use crate::support::store::MemoryStore;
use crate::support::world::{Site, World, virtual_sandbox};
use connectors::http::{Options, ReqwestTransport};
use connectors::lightspeed::{IdRange, Query, Relations, SourceError, TokenError};
use pipeline::{Class, Feed};
use sandbox::{Config, Fault, Garbage, Sandbox, When};
use std::sync::Arc;
use std::time::Duration;

fn walk_of(feed: Feed) -> Query {
    Query::walk(feed, IdRange::ALL)
}

#[tokio::test(start_paused = true)]
async fn every_feed_is_walked_to_its_proven_end_at_the_expected_cost() {
    let (sandbox, clock) = virtual_sandbox(|_| {});
    let world = World::sandboxed(&sandbox, clock);
    let account = sandbox.account();
    for (feed, expected) in [
        (Feed::Shops, account.shops().len()),
        (Feed::Vendors, account.vendors().len()),
        (
            Feed::Items,
            account.items().values().filter(|item| !item.hidden).count(),
        ),
        (Feed::Sales, account.sales().len()),
    ] {
        let query = walk_of(feed);
        let pages = world.walk(&query).await.expect("a walk");
        let rows: usize = pages.iter().map(|page| page.rows).sum();
        assert_eq!(rows, expected, "{feed}");
        assert!(
            pages.iter().all(|page| page.cost == query.expected_cost()),
            "{feed}: {}",
            pages[0].cost
        );
        assert!(pages.iter().all(|page| page.server_date.is_some()));
        let highest = world
            .client
            .first(&Query::highest(feed))
            .await
            .expect("a page");
        assert_eq!(
            (highest.rows, highest.last_id),
            (1, pages.last().and_then(|page| page.last_id)),
            "{feed}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn ranges_and_named_ids_bring_what_they_say() {
    let (sandbox, clock) = virtual_sandbox(|_| {});
    let world = World::sandboxed(&sandbox, clock);
    let ids: Vec<i64> = sandbox
        .account()
        .sales()
        .keys()
        .map(|id| i64::try_from(*id).expect("an id"))
        .collect();
    let (low, high) = (ids[10], ids[20]);
    for (range, first, last) in [
        (
            IdRange {
                from: Some(low),
                to: Some(high),
                after: None,
            },
            ids[10],
            ids[20],
        ),
        (
            IdRange {
                after: Some(low),
                to: Some(high),
                from: None,
            },
            ids[11],
            ids[20],
        ),
        (
            IdRange {
                to: Some(low),
                ..IdRange::ALL
            },
            ids[0],
            ids[10],
        ),
        (
            IdRange {
                after: Some(ids[ids.len() - 3]),
                ..IdRange::ALL
            },
            ids[ids.len() - 2],
            ids[ids.len() - 1],
        ),
        (
            IdRange {
                from: Some(ids[ids.len() - 3]),
                ..IdRange::ALL
            },
            ids[ids.len() - 3],
            ids[ids.len() - 1],
        ),
    ] {
        let pages = world
            .walk(&Query {
                relations: Relations::None,
                ..Query::walk(Feed::Sales, range)
            })
            .await
            .expect("pages");
        assert_eq!(
            (pages[0].first_id, pages[pages.len() - 1].last_id),
            (Some(first), Some(last)),
            "{range:?}"
        );
    }
    let items: Vec<i64> = sandbox
        .account()
        .items()
        .keys()
        .take(3)
        .map(|id| i64::try_from(*id).expect("an id"))
        .collect();
    let page = world
        .client
        .first(&Query::only(Feed::Items, items))
        .await
        .expect("a page");
    assert_eq!((page.rows, page.next.is_none()), (3, true));
}

#[tokio::test(start_paused = true)]
async fn the_account_its_rights_and_its_shops_are_told() {
    let (sandbox, clock) = virtual_sandbox(|_| {});
    let world = World::sandboxed(&sandbox, clock);
    let id = i64::try_from(sandbox.credentials().account_id).expect("an id");
    assert_eq!(world.client.account().await.expect("an account").id, id);
    let session = world.client.session().await.expect("a session");
    assert_eq!(session.account_id, Some(id));
    assert!(!session.rights.is_empty());
    assert_eq!(
        world.client.shops().await.expect("shops").rows,
        sandbox.account().shops().len()
    );
}

#[tokio::test(start_paused = true)]
async fn each_fault_is_what_it_is_and_the_walk_can_begin_again() {
    let at = || When::nth(2).on("Sale");
    type Is = fn(&SourceError) -> bool;
    let faults: Vec<(Fault, Is)> = vec![
        (Fault::ResetBefore { at: at() }, |e| {
            matches!(e, SourceError::Transport { .. })
        }),
        (Fault::ResetAfter { at: at() }, |e| {
            matches!(e, SourceError::Transport { .. })
        }),
        (Fault::status(502, at()), |e| {
            matches!(e, SourceError::Overloaded { status: 502, .. })
        }),
        (Fault::TruncatedBody { at: at() }, |e| {
            matches!(e, SourceError::Transport { .. })
        }),
        (Fault::EmptyBody200 { at: at() }, |e| {
            matches!(e, SourceError::Unreadable { .. })
        }),
        (Fault::NextToOtherHost { at: at() }, |e| {
            matches!(e, SourceError::ForeignLink { .. })
        }),
        (Fault::NextLoops { at: at() }, |e| {
            matches!(e, SourceError::LoopingLink { .. })
        }),
    ];
    for (fault, is) in faults {
        let (sandbox, clock) = virtual_sandbox(|_| {});
        let world = World::sandboxed(&sandbox, clock);
        let name = fault.name();
        sandbox.set_fault(fault);
        let error = world.walk(&walk_of(Feed::Sales)).await.expect_err(name);
        assert!(is(&error), "{name}: {error:?}");
        sandbox.clear_faults();
        world
            .walk(&walk_of(Feed::Sales))
            .await
            .expect("the next walk");
    }
}

#[tokio::test(start_paused = true)]
async fn rows_that_come_twice_or_are_no_records_do_not_stop_a_walk() {
    let (sandbox, clock) = virtual_sandbox(|_| {});
    let world = World::sandboxed(&sandbox, clock);
    let garbage = |kind| Fault::GarbageRecord {
        feed: "Sale".to_owned(),
        id: None,
        kind,
        at: When::nth(2),
    };
    for (fault, more) in [
        (
            Fault::DuplicatePage {
                at: When::next().on("Sale"),
            },
            true,
        ),
        (garbage(Garbage::Text), false),
        (garbage(Garbage::NoId), false),
    ] {
        sandbox.set_fault(fault);
        let pages = world.walk(&walk_of(Feed::Sales)).await.expect("a walk");
        let rows: usize = pages.iter().map(|page| page.rows).sum();
        assert_eq!(rows > sandbox.account().sales().len(), more);
        sandbox.clear_faults();
    }
}

#[tokio::test(start_paused = true)]
async fn a_storm_on_the_account_is_waited_out_and_a_missing_right_names_its_resource() {
    let (sandbox, clock) = virtual_sandbox(|_| {});
    let world = World::sandboxed(&sandbox, clock);
    world.client.shops().await.expect("shops");
    sandbox.set_fault(Fault::Storm429 {
        calls: 5,
        retry_after: Some(10),
    });
    let started = tokio::time::Instant::now();
    world.client.shops().await.expect("shops, later");
    assert!(
        started.elapsed() >= Duration::from_secs(50),
        "{:?}",
        started.elapsed()
    );
    sandbox.set_fault(Fault::Forbidden {
        resource: "Vendor".to_owned(),
    });
    let error = world
        .client
        .first(&walk_of(Feed::Vendors))
        .await
        .expect_err("forbidden");
    assert!(matches!(error, SourceError::Forbidden { .. }), "{error:?}");
    world.client.shops().await.expect("shops go on");
}

#[tokio::test(start_paused = true)]
async fn a_revoked_grant_reaches_the_caller_as_such() {
    let (sandbox, clock) = virtual_sandbox(|_| {});
    let world = World::sandboxed(&sandbox, clock);
    world.client.shops().await.expect("shops");
    sandbox.set_fault(Fault::TokenRevoked);
    let error = world.client.shops().await.expect_err("revoked");
    assert!(
        matches!(error, SourceError::Token(TokenError::NeedsReconnect { .. })),
        "{error:?}"
    );
    assert_eq!(error.class(), Class::Reauthorize);
    assert!(world.store.reconnect().is_some());
}

#[tokio::test(start_paused = true)]
async fn tokens_rotate_over_a_day_without_a_refusal() {
    let (sandbox, clock) = virtual_sandbox(|_| {});
    let world = World::sandboxed(&sandbox, clock);
    for _ in 0..48 {
        world.client.shops().await.expect("shops");
        tokio::time::sleep(Duration::from_secs(1800)).await;
    }
    assert!(
        world.store.pair().generation > 20,
        "{}",
        world.store.pair().generation
    );
    assert!(sandbox.history().iter().all(|call| call.status == 200));
}

#[tokio::test(start_paused = true)]
async fn a_lost_pair_is_renewed_again_with_the_old_token() {
    let (sandbox, clock) = virtual_sandbox(|_| {});
    let world = World::sandboxed(&sandbox, clock);
    world.store.fail_commits(2);
    for _ in 0..2 {
        let error = world.client.shops().await.expect_err("not stored");
        assert!(
            matches!(error, SourceError::Token(TokenError::Store(_))),
            "{error:?}"
        );
    }
    world
        .client
        .shops()
        .await
        .expect("the third try is stored and used");
    let tokens: Vec<_> = sandbox
        .history()
        .iter()
        .filter(|call| call.resource == "token")
        .map(|call| call.status)
        .collect();
    assert_eq!(tokens, [200, 200, 200]);
}

#[tokio::test]
async fn over_a_socket_all_is_the_same() {
    let sandbox = Sandbox::new(Config::small(3));
    let served = sandbox
        .serve("127.0.0.1:0".parse().expect("an address"))
        .await
        .expect("a socket");
    let transport = Arc::new(ReqwestTransport::new(Options::default()).expect("a client"));
    let store = MemoryStore::with_refresh(&sandbox.credentials().refresh_token);
    let site = Site::of(&sandbox, &served.api_base(), &served.auth_base());
    let world = World::at(
        transport,
        store,
        TokioClock::at("2026-03-05T09:00:00Z"),
        site,
    );
    let query = walk_of(Feed::Sales);
    let rows: usize = world
        .walk(&query)
        .await
        .expect("a walk")
        .iter()
        .map(|page| page.rows)
        .sum();
    assert_eq!(rows, sandbox.account().sales().len());

    sandbox.set_fault(Fault::ResetAfter {
        at: When::next().on("Sale"),
    });
    let error = world.client.first(&query).await.expect_err("cut");
    assert!(matches!(error, SourceError::Transport { .. }), "{error:?}");
    sandbox.set_fault(Fault::TruncatedBody {
        at: When::next().on("Sale"),
    });
    let error = world.client.first(&query).await.expect_err("truncated");
    assert_eq!(error.class(), Class::Retry, "{error:?}");
}
