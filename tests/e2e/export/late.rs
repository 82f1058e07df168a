//! A call that arrives when its sender is dead already.

use super::judge::{Wish, assert_ordered};
use super::plain::item_of;
use super::world::{ask, line, plan, stocked_over};
use crate::router::InProcess;
use connectors::http::{Method, Request, Response, Transport, TransportError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A way on which the next request of a kind is held up, and arrives whoever still waits for it.
#[derive(Debug)]
struct HeldUp {
    way: Arc<InProcess>,
    next: Arc<Mutex<Option<(Method, &'static str)>>>,
}

/// For how long: longer than it takes to look twice.
const FOR: Duration = Duration::from_secs(50);

#[async_trait::async_trait]
impl Transport for HeldUp {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let meant = {
            let mut next = self.next.lock().expect("no test panics in here");
            next.take_if(|(method, path)| {
                request.method == *method && request.url.path().contains(*path)
            })
        };
        if meant.is_none() {
            return self.way.send(request).await;
        }
        let way = self.way.clone();
        tokio::spawn(async move {
            tokio::time::sleep(FOR).await;
            way.send(request).await
        });
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn what_arrives_after_its_sender_died_is_not_sent_twice() {
    let next = Arc::new(Mutex::new(None));
    let armed = next.clone();
    let (mut world, shelf) = stocked_over(40, |sandbox| {
        let way = Arc::new(InProcess(sandbox.router()));
        Arc::new(HeldUp { way, next })
    })
    .await;
    let mut wishes = Vec::new();
    let calls = [
        (Method::POST, "/Order."),
        (Method::POST, "/OrderLine."),
        (Method::PUT, "/Order/"),
    ];
    for (seed, call) in (2..).zip(calls) {
        let lines: Vec<_> = shelf.items[..3]
            .iter()
            .map(|(_, product)| line(*product, 4, 125))
            .collect();
        let order = plan(&world, shelf.vendors[0].1, &lines);
        wishes.push(Wish::of(order, &lines, item_of(&shelf)));
        *armed.lock().expect("no test panics in here") = Some(call);
        let run = ask(&world).await;
        // Killed while the call is on its way.
        let killed = tokio::time::timeout(Duration::from_secs(5), world.drive(run)).await;
        assert!(killed.is_err(), "the call is held up");
        assert!(armed.lock().expect("no test panics in here").is_none());
        world.restart(seed);
        world.take_over().await;
        let ended = world.drive(run).await;
        assert_eq!(ended.state, "done", "{:?}", ended.reason);
        tokio::time::sleep(FOR).await;
        assert_ordered(&world, &wishes);
    }
}
