//! Over a real socket: cuts, short bodies, and no call sent twice by anything below us.

use super::support::{World, fast, login, product};
use crate::support::clock::TokioClock;
use connectors::http::{Options, ReqwestTransport};
use connectors::optiply::{Effect, Find, OptiplyError, Resource};
use sandbox::{Config, OptiplyFault, Sandbox, When};
use std::sync::Arc;

#[tokio::test]
async fn faults_on_the_wire_are_what_they_seem() {
    let sandbox = Sandbox::new(Config::small(0));
    let served = sandbox
        .serve("127.0.0.1:0".parse().expect("an address"))
        .await
        .expect("a socket");
    let way = ReqwestTransport::new(Options::default()).expect("a transport");
    let world = World::at(
        Arc::new(way),
        TokioClock::at("2026-03-02T09:00:00Z"),
        (&served.optiply_api_base(), &served.optiply_token_url()),
        login(&sandbox.optiply().credentials()),
        fast(),
    );
    let optiply = sandbox.optiply();
    let mut expected = 0;
    // The connection is warm from here on: what is cut is one that was used before.
    for _ in 0..3 {
        world.product("P").await;
        expected += 1;
        for (fault, happened) in [
            (OptiplyFault::ResetBefore { at: When::next() }, 0),
            (OptiplyFault::ResetAfter { at: When::next() }, 1),
            (OptiplyFault::TruncatedBody { at: When::next() }, 1),
            (OptiplyFault::EmptyBody { at: When::next() }, 1),
            (
                OptiplyFault::StatusAfter {
                    status: 504,
                    at: When::next(),
                },
                1,
            ),
        ] {
            optiply.set_fault(fault.clone());
            let error = world
                .client
                .create(&product("P"))
                .await
                .expect_err("a fault");
            assert_eq!(error.effect(), Effect::Unknown, "{fault:?}: {error:?}");
            expected += happened;
            assert_eq!(optiply.writes().len(), expected, "{fault:?}");
        }
    }
    let rows = world
        .client
        .find(Find::all(Resource::Products), 1_000)
        .await;
    assert_eq!(rows.expect("rows").len(), expected);
    drop(served);
    let error = world
        .client
        .create(&product("P"))
        .await
        .expect_err("nobody there");
    assert!(matches!(error, OptiplyError::Lost { .. }), "{error:?}");
}
