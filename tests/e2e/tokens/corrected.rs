//! Credentials that a person corrects while a process runs.

use super::{HOUR, Shop};
use connectors::lightspeed::{Drips, Lightspeed, Priority};
use secrecy::{ExposeSecret, SecretString};
use storage::{ConnectionState, secret_kind};

impl Shop {
    /// What `connect` stores, by another process.
    async fn client_secret(&self, secret: &str) {
        let kind = secret_kind::LIGHTSPEED_CLIENT_SECRET;
        let secret = SecretString::from(secret.to_owned());
        let kept = self.store.put_secret(self.connection, kind, 1, &secret);
        kept.await.expect("a secret kept");
    }

    /// Past the life of an access token, so that the next call needs a new one.
    fn token_ends(&self) {
        self.clock.advance(HOUR * 13);
    }
}

#[tokio::test]
async fn a_running_process_goes_on_with_a_corrected_secret() {
    let shop = Shop::new().await;
    let running = shop.process().await;
    running.read().await.expect("a page");
    let kind = secret_kind::LIGHTSPEED_CLIENT_SECRET;
    let right = shop.store.secret(shop.connection, kind).await;
    let right = right.expect("an answer").expect("a secret");
    shop.clock.advance(HOUR);
    shop.client_secret("not-the-secret").await;
    shop.token_ends();
    running.read().await.expect_err("the secret is wrong");
    shop.clock.advance(HOUR);
    shop.client_secret(right.expose_secret()).await;
    let states = &ConnectionState::ALL;
    let moved =
        shop.store
            .set_connection_state(shop.connection, states, ConnectionState::Active, None);
    assert!(moved.await.expect("a connection"));
    running.read().await.expect("the same process reads again");
    shop.assert_alive().await;
}

#[tokio::test]
async fn what_an_account_has_left_outlives_a_change_of_credentials() {
    let shop = Shop::new().await;
    let running = shop.process().await;
    running.read().await.expect("a page");
    let connection = shop.store.connection_by_id(shop.connection).await;
    let connection = connection.expect("a connection");
    let before = running.deps.source(&connection).await.expect("a source");
    shop.clock.advance(HOUR);
    shop.client_secret("another").await;
    let after = running.deps.source(&connection).await.expect("a source");
    let held = before
        .budget()
        .reserve(Drips::whole(5), Priority::Import)
        .await;
    let seen = |of: &Lightspeed| serde_json::to_value(of.budget().snapshot()).expect("a state");
    let (mut ours, new) = (seen(&before), seen(&after));
    assert_eq!(ours, new, "one account, one budget");
    drop(held);
    ours = seen(&before);
    assert_ne!(ours, new, "what is reserved shows");
}
