//! A database with a connection to the served account.

use super::source::Served;
use connectors::http::{Options, ReqwestTransport};
use jobs::clock::SystemClock;
use jobs::deps::Deps;
use pipeline::id::{ConnectionId, RunId, ShopId};
use pipeline::settings::{Locations, Settings};
use rand::SeedableRng;
use rand::rngs::StdRng;
use secrecy::SecretString;
use std::path::Path;
use std::sync::Arc;
use storage::{ConnectionState, KeySource, NewConnection, OpenOptions, Store, secret_kind};
use tokio_util::sync::CancellationToken;

/// What seals the credentials of an account that nobody has.
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Opens the database at this path, or makes it.
pub(crate) async fn open(path: &Path) -> anyhow::Result<Deps> {
    let clock = Arc::new(SystemClock::new());
    let options = OpenOptions {
        url: path.display().to_string(),
        create: true,
        key: KeySource::Given(SecretString::from(KEY)),
        clock: clock.clone(),
        keep_awake: None,
    };
    let store = Store::open_with(options, Some(jobs::planning::once())).await?;
    Ok(Deps::new(
        store,
        clock,
        Arc::new(ReqwestTransport::new(Options::default())?),
        CancellationToken::new(),
        StdRng::seed_from_u64(1),
    ))
}

/// Connects the account and opens its backfill.
pub(crate) async fn connect(
    store: &Store,
    served: &Served,
) -> anyhow::Result<(ConnectionId, RunId)> {
    let new = NewConnection {
        name: "bench".to_owned(),
        account_id: served.account_id,
        lightspeed_url: served.api.clone(),
        lightspeed_auth_url: served.auth.clone(),
        optiply_url: None,
        optiply_auth_url: None,
    };
    let token = SecretString::from(served.refresh_token.clone());
    let id = store.save_draft(&new, Some(&token)).await?;
    for (kind, secret) in [
        (secret_kind::LIGHTSPEED_CLIENT_ID, &served.client_id),
        (secret_kind::LIGHTSPEED_CLIENT_SECRET, &served.client_secret),
    ] {
        let secret = SecretString::from(secret.clone());
        store.put_secret(id, kind, 1, &secret).await?;
    }
    let settings = Settings::new(Locations::All, ShopId(1));
    store.put_settings(id, &settings, "bench").await?;
    store
        .set_connection_state(id, &[ConnectionState::Draft], ConnectionState::Active, None)
        .await?;
    let (run, _) = store.open_backfill(id).await?;
    Ok((id, run))
}
