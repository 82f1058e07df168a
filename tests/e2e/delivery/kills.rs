//! A process that ends between an intent and its outcome, before the call arrived or after it took
//! effect: whoever goes on doubles nothing, loses nothing and falsifies nothing.

use super::judge::{assert_delivered, held, made};
use super::world::{World, sized};
use crate::router::InProcess;
use connectors::http::{Method, Request, Response, Transport, TransportError};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sandbox::Resource;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// Kills of the whole test.
const KILLS: usize = 25;

/// When a process dies: with this write from now, before it arrives or after.
#[derive(Clone, Copy, Debug)]
struct Moment {
    writes: usize,
    arrives: bool,
}

/// A way on which a process dies: from then on nothing comes back to it.
#[derive(Debug)]
struct Deadly {
    inner: InProcess,
    moment: Arc<Mutex<Option<Moment>>>,
    died: Arc<Notify>,
}

#[async_trait::async_trait]
impl Transport for Deadly {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let writes = request.url.path().starts_with("/v1/") && request.method != Method::GET;
        let dies = {
            let mut moment = self.moment.lock().expect("no test panics in here");
            match moment.as_mut() {
                Some(left) if writes && left.writes == 0 => moment.take(),
                Some(left) if writes => {
                    left.writes -= 1;
                    None
                }
                _ => None,
            }
        };
        if let Some(moment) = dies {
            if moment.arrives {
                let _ = self.inner.send(request).await;
            }
            self.died.notify_one();
            return std::future::pending().await;
        }
        self.inner.send(request).await
    }
}

#[tokio::test(start_paused = true)]
async fn killed_at_25_moments_between_intent_and_outcome() {
    let moment: Arc<Mutex<Option<Moment>>> = Arc::default();
    let died = Arc::new(Notify::new());
    let mut world = World::over(sized(120, 400), |sandbox| {
        Arc::new(Deadly {
            inner: InProcess(sandbox.router()),
            moment: moment.clone(),
            died: died.clone(),
        })
    })
    .await;
    world.start_delivery().await;
    let optiply = world.sandbox.optiply();
    optiply.behave(|rules| rules.visible_after = Duration::from_secs(20));
    let opened = world.deps.store.open_backfill(world.connection).await;
    let run = opened.expect("a run").0;
    let mut rng = StdRng::seed_from_u64(25);
    for kill in 0..KILLS {
        *moment.lock().expect("no test panics in here") = Some(Moment {
            writes: rng.random_range(0..35),
            arrives: kill % 2 == 0,
        });
        tokio::select! {
            run = world.drive(run) => panic!("only {kill} kills fell into the run: {run:?}"),
            () = died.notified() => {}
        }
        // The next process is the worker at once, as when the lock of the former is free.
        world.restart(u64::try_from(kill).expect("a number"));
        world.take_over().await;
    }
    *moment.lock().expect("no test panics in here") = None;
    let run = world.drive(run).await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(world.parked().await, []);
    assert_delivered(&world).await;
    // Nothing was made twice and removed again either.
    let mut made = made(&world);
    made.remove(Resource::ReceiptLines.name());
    assert_eq!(made, held(&world));
}
