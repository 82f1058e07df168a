//! The secrets of a connect: from the environment, or typed at a terminal.

use super::CliError;
use super::context::Context;
use super::out::note;
use crate::config::{ask_secret, variable};
use secrecy::SecretString;
use storage::{Connection, ConnectionState, Store, secret_kind};

/// Whether Lightspeed refused the tokens that are stored; a draft says so only by its reason.
fn was_refused(known: &Connection) -> bool {
    match known.state {
        ConnectionState::NeedsReconnect => true,
        ConnectionState::Draft => known.state_reason.is_some(),
        ConnectionState::Active | ConnectionState::Paused | ConnectionState::Disabled => false,
    }
}

/// The secrets a connect was given. What is stored already need not be given again.
pub(super) struct Secrets {
    client_id: Option<SecretString>,
    client_secret: Option<SecretString>,
    pub(super) refresh: Option<SecretString>,
}

impl Secrets {
    /// Those of the environment, or typed at the terminal.
    pub(super) async fn gather(
        context: &Context,
        store: &Store,
        known: Option<&Connection>,
    ) -> anyhow::Result<Self> {
        let stored = |kind| async move {
            match known {
                Some(known) => store
                    .secret(known.id, kind)
                    .await
                    .map(|held| held.is_some()),
                None => Ok(false),
            }
        };
        let has_id = stored(secret_kind::LIGHTSPEED_CLIENT_ID).await?;
        let has_secret = stored(secret_kind::LIGHTSPEED_CLIENT_SECRET).await?;
        let has_tokens = match known {
            Some(known) => !was_refused(known) && store.tokens(known.id).await?.is_some(),
            None => false,
        };
        let given = |name: &'static str, what: &str, held: bool| -> anyhow::Result<_> {
            match context.env.secret(name) {
                Some(given) => Ok(Some(given)),
                None if held => Ok(None),
                None => match ask_secret(what)? {
                    Some(typed) => Ok(Some(typed)),
                    None => Err(CliError::usage(
                        "secret_missing",
                        format!("the {what} is missing"),
                        format!("set {name}, or run this at a terminal to type it"),
                    )
                    .into()),
                },
            }
        };
        let secrets = Self {
            client_id: given(
                variable::LIGHTSPEED_CLIENT_ID,
                "client id of the Lightspeed application",
                has_id,
            )?,
            client_secret: given(
                variable::LIGHTSPEED_CLIENT_SECRET,
                "client secret of the Lightspeed application",
                has_secret,
            )?,
            refresh: given(
                variable::LIGHTSPEED_REFRESH_TOKEN,
                "refresh token of the Lightspeed account",
                has_tokens,
            )?,
        };
        if let (Some(known), Some(token)) = (known, &secrets.refresh)
            && store.supplied_token_matches(&known.name, token).await?
        {
            note(
                "this refresh token was supplied before; going on with the tokens that followed it",
            );
        }
        Ok(secrets)
    }

    /// Those of the application, by their kind.
    pub(super) fn client(&self) -> impl Iterator<Item = (&'static str, &SecretString)> {
        [
            (secret_kind::LIGHTSPEED_CLIENT_ID, &self.client_id),
            (secret_kind::LIGHTSPEED_CLIENT_SECRET, &self.client_secret),
        ]
        .into_iter()
        .filter_map(|(kind, secret)| Some((kind, secret.as_ref()?)))
    }
}
