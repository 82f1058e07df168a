//! Two processes refresh at once, in step and out of it.

use super::{Cut, HOUR, LEASE_OVER, Shop};
use storage::ConnectionState;

#[tokio::test]
async fn two_processes_at_once_refresh_once_and_both_go_on() {
    let shop = Shop::new().await;
    for round in 1..=5 {
        let (one, other) = (shop.process().await, shop.process().await);
        let (a, b) = tokio::join!(one.read(), other.read());
        assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
        assert_eq!(shop.token_calls(), (round, round));
        shop.clock.advance(HOUR);
    }
}

/// One process is held over its refresh until its lease has run out and another one has been
/// through; then it wakes.
async fn overtaken(cut: Cut) -> Shop {
    let shop = Shop::new().await;
    shop.assert_alive().await;
    shop.clock.advance(HOUR);
    let (slow, quick) = (shop.process().await, shop.process().await);
    slow.network.hold_next(true, cut);
    let network = slow.network.clone();
    let slow = tokio::spawn(async move { slow.read().await });
    network.held.notified().await;
    shop.clock.advance(LEASE_OVER);
    quick.read().await.expect("a page");
    network.go_on.notify_one();
    let read = slow.await.expect("no panic");
    assert!(read.is_ok_and(|rows| rows > 0), "it goes on");
    assert_eq!(shop.state().await, ConnectionState::Active);
    shop
}

#[tokio::test]
async fn one_that_wakes_with_a_token_used_up_by_another_goes_on_with_the_newer_one() {
    let shop = overtaken(Cut::Before).await;
    let (calls, good) = shop.token_calls();
    assert_eq!((calls, good), (3, 2), "the late one was refused");
    shop.assert_alive().await;
}

#[tokio::test]
async fn one_that_wakes_with_a_pair_that_came_too_late_drops_it() {
    let shop = overtaken(Cut::After).await;
    let before = shop.generation().await;
    shop.assert_alive().await;
    assert_eq!(shop.generation().await, before, "the stored pair is alive");
}
