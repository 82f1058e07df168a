//! A client over a server of the test's choice.

use super::clock::TokioClock;
use super::router::InProcess;
use super::store::MemoryStore;
use connectors::http::Transport;
use connectors::lightspeed::{
    Account, Budget, Lightspeed, Page, Parts, Priority, Query, SourceError, Tokens, Walk,
};
use pipeline::Clock;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::sync::Arc;
use url::Url;

pub(crate) const BASE: &str = "https://api.example.test/API/V3";
pub(crate) const AUTH: &str = "https://auth.example.test/auth/oauth";
pub(crate) const LIST: &str = "https://api.example.test/API/V3/Account/77/Sale.json";
pub(crate) const NOON: &str = "2026-02-01T12:00:00Z";

pub(crate) fn rng() -> StdRng {
    StdRng::seed_from_u64(7)
}

pub(crate) struct World {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) budget: Budget,
    pub(crate) client: Lightspeed,
}

/// Where a world's servers stand and who asks.
pub(crate) struct Site {
    pub(crate) base: Url,
    pub(crate) auth: Url,
    pub(crate) account: i64,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            base: url(BASE),
            auth: url(AUTH),
            account: 77,
            client_id: "client-canary".to_owned(),
            client_secret: "secret-canary".to_owned(),
        }
    }
}

impl World {
    /// With a valid access token at hand.
    pub(crate) fn ready(transport: Arc<dyn Transport>) -> Self {
        Self::with(
            transport,
            MemoryStore::with_access("access-0", "refresh-0", None),
        )
    }

    pub(crate) fn with(transport: Arc<dyn Transport>, store: Arc<MemoryStore>) -> Self {
        Self::at(transport, store, TokioClock::at(NOON), Site::default())
    }

    pub(crate) fn at(
        transport: Arc<dyn Transport>,
        store: Arc<MemoryStore>,
        clock: Arc<dyn Clock>,
        site: Site,
    ) -> Self {
        let tokens = Arc::new(Tokens::new(
            store.clone(),
            transport.clone(),
            &site.auth,
            site.client_id,
            site.client_secret.into(),
            clock.clone(),
        ));
        let budget = Budget::new(clock.clone(), rng());
        let client = Lightspeed::new(Parts {
            transport,
            tokens: tokens.clone(),
            budget: budget.clone(),
            clock: clock.clone(),
            account: Account::new(site.base, site.account).expect("a base"),
            priority: Priority::Import,
        });
        Self {
            store,
            tokens,
            budget,
            client,
        }
    }

    pub(crate) async fn walk(&self, query: &Query) -> Result<Vec<Page>, SourceError> {
        walk(&self.client, query).await
    }
}

/// All pages of a query, as a job would walk them.
pub(crate) async fn walk(client: &Lightspeed, query: &Query) -> Result<Vec<Page>, SourceError> {
    let mut walk = Walk::new();
    let mut pages = vec![client.first(query).await?];
    while let Some((link, cost)) = pages
        .last()
        .and_then(|page| Some((page.next.clone()?, page.cost)))
    {
        walk.admit(&link)?;
        pages.push(client.follow(&link, cost).await?);
    }
    Ok(pages)
}

pub(crate) fn url(text: &str) -> Url {
    Url::parse(text).expect("an address")
}

impl Site {
    /// The sandbox, wherever it stands.
    pub(crate) fn of(sandbox: &sandbox::Sandbox, api_base: &str, auth_base: &str) -> Self {
        let given = sandbox.credentials();
        Self {
            base: url(api_base),
            auth: url(auth_base),
            account: i64::try_from(given.account_id).expect("an id"),
            client_id: given.client_id,
            client_secret: given.client_secret,
        }
    }
}

impl World {
    /// Connected to a sandbox in this process, on the same clock.
    pub(crate) fn sandboxed(sandbox: &sandbox::Sandbox, clock: Arc<dyn Clock>) -> Self {
        Self::sandboxed_by(sandbox, clock, Arc::new(InProcess(sandbox.router())))
    }

    /// The same, by a way of the test's choice.
    pub(crate) fn sandboxed_by(
        sandbox: &sandbox::Sandbox,
        clock: Arc<dyn Clock>,
        way: Arc<dyn Transport>,
    ) -> Self {
        let site = Site::of(
            sandbox,
            "http://127.0.0.1/API/V3",
            "http://127.0.0.1/auth/oauth",
        );
        let store = MemoryStore::with_refresh(&sandbox.credentials().refresh_token);
        Self::at(way, store, clock, site)
    }
}

/// A sandbox in virtual time, and the clock it follows.
pub(crate) fn virtual_sandbox(
    change: impl FnOnce(&mut sandbox::Config),
) -> (sandbox::Sandbox, Arc<TokioClock>) {
    let clock = TokioClock::at("2026-03-02T09:00:00Z");
    let mut config = sandbox::Config::small(0);
    config.now = sandbox::tokio_now(0);
    change(&mut config);
    (sandbox::Sandbox::new(config), clock)
}
