//! Budgets: what was mirrored comes back.

use crate::support::{Home, connect};
use pipeline::id::ConnectionId;

#[tokio::test]
async fn the_last_state_is_kept_per_api() {
    let home = Home::new();
    let store = home.open().await;
    let id = connect(&store, "shop").await;
    assert_eq!(store.budget(id, "lightspeed").await.unwrap(), None);
    store
        .save_budget(id, "lightspeed", r#"{"level":1}"#)
        .await
        .unwrap();
    store
        .save_budget(id, "lightspeed", r#"{"level":2}"#)
        .await
        .unwrap();
    store.save_budget(id, "optiply", "{}").await.unwrap();
    store.close().await;
    let store = home.open().await;
    let kept = store.budget(id, "lightspeed").await.unwrap();
    assert_eq!(kept.as_deref(), Some(r#"{"level":2}"#));
    assert!(
        store
            .save_budget(ConnectionId(9), "lightspeed", "{}")
            .await
            .is_err()
    );
}
