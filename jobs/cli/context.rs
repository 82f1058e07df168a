//! What every command is given.

use super::exit::{CliError, Exit};
use super::out::Out;
use crate::clock::SystemClock;
use crate::config::Environment;
use crate::deps::Deps;
use crate::planning;
use connectors::http::{Options, ReqwestTransport};
use pipeline::Clock;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use std::sync::Arc;
use storage::{Connection, ConnectionState, OpenOptions, Store};
use tokio_util::sync::CancellationToken;

/// What every command is given.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) out: Out,
    pub(super) env: Environment,
    /// The flag, if it was given.
    pub(super) database: Option<String>,
    pub(super) shutdown: CancellationToken,
    pub(super) clock: Arc<dyn Clock>,
}

/// Whether a command makes a database when there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Create,
    Refuse,
}

impl Context {
    pub(super) fn new(
        out: Out,
        env: Environment,
        database: Option<String>,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            out,
            env,
            database,
            shutdown,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// The database of the flag, the environment or the default.
    pub(super) async fn store(&self, missing: Missing) -> anyhow::Result<Store> {
        self.open(self.env.database(self.database.as_deref()), missing)
            .await
    }

    /// The database at this address.
    pub(super) async fn open(&self, url: String, missing: Missing) -> anyhow::Result<Store> {
        let options = OpenOptions {
            url,
            create: missing == Missing::Create,
            key: self.env.key(),
            clock: self.clock.clone(),
            keep_awake: None,
        };
        Ok(Store::open_with(options, Some(planning::once())).await?)
    }

    /// Everything jobs need, over this database.
    pub(super) fn deps(&self, store: &Store) -> anyhow::Result<Deps> {
        let transport = ReqwestTransport::new(Options::default())?;
        let rng = StdRng::try_from_rng(&mut SysRng)?;
        let deps = Deps::new(
            store.clone(),
            self.clock.clone(),
            Arc::new(transport),
            self.shutdown.clone(),
            rng,
        );
        Ok(deps.with_delivery(self.env.delivery()?))
    }
}

/// Refuses a connection that cannot read, with what to do about it.
pub(crate) fn usable(connection: &Connection) -> Result<(), CliError> {
    let name = &connection.name;
    let because = connection
        .state_reason
        .as_deref()
        .map(|reason| format!(" ({reason})"))
        .unwrap_or_default();
    match connection.state {
        ConnectionState::Active => Ok(()),
        ConnectionState::Draft => Err(CliError::usage(
            "draft",
            format!("the connection {name:?} was never connected to the end{because}"),
            format!("run `stockbridge connect {name}` again; the same refresh token can be used"),
        )),
        ConnectionState::NeedsReconnect => Err(CliError::usage(
            "needs_reconnect",
            format!("Lightspeed no longer accepts the token of connection {name:?}{because}"),
            super::exit::RECONNECT,
        )
        .exit(Exit::Reconnect)),
        ConnectionState::Paused => Err(super::control::paused(name, &because)),
        ConnectionState::Disabled => Err(CliError::usage(
            "not_active",
            format!("the connection {name:?} is {}{because}", connection.state),
            "nothing is read while a connection is disabled",
        )
        .exit(Exit::Failed)),
    }
}
