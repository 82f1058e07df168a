//! Leases: one holder, a fence that only grows, immediate takeover on this host.

use crate::support::{Home, connect};
use std::time::Duration;
use storage::{Lease, StoreError};

const LENGTH: Duration = Duration::from_secs(30);

#[tokio::test]
async fn one_holder_until_it_ends() {
    let home = Home::new();
    let store = home.open().await;
    let id = connect(&store, "shop").await;
    let one = store
        .acquire_lease(id, "load", "one", LENGTH)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (one.fence, one.role.as_str(), one.owner.as_str()),
        (1, "load", "one")
    );
    assert!(
        store
            .acquire_lease(id, "load", "two", LENGTH)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .acquire_lease(id, "filter", "two", LENGTH)
            .await
            .unwrap()
            .is_some()
    );
    home.clock.advance(Duration::from_secs(20));
    store.renew_lease(&one).await.unwrap();
    home.clock.advance(Duration::from_secs(29));
    assert!(
        store
            .acquire_lease(id, "load", "two", LENGTH)
            .await
            .unwrap()
            .is_none()
    );
    home.clock.advance(Duration::from_secs(1));
    let two = store
        .acquire_lease(id, "load", "two", LENGTH)
        .await
        .unwrap()
        .unwrap();
    assert!(two.fence > one.fence);
    let error = store.renew_lease(&one).await.unwrap_err();
    assert!(matches!(error, StoreError::Fenced { role } if role == "load"));
    store.renew_lease(&two).await.unwrap();
}

#[tokio::test]
async fn the_same_owner_gets_a_new_fence() {
    let home = Home::new();
    let store = home.open().await;
    let id = connect(&store, "shop").await;
    let before = store
        .acquire_lease(id, "load", "one", LENGTH)
        .await
        .unwrap()
        .unwrap();
    let after = store
        .acquire_lease(id, "load", "one", LENGTH)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(after.fence, before.fence + 1);
    assert!(store.renew_lease(&before).await.is_err());
}

#[tokio::test]
async fn a_lease_given_back_is_free_and_void() {
    let home = Home::new();
    let store = home.open().await;
    let id = connect(&store, "shop").await;
    let one = store
        .acquire_lease(id, "load", "one", LENGTH)
        .await
        .unwrap()
        .unwrap();
    store.release_lease(&one).await.unwrap();
    assert!(store.renew_lease(&one).await.is_err());
    let two = store
        .acquire_lease(id, "load", "two", LENGTH)
        .await
        .unwrap()
        .unwrap();
    assert!(two.fence > one.fence);
    // Giving back twice, or late, leaves the later holder alone.
    store.release_lease(&one).await.unwrap();
    store.renew_lease(&two).await.unwrap();
}

#[tokio::test]
async fn gaining_the_worker_lock_ends_the_leases_of_the_dead() {
    let home = Home::new();
    let store = home.open().await;
    let id = connect(&store, "shop").await;
    let dead = store
        .acquire_lease(id, "load", "dead", LENGTH)
        .await
        .unwrap()
        .unwrap();
    let mine = store
        .acquire_lease(id, "filter", "me", LENGTH)
        .await
        .unwrap()
        .unwrap();
    let token = store
        .acquire_lease(id, Lease::TOKENS, "command", LENGTH)
        .await
        .unwrap()
        .unwrap();
    sqlx::query("INSERT INTO leases VALUES (?1, 'extract', 'far', 'another host', 5, ?2)")
        .bind(id.0)
        .bind(i64::MAX)
        .execute(store.queue_pool())
        .await
        .unwrap();
    assert_eq!(store.end_leases_of_host_except("me").await.unwrap(), 1);
    assert!(store.renew_lease(&dead).await.is_err());
    store.renew_lease(&mine).await.unwrap();
    store.renew_lease(&token).await.unwrap();
    let next = store
        .acquire_lease(id, "load", "me", LENGTH)
        .await
        .unwrap()
        .unwrap();
    assert!(next.fence > dead.fence);
    assert!(
        store
            .acquire_lease(id, "extract", "me", LENGTH)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(store.end_all_leases().await.unwrap(), 3);
    assert!(
        store
            .acquire_lease(id, "extract", "me", LENGTH)
            .await
            .unwrap()
            .is_some()
    );
    assert!(store.renew_lease(&next).await.is_err());
    store.renew_lease(&token).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_at_once_one_gets_it() {
    let home = Home::new();
    let one = home.open().await;
    let two = home.open().await;
    let id = connect(&one, "shop").await;
    for role in 0..20 {
        let role = format!("role {role}");
        let (here, there) = (one.clone(), two.clone());
        let (mine, yours) = (role.clone(), role);
        let (a, b) = tokio::join!(
            tokio::spawn(async move { here.acquire_lease(id, &mine, "a", LENGTH).await }),
            tokio::spawn(async move { there.acquire_lease(id, &yours, "b", LENGTH).await }),
        );
        let (a, b) = (a.unwrap().unwrap(), b.unwrap().unwrap());
        assert_eq!(usize::from(a.is_some()) + usize::from(b.is_some()), 1);
    }
}
