//! The client of a connection's Optiply account.

use crate::deps::Deps;
use anyhow::Context as _;
use connectors::optiply::{Account, Login, Optiply, Pace, PaceState, Parts, Tokens};
use pipeline::id::ConnectionId;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use storage::{Connection, secret_kind};
use url::Url;

impl Deps {
    /// The client of a connection's Optiply account. All users of a connection within the process
    /// share one, and with it one pace and one token.
    ///
    /// # Errors
    /// When the connection holds no credentials of Optiply, or its addresses may not be used.
    pub async fn target(&self, connection: &Connection) -> anyhow::Result<Optiply> {
        let mark = self.store.credentials_mark(connection.id).await?;
        let known = self.targets.of(connection.id);
        if let Some((_, target)) = known.filter(|(made_of, _)| *made_of == mark) {
            return Ok(target);
        }
        let made = self.make_target(connection).await?;
        Ok(self.targets.keep(connection.id, mark, made))
    }

    /// Makes the next caller read the credentials again.
    pub(crate) fn forget_target(&self, connection: ConnectionId) {
        self.targets.forget(connection);
    }

    async fn make_target(&self, connection: &Connection) -> anyhow::Result<Optiply> {
        let missing = || {
            format!(
                "connection {:?} holds no credentials of Optiply; set STOCKBRIDGE_OPTIPLY_CLIENT_ID, \
                 _CLIENT_SECRET, _USERNAME, _PASSWORD and _ACCOUNT_ID and run \
                 `stockbridge connect {}` again",
                connection.name, connection.name
            )
        };
        let secret = async |kind: &str| -> anyhow::Result<SecretString> {
            let held = self.store.secret(connection.id, kind).await?;
            held.with_context(missing)
        };
        let login = Login {
            client_id: secret(secret_kind::OPTIPLY_CLIENT_ID).await?,
            client_secret: secret(secret_kind::OPTIPLY_CLIENT_SECRET).await?,
            username: secret(secret_kind::OPTIPLY_USERNAME).await?,
            password: secret(secret_kind::OPTIPLY_PASSWORD).await?,
        };
        let account = secret(secret_kind::OPTIPLY_ACCOUNT_ID).await?;
        let account: i64 = account
            .expose_secret()
            .parse()
            .context("the number of the Optiply account")?;
        let url = |text: &Option<String>| -> anyhow::Result<Url> {
            let text = text.as_deref().with_context(missing)?;
            Url::parse(text).context("the address of Optiply")
        };
        let tokens = Tokens::new(
            self.transport.clone(),
            url(&connection.optiply_auth_url)?,
            login,
            self.clock.clone(),
        )?;
        let stored = self.store.budget(connection.id, "optiply").await?;
        let limits = self.delivery.pace;
        let pace = match stored.as_deref().map(serde_json::from_str::<PaceState>) {
            Some(Ok(state)) => Pace::restore(&state, limits, self.clock.clone(), self.rng()),
            _ => Pace::new(limits, self.clock.clone(), self.rng()),
        };
        Ok(Optiply::new(Parts {
            transport: self.transport.clone(),
            tokens: Arc::new(tokens),
            pace,
            clock: self.clock.clone(),
            account: Account::new(url(&connection.optiply_url)?, account, None)?,
        }))
    }
}
