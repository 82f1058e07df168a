//! Tokens that end in the midst of a walk, and a token endpoint that refuses.

use super::{HOUR, Process, Shop};
use connectors::http::{Request, Response, Transport, TransportError};
use jobs::deps::Deps;
use jobs::stages;
use pipeline::Clock;
use pipeline::Stage;
use pipeline::id::RunId;
use rand::SeedableRng;
use rand::rngs::StdRng;
use sandbox::{Fault, When};
use secrecy::SecretString;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use storage::{ConnectionState, JobAddress, NewConnection};
use tokio_util::sync::CancellationToken;

/// A network on which half an hour passes with every third call, while it is under way: its token
/// was valid when it was sent and is not when it arrives.
#[derive(Debug)]
struct Slow {
    inner: Arc<dyn Transport>,
    clock: Arc<super::clock::ManualClock>,
    calls: AtomicUsize,
}

#[async_trait::async_trait]
impl Transport for Slow {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if self.calls.fetch_add(1, Ordering::Relaxed) % 3 == 2 {
            self.clock.advance(HOUR);
        }
        self.inner.send(request).await
    }
}

impl Shop {
    async fn open_run(&self) -> RunId {
        let opened = self.store.open_backfill(self.connection).await;
        opened.expect("a run").0
    }

    /// Turns of whatever is queued and due, until there is none or it waits.
    async fn work(&self, deps: &Deps) {
        for turn in 0.. {
            assert!(turn < 500, "no end");
            let stages = self.store.stages(self.connection).await.expect("stages");
            let now = self.clock.now();
            let next = stages
                .iter()
                .find(|stage| stage.state == "queued" && stage.next_at.is_none_or(|at| at <= now));
            let Some(next) = next else { return };
            let job = JobAddress {
                v: 1,
                connection: self.connection,
                run: next.run,
                stage: next.stage,
                turn: next.turn,
            };
            stages::advance(deps, job).await.expect("a turn");
        }
    }

    async fn assert_done(&self, run: RunId) {
        let run = self.store.run(run).await.expect("a run");
        assert_eq!((run.state.as_str(), &run.reason), ("done", &None));
        let settings = self.store.current_settings(self.connection).await;
        let settings = settings.expect("settings").settings;
        let truth = self.sandbox.truth(&crate::support::view(&settings));
        let ours = crate::support::dump(&self.store, self.connection).await;
        crate::support::assert_same(&ours, &truth.dump);
    }
}

fn of_tokens(shop: &Shop) -> Vec<u16> {
    let calls = shop.sandbox.history();
    let tokens = calls.iter().filter(|call| call.resource == "token");
    tokens.map(|call| call.status).collect()
}

#[tokio::test]
async fn a_token_that_ends_on_the_way_costs_one_refusal_and_no_page() {
    let shop = Shop::new().await;
    let Process { deps, network } = shop.process().await;
    let slow = Slow {
        inner: network,
        clock: shop.clock.clone(),
        calls: AtomicUsize::new(0),
    };
    let deps = Deps::new(
        deps.store.clone(),
        shop.clock.clone(),
        Arc::new(slow),
        CancellationToken::new(),
        StdRng::seed_from_u64(1),
    );
    let run = shop.open_run().await;
    shop.work(&deps).await;
    shop.assert_done(run).await;
    let calls = shop.sandbox.history();
    let refused = calls.iter().filter(|call| call.status == 401).count();
    assert!(refused >= 2, "tokens did end on the way: {refused}");
    let renewed = of_tokens(&shop);
    assert!(renewed.iter().all(|status| *status == 200), "{renewed:?}");
    assert!(renewed.len() > refused, "{renewed:?}");
}

#[tokio::test]
async fn a_grant_taken_back_in_the_midst_of_a_walk_needs_a_person_and_loses_nothing() {
    let shop = Shop::new().await;
    let process = shop.process().await;
    let run = shop.open_run().await;
    // The first feed is read; then the owner takes the grant back.
    process.network.hold_next(false, super::Cut::Before);
    let working = async { shop.work(&process.deps).await };
    let revoking = async {
        process.network.held.notified().await;
        shop.sandbox.set_fault(Fault::TokenRevoked);
        process.network.go_on.notify_one();
    };
    tokio::join!(working, revoking);
    assert_eq!(shop.state().await, ConnectionState::NeedsReconnect);
    assert_eq!(of_tokens(&shop).last(), Some(&400));
    let asked = shop.sandbox.history().len();
    shop.clock.advance(HOUR);
    shop.work(&process.deps).await;
    assert_eq!(shop.sandbox.history().len(), asked, "nobody asks in vain");

    // The owner grants it again, with a token of its own.
    shop.sandbox.clear_faults();
    let known = shop.store.connection_by_id(shop.connection).await;
    let known = known.expect("a connection");
    let again = NewConnection {
        name: known.name,
        account_id: known.account_id,
        lightspeed_url: known.lightspeed_url,
        lightspeed_auth_url: known.lightspeed_auth_url,
        optiply_url: None,
        optiply_auth_url: None,
    };
    let granted = SecretString::from(shop.sandbox.grant_again());
    let draft = shop.store.save_draft(&again, Some(&granted)).await;
    assert_eq!(draft.expect("a draft"), shop.connection);
    let from = [ConnectionState::NeedsReconnect];
    let moved = shop
        .store
        .set_connection_state(shop.connection, &from, ConnectionState::Active, None)
        .await;
    assert!(moved.expect("a connection"));
    let resumed = shop.open_run().await;
    assert_eq!(resumed, run, "the same run goes on");
    // The very process that saw the grant go.
    shop.work(&process.deps).await;
    shop.assert_done(run).await;
}

#[tokio::test]
async fn whatever_passes_never_asks_for_a_person() {
    for fault in [
        Fault::TokenEndpoint429 {
            at: When::times(6).on("token"),
        },
        Fault::Status {
            status: 500,
            body: "<html>".to_owned(),
            at: When::times(6).on("token"),
        },
        Fault::EmptyBody200 {
            at: When::times(6).on("token"),
        },
        Fault::ResetBefore {
            at: When::times(6).on("token"),
        },
        Fault::ResetAfter {
            at: When::times(6).on("token"),
        },
    ] {
        let name = format!("{fault:?}");
        let shop = Shop::new().await;
        let run = shop.open_run().await;
        shop.sandbox.set_fault(fault);
        for look in 0.. {
            assert!(look < 2_000, "{name}: no end");
            // Two processes in turn, each of which has just been started.
            shop.work(&shop.process().await.deps).await;
            assert_eq!(shop.state().await, ConnectionState::Active, "{name}");
            let stages = shop.store.stages(shop.connection).await.expect("stages");
            let extract = stages.iter().find(|s| s.stage == Stage::Extract);
            match extract.and_then(|stage| stage.next_at) {
                Some(at) => {
                    let wait = (at - shop.clock.now()).to_std().unwrap_or_default();
                    shop.clock.advance(wait.max(Duration::from_millis(1)));
                }
                None => break,
            }
        }
        shop.assert_calm();
        let faulty = of_tokens(&shop).iter().filter(|s| **s != 200).count();
        let met = faulty >= 2 || name.contains("EmptyBody");
        assert!(met && of_tokens(&shop).len() >= 7, "{name} was met");
        shop.assert_done(run).await;
    }
}
