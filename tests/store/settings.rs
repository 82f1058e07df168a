//! Settings: a version per change, none without.

use crate::support::{Home, connect, settings};
use pipeline::Clock;
use pipeline::id::{ConnectionId, ShopId};
use pipeline::settings::{Locations, PricesIncludeTax, Returns};
use std::time::Duration;
use storage::StoreError;

#[tokio::test]
async fn each_change_makes_one_version() {
    let home = Home::new();
    let store = home.open().await;
    let id = connect(&store, "shop").await;
    let error = store.current_settings(id).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");

    let first = settings();
    assert_eq!(store.put_settings(id, &first, "connect").await.unwrap(), 1);
    assert_eq!(store.put_settings(id, &first, "again").await.unwrap(), 1);
    home.clock.advance(Duration::from_secs(60));
    let mut second = first.clone();
    second.locations = Locations::Multiple(vec![ShopId(1), ShopId(3)]);
    second.sync_all_sales_orders = true;
    second.history_since = Some(home.clock.now());
    second.prices_include_tax = PricesIncludeTax::No;
    second.returns = Returns::Ignore;
    assert_eq!(store.put_settings(id, &second, "anna").await.unwrap(), 2);
    assert_eq!(store.put_settings(id, &first, "bert").await.unwrap(), 3);

    let history = store.settings_history(id).await.unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|v| (v.version, v.changed_by.as_str()))
        .collect();
    assert_eq!(told, [(3, "bert"), (2, "anna"), (1, "connect")]);
    assert_eq!(history[1].settings, second);
    assert_eq!(history[1].changed_at, home.clock.now());
    assert_eq!(store.current_settings(id).await.unwrap(), history[0]);
    assert_eq!(store.connection("shop").await.unwrap().settings_version, 3);
}

#[tokio::test]
async fn connections_have_settings_of_their_own() {
    let home = Home::new();
    let store = home.open().await;
    let (one, two) = (connect(&store, "one").await, connect(&store, "two").await);
    store.put_settings(one, &settings(), "x").await.unwrap();
    assert!(store.current_settings(two).await.is_err());
    let error = store
        .put_settings(ConnectionId(99), &settings(), "x")
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
}
