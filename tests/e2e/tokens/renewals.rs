//! Connections that nobody uses: their tokens are renewed every seven days, and never in a storm.

use super::{HOUR, Shop};
use crate::service::{Service, until};
use chrono::TimeDelta;
use jobs::renewal::{AGE, renew_due};
use sandbox::{Fault, When};
use storage::ConnectionState::{self, Active, Disabled, Draft, NeedsReconnect, Paused};

impl Shop {
    async fn renewed(&self) -> usize {
        let process = self.process().await;
        renew_due(&process.deps).await.expect("a look")
    }

    async fn stands(&self, state: ConnectionState) {
        let moved = self
            .store
            .set_connection_state(self.connection, &ConnectionState::ALL, state, None)
            .await;
        assert!(moved.expect("a connection"));
    }
}

#[tokio::test]
async fn a_pair_is_renewed_when_it_is_seven_days_old_and_not_before() {
    let shop = Shop::new().await;
    shop.assert_alive().await;
    let age = AGE.to_std().expect("some days");
    for (round, state) in [Active, Paused].into_iter().enumerate() {
        shop.stands(state).await;
        let before = shop.generation().await;
        shop.clock.advance(age - HOUR);
        assert_eq!(shop.renewed().await, 0, "{state}, an hour before");
        shop.clock.advance(HOUR);
        assert_eq!(shop.renewed().await, 1, "{state}");
        assert_eq!(shop.renewed().await, 0, "{state}, once");
        assert_eq!(shop.generation().await, before + 1);
        assert_eq!(shop.token_calls(), (round + 2, round + 2));
        assert_eq!(shop.state().await, state, "it stands where it stood");
    }
    shop.stands(Active).await;
    shop.assert_alive().await;
}

#[tokio::test]
async fn months_of_rest_cost_no_grant() {
    let shop = Shop::new().await;
    shop.assert_alive().await;
    shop.stands(Paused).await;
    for _ in 0..100 {
        shop.clock.advance(HOUR * 24);
        shop.renewed().await;
    }
    assert_eq!(shop.token_calls(), (15, 15), "every seven days");
    shop.stands(Active).await;
    shop.assert_alive().await;
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_hide_an_old_pair() {
    let shop = Shop::new().await;
    shop.clock.advance(HOUR * 24 * 20);
    shop.assert_alive().await;
    shop.stands(Paused).await;
    shop.clock.set_back(HOUR * 24 * 20);
    assert_eq!(shop.renewed().await, 1);
    assert_eq!(shop.renewed().await, 0, "once");
}

#[tokio::test]
async fn what_is_not_connected_is_left_alone() {
    let shop = Shop::new().await;
    shop.clock.advance(HOUR * 24 * 8);
    for state in [Draft, NeedsReconnect, Disabled] {
        shop.stands(state).await;
        assert_eq!(shop.renewed().await, 0, "{state}");
    }
    assert_eq!(shop.token_calls(), (0, 0));
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_is_asked_ever_more_seldom_over_restarts() {
    let shop = Shop::new().await;
    shop.assert_alive().await;
    shop.stands(Paused).await;
    shop.clock.advance(HOUR * 24 * 7);
    shop.sandbox.set_fault(Fault::Status {
        status: 503,
        body: String::new(),
        at: When::always().on("token"),
    });
    shop.sandbox.clear_history();
    // Every look is that of a process which has just been started.
    for _ in 0..6 * 60 {
        shop.renewed().await;
        shop.clock.advance(HOUR / 60);
    }
    let calls = shop.sandbox.history();
    let asked: Vec<_> = calls.iter().map(|call| call.at).collect();
    assert!((12..60).contains(&asked.len()), "{}", asked.len());
    for pair in asked.windows(2) {
        assert!(pair[1] - pair[0] >= TimeDelta::seconds(60), "{asked:?}");
    }
    assert_eq!(shop.state().await, Paused, "nothing is lost");
    shop.sandbox.clear_faults();
    shop.clock.advance(HOUR);
    assert_eq!(shop.renewed().await, 1);
}

#[tokio::test]
async fn two_workers_renew_a_pair_once() {
    let shop = Shop::new().await;
    shop.assert_alive().await;
    shop.clock.advance(HOUR * 24 * 7);
    let (one, other) = (shop.process().await, shop.process().await);
    let (a, b) = tokio::join!(renew_due(&one.deps), renew_due(&other.deps));
    assert_eq!(a.expect("a look") + b.expect("a look"), 1);
    assert_eq!(shop.token_calls(), (2, 2));
}

#[tokio::test]
async fn a_grant_that_is_gone_is_found_while_the_connection_rests() {
    let shop = Shop::new().await;
    shop.assert_alive().await;
    shop.stands(Paused).await;
    shop.clock.advance(HOUR * 24 * 7);
    shop.sandbox.set_fault(Fault::TokenRevoked);
    assert_eq!(shop.renewed().await, 0);
    assert_eq!(shop.state().await, NeedsReconnect);
    let calls = shop.token_calls();
    shop.clock.advance(HOUR * 24);
    shop.renewed().await;
    assert_eq!(shop.token_calls(), calls, "it is not asked again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_sees_to_it() {
    let shop = Shop::new().await;
    shop.assert_alive().await;
    shop.stands(Paused).await;
    shop.clock.advance(HOUR * 24 * 8);
    let before = shop.generation().await;
    let service = Service::start_with(shop.process().await.deps, None, None).await;
    until("the tokens are renewed", || async {
        shop.generation().await == before + 1
    })
    .await;
    service.stop().await;
}
