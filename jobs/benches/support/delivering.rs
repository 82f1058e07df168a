//! A connection that begins to deliver.

use super::support::source::Optiply;
use connectors::optiply::PaceLimits;
use jobs::deps::Delivery;
use pipeline::id::ConnectionId;
use secrecy::SecretString;
use std::time::Duration;
use storage::{NewConnection, Store, secret_kind};

/// As fast as it goes, for what is about the work and not about the pace.
pub(crate) const UNPACED: Delivery = Delivery {
    pace: PaceLimits {
        start_per_minute: 6_000_000,
        most_per_minute: 6_000_000,
        least_per_minute: 60_000,
        start_in_flight: 32,
        most_in_flight: 32,
    },
    settle: Duration::from_secs(60),
};

/// Gives the connection what Optiply issued and begins to deliver everything that the model holds.
pub(crate) async fn deliver_to(
    store: &Store,
    connection: ConnectionId,
    optiply: &Optiply,
) -> anyhow::Result<()> {
    let known = store.connection_by_id(connection).await?;
    let new = NewConnection {
        name: known.name,
        account_id: known.account_id,
        lightspeed_url: known.lightspeed_url,
        lightspeed_auth_url: known.lightspeed_auth_url,
        optiply_url: Some(optiply.api.clone()),
        optiply_auth_url: Some(optiply.auth.clone()),
    };
    store.save_draft(&new, None).await?;
    for (kind, secret) in [
        (secret_kind::OPTIPLY_CLIENT_ID, &optiply.client_id),
        (secret_kind::OPTIPLY_CLIENT_SECRET, &optiply.client_secret),
        (secret_kind::OPTIPLY_USERNAME, &optiply.username),
        (secret_kind::OPTIPLY_PASSWORD, &optiply.password),
        (secret_kind::OPTIPLY_ACCOUNT_ID, &optiply.account_id),
    ] {
        let secret = SecretString::from(secret.clone());
        store.put_secret(connection, kind, 1, &secret).await?;
    }
    store.start_delivery(connection).await?;
    Ok(())
}
