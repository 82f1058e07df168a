//! What the jobs are given.

use crate::clients::Clients;
use crate::token_store::StoredTokens;
use anyhow::Context as _;
use connectors::http::Transport;
use connectors::lightspeed::{Account, Budget, BudgetState, Lightspeed, Parts, Priority, Tokens};
use connectors::optiply::{Optiply, PaceLimits};
use pipeline::Clock;
use pipeline::id::ConnectionId;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use secrecy::ExposeSecret;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use storage::{Connection, Store, secret_kind};
use tokio_util::sync::CancellationToken;
use url::Url;

/// Everything a job needs from outside of itself. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The database.
    pub store: Store,
    /// The source of time.
    pub clock: Arc<dyn Clock>,
    /// The way out.
    pub transport: Arc<dyn Transport>,
    /// Cancelled when the process is asked to stop.
    pub shutdown: CancellationToken,
    /// Names this process: its number, and something random that no other has.
    pub owner: String,
    /// How to deliver.
    pub delivery: Delivery,
    rng: Arc<Mutex<StdRng>>,
    sources: Clients<Lightspeed>,
    pub(crate) targets: Clients<Optiply>,
}

/// How to deliver.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    /// Between which bounds the pace moves.
    pub pace: PaceLimits,
    /// How long Optiply may take to show a row that it has accepted.
    pub settle: Duration,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            pace: PaceLimits::default(),
            settle: Duration::from_secs(60),
        }
    }
}

impl Deps {
    /// Bundles them. `rng` is the source of all randomness of this process.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        transport: Arc<dyn Transport>,
        shutdown: CancellationToken,
        mut rng: StdRng,
    ) -> Self {
        let owner = format!("{}-{:08x}", std::process::id(), rng.random::<u32>());
        Self {
            store,
            clock,
            transport,
            shutdown,
            owner,
            rng: Arc::new(Mutex::new(rng)),
            delivery: Delivery::default(),
            sources: Clients::default(),
            targets: Clients::default(),
        }
    }

    /// The same with another way to deliver.
    #[must_use]
    pub const fn with_delivery(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    /// The same over another database.
    #[must_use]
    pub fn over(&self, store: Store) -> Self {
        Self {
            store,
            sources: Clients::default(),
            targets: Clients::default(),
            ..self.clone()
        }
    }

    /// A generator of its own for somebody.
    pub fn rng(&self) -> StdRng {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        StdRng::seed_from_u64(rng.random())
    }

    /// The client of a connection's Lightspeed account. All users of a connection within the
    /// process share one, and with it one budget.
    ///
    /// # Errors
    /// When the connection holds no credentials, or its addresses may not be used.
    pub async fn source(&self, connection: &Connection) -> anyhow::Result<Lightspeed> {
        let mark = self.store.credentials_mark(connection.id).await?;
        let budget = match self.sources.of(connection.id) {
            Some((made_of, source)) if made_of == mark => return Ok(source),
            // What the account has left does not depend on who asks.
            Some((_, source)) => Some(source.budget().clone()),
            None => None,
        };
        let made = self.make_source(connection, budget).await?;
        Ok(self.sources.keep(connection.id, mark, made))
    }

    async fn make_source(
        &self,
        connection: &Connection,
        budget: Option<Budget>,
    ) -> anyhow::Result<Lightspeed> {
        let missing = || {
            format!(
                "connection {:?} holds no credentials; connect again",
                connection.name
            )
        };
        let client_id = self
            .store
            .secret(connection.id, secret_kind::LIGHTSPEED_CLIENT_ID)
            .await?
            .with_context(missing)?;
        let client_secret = self
            .store
            .secret(connection.id, secret_kind::LIGHTSPEED_CLIENT_SECRET)
            .await?
            .with_context(missing)?;
        let api = Url::parse(&connection.lightspeed_url).context("the Lightspeed address")?;
        let auth = Url::parse(&connection.lightspeed_auth_url).context("the OAuth address")?;
        let tokens = Tokens::new(
            Arc::new(StoredTokens::new(
                self.store.clone(),
                connection.id,
                &self.owner,
            )),
            self.transport.clone(),
            &auth,
            client_id.expose_secret().to_owned(),
            client_secret,
            self.clock.clone(),
        );
        let budget = match budget {
            Some(budget) => budget,
            None => self.stored_budget(connection.id).await?,
        };
        Ok(Lightspeed::new(Parts {
            transport: self.transport.clone(),
            tokens: Arc::new(tokens),
            budget,
            clock: self.clock.clone(),
            account: Account::new(api, connection.account_id)?,
            priority: Priority::Import,
        }))
    }

    async fn stored_budget(&self, connection: ConnectionId) -> anyhow::Result<Budget> {
        let stored = self.store.budget(connection, "lightspeed").await?;
        let state = stored.as_deref().map(serde_json::from_str::<BudgetState>);
        Ok(match state {
            Some(Ok(state)) => Budget::restore(&state, self.clock.clone(), self.rng()),
            _ => Budget::new(self.clock.clone(), self.rng()),
        })
    }
}
