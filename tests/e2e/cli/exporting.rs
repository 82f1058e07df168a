//! `export` of a connection that has no Optiply, and buy orders that nobody knows.

use super::{Till, small};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_credentials_of_optiply_there_is_nothing_to_export() {
    let till = Till::connected(small(), &[]).await;
    let refused = till.run(&["export", "shop", "--json"]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    let told = refused.json();
    assert_eq!(told["error"]["code"], "no_optiply");
    let remedy = told["error"]["remedy"].as_str().expect("a remedy");
    assert!(remedy.contains("STOCKBRIDGE_OPTIPLY_CLIENT_ID"), "{remedy}");
    let explained = till.run(&["explain", "shop", "buy-order", "12", "--json"]);
    assert_eq!(explained.code, 0, "{}", explained.err);
    assert_eq!(explained.json()["outcome"], "never_seen");
    let status = till.run(&["status", "shop", "--json"]).json();
    assert!(status["connections"][0]["exports"].is_null());
}
