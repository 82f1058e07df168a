//! The sandbox: the account, its limits, tokens, faults and history behind one cheap handle.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::Serialize;

use crate::{
    account::Account,
    config::Config,
    fault::{Fault, Faults},
    history::Call,
    limits::Limiter,
    optiply::{Optiply, Weather, weather::Sky},
    seed,
    tokens::{Tokens, seed_key},
    truth::{Before, Truth, View},
    writes::{OrderWrite, Writes},
};

/// What a person would type to connect this account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Credentials {
    /// The account.
    pub account_id: u64,
    /// OAuth client id.
    pub client_id: String,
    /// OAuth client secret.
    pub client_secret: String,
    /// The first refresh token.
    pub refresh_token: String,
}

/// One imitated account with its API. Clones share everything.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) credentials: Credentials,
    pub(crate) account: RwLock<Account>,
    pub(crate) limiter: Mutex<Limiter>,
    pub(crate) tokens: Mutex<Tokens>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) sky: Mutex<Sky>,
    pub(crate) history: Mutex<Vec<Call>>,
    pub(crate) writes: Mutex<Writes>,
    pub(crate) optiply: Optiply,
}

impl Sandbox {
    /// Seeds an account and stands ready to answer.
    #[must_use]
    pub fn new(config: Config) -> Sandbox {
        let now = (config.now)();
        let account = seed::account(config.seed, config.size);
        let tokens = Tokens::new(seed_key(config.seed), account.id(), now);
        let secret = |purpose: &str| {
            let hash = blake3::keyed_hash(&seed_key(config.seed), purpose.as_bytes());
            hash.to_hex()[..40].to_owned()
        };
        let credentials = Credentials {
            account_id: account.id(),
            client_id: secret("client id"),
            client_secret: secret("client secret"),
            refresh_token: tokens.refresh_token(0),
        };
        Sandbox {
            inner: Arc::new(Inner {
                credentials,
                account: RwLock::new(account),
                limiter: Mutex::new(Limiter::new(config.limits, now)),
                tokens: Mutex::new(tokens),
                faults: Mutex::new(Faults::default()),
                sky: Mutex::new(Sky::new(config.seed ^ 0x0B17)),
                history: Mutex::new(Vec::new()),
                writes: Mutex::new(Writes::default()),
                optiply: Optiply::new(config.seed, config.now.clone(), config.latency),
                config,
            }),
        }
    }

    /// What a person would type to connect.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.inner.credentials.clone()
    }

    /// The owner grants access anew, which ends the grant before: the refresh token to connect with.
    #[must_use]
    pub fn grant_again(&self) -> String {
        let now = self.now();
        lock(&self.inner.tokens).grant(now)
    }

    /// The Optiply account beside it.
    #[must_use]
    pub fn optiply(&self) -> Optiply {
        self.inner.optiply.clone()
    }

    /// What a correct connector must produce from the account as it stands, loaded afresh.
    /// Faults are not taken into account.
    #[must_use]
    pub fn truth(&self, view: &View) -> Truth {
        Truth::of(&self.read(), view, &Before::default())
    }

    /// As [`Sandbox::truth`], for a connector that already has what `before` tells.
    #[must_use]
    pub fn truth_after(&self, view: &View, before: &Before) -> Truth {
        Truth::of(&self.read(), view, before)
    }

    /// As [`Sandbox::truth`], for an account without these sales: what is left when the source
    /// could not deliver them.
    #[must_use]
    pub fn truth_without_sales(&self, view: &View, missing: &[u64]) -> Truth {
        let mut account = self.read().clone();
        for sale in missing {
            if let Some(sale) = account.sales.remove(sale) {
                for line in sale.lines {
                    account.line_sales.remove(&line.id);
                }
            }
        }
        Truth::of(&account, view, &Before::default())
    }

    /// Looks at the account as it stands, without a copy.
    pub fn inspect<T>(&self, look: impl FnOnce(&Account) -> T) -> T {
        look(&self.read())
    }

    /// A copy of the account as it stands.
    #[must_use]
    pub fn account(&self) -> Account {
        self.read().clone()
    }

    /// Every call so far, in order of arrival.
    #[must_use]
    pub fn history(&self) -> Vec<Call> {
        lock(&self.inner.history).clone()
    }

    /// How many calls there were so far.
    #[must_use]
    pub fn called(&self) -> usize {
        lock(&self.inner.history).len()
    }

    /// Every write through the API that took effect, in order.
    #[must_use]
    pub fn writes(&self) -> Vec<OrderWrite> {
        lock(&self.inner.writes).done.clone()
    }

    /// Forgets the calls and writes so far, not what they did.
    pub fn clear_history(&self) {
        lock(&self.inner.history).clear();
        lock(&self.inner.writes).done.clear();
    }

    /// Faults by chance on calls of the API, from now on.
    pub fn set_weather(&self, weather: Weather) {
        lock(&self.inner.sky).weather = weather;
    }

    /// Adds a fault to those in force.
    pub fn set_fault(&self, fault: Fault) {
        lock(&self.inner.faults).add(fault);
    }

    /// Ends all faults and clears the sky.
    pub fn clear_faults(&self) {
        lock(&self.inner.faults).clear();
        lock(&self.inner.sky).weather = Weather::default();
    }

    /// Changes the account, at the server's present time.
    pub fn mutate<T>(&self, change: impl FnOnce(&mut Account) -> T) -> T {
        let offset = lock(&self.inner.faults).standing(|fault| match fault {
            Fault::ClockOffset {
                seconds,
                records: true,
            } => Some(*seconds),
            _ => None,
        });
        let now = self.now() + TimeDelta::seconds(offset.unwrap_or(0));
        let mut account = self
            .inner
            .account
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        account.now = now.trunc_subsecs(0);
        change(&mut account)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.inner.config.now)()
    }

    pub(crate) fn read(&self) -> std::sync::RwLockReadGuard<'_, Account> {
        self.inner
            .account
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox")
            .field("config", &self.inner.config)
            .finish_non_exhaustive()
    }
}

/// A test that panicked while holding a lock must not hide what others would find.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
