//! Killed anywhere in a rotation: the next process comes through, with the grant and without
//! asking too often.

use super::{Cut, HOUR, LEASE_OVER, Shop};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Both sides of each call of a rotation: the refresh, and the first use of what it brought.
const POINTS: [(bool, Cut, &str); 4] = [
    (true, Cut::Before, "before the refresh is sent"),
    (true, Cut::After, "before the pair is stored"),
    (false, Cut::Before, "stored and not used"),
    (false, Cut::After, "used, and the answer lost"),
];

#[tokio::test]
async fn a_process_killed_at_either_side_of_every_call_loses_no_grant() {
    let shop = Shop::new().await;
    for round in 0..3 {
        for (token, cut, point) in POINTS {
            let before = shop.generation().await;
            let killed = shop.process().await;
            killed.killed_reading(token, cut).await;
            // Only a pair that was stored is ever used.
            let stored = shop.generation().await - before;
            assert_eq!(stored, i64::from(!token), "round {round}: {point}");
            shop.clock.advance(LEASE_OVER);
            shop.assert_alive().await;
            assert_eq!(
                shop.generation().await,
                before + 1,
                "round {round}: {point}"
            );
            // The next one is due to renew, as well.
            shop.clock.advance(HOUR);
        }
    }
    shop.assert_calm();
}

#[tokio::test]
async fn killed_again_and_again_it_still_asks_no_more_than_it_may() {
    let shop = Shop::new().await;
    // Each process dies over its answer; the lease of each runs out before the next one asks.
    for _ in 0..8 {
        let killed = shop.process().await;
        killed.killed_reading(true, Cut::After).await;
        shop.clock.advance(LEASE_OVER);
    }
    shop.assert_calm();
    shop.assert_alive().await;
}

/// Polls a future this often and then lets go of it.
struct Crash<F> {
    inner: Pin<Box<F>>,
    polls: usize,
}

impl<F: Future> Future for Crash<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        self.inner.as_mut().poll(cx).map(Some)
    }
}

#[tokio::test]
async fn a_rotation_let_go_at_every_step_loses_no_grant() {
    let shop = Shop::new().await;
    for polls in 0..1_000 {
        let process = shop.process().await;
        let reading = Crash {
            inner: Box::pin(process.read()),
            polls,
        };
        let done = reading.await;
        shop.clock.advance(LEASE_OVER);
        shop.assert_alive().await;
        if let Some(read) = done {
            read.expect("a page");
            assert!(polls > 10, "it was let go of on the way: {polls}");
            shop.assert_calm();
            return;
        }
        shop.clock.advance(HOUR);
    }
    panic!("the read never came to its end");
}
