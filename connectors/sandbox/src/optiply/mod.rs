//! An honest imitation of Optiply's public API.
//!
//! It keeps what it was told, misbehaves when asked ([`OptiplyFault`], [`Weather`]) and where the
//! documentation is silent answers as [`Behaviour`] says. Its list of accepted writes and its
//! content are what tests judge a delivery by.

mod attr;
mod behaviour;
mod credentials;
mod dump;
mod fault;
mod history;
pub(crate) mod http;
mod orders;
mod persist;
mod refusal;
mod resource;
mod second;
mod store;
mod tables;
mod value;
pub(crate) mod weather;
mod write;

#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

pub use behaviour::Behaviour;
pub use credentials::OptiplyCredentials;
pub use dump::OptiplyRow;
pub use fault::OptiplyFault;
pub use history::{OptiplyCall, OptiplyWrite};
pub use resource::Resource;
pub use second::{Editor, Writer};
pub use weather::Weather;

use crate::{clock::Now, sandbox::lock, tokens::seed_key};
use credentials::Grants;
use fault::Faults;
use store::Store;
use weather::Sky;

/// The imitated Optiply account. Clones share everything.
#[derive(Clone)]
pub struct Optiply {
    inner: Arc<Inner>,
}

struct Inner {
    now: Now,
    latency: Duration,
    key: [u8; 32],
    credentials: OptiplyCredentials,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
    state: Mutex<State>,
}

/// What changes.
struct State {
    behaviour: Behaviour,
    store: Store,
    grants: Grants,
    faults: Faults,
    sky: Sky,
    calls: Vec<OptiplyCall>,
    writes: Vec<OptiplyWrite>,
    /// Calls within the present second, for the limit.
    second: (i64, u32),
    /// Errors so far: each takes the next of the known body shapes.
    errors: usize,
}

impl Optiply {
    pub(crate) fn new(seed: u64, now: Now, latency: Duration) -> Optiply {
        let key = seed_key(seed);
        let born = now().trunc_subsecs(0);
        let state = State {
            behaviour: Behaviour::default(),
            store: Store::new(born),
            grants: Grants::new(key),
            faults: Faults::default(),
            sky: Sky::new(seed),
            calls: Vec::new(),
            writes: Vec::new(),
            second: (0, 0),
            errors: 0,
        };
        Optiply {
            inner: Arc::new(Inner {
                now,
                latency,
                key,
                credentials: OptiplyCredentials::of(&key, Resource::Accounts.first_id()),
                in_flight: AtomicUsize::new(0),
                most_in_flight: AtomicUsize::new(0),
                state: Mutex::new(state),
            }),
        }
    }

    /// What a person would type to connect.
    #[must_use]
    pub fn credentials(&self) -> OptiplyCredentials {
        self.inner.credentials.clone()
    }

    /// Changes how it answers where the documentation is silent.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut lock(&self.inner.state).behaviour);
    }

    /// Adds a fault to those in force.
    pub fn set_fault(&self, fault: OptiplyFault) {
        lock(&self.inner.state).faults.add(fault);
    }

    /// Faults by chance, from now on.
    pub fn set_weather(&self, weather: Weather) {
        lock(&self.inner.state).sky.weather = weather;
    }

    /// Ends all faults and clears the sky.
    pub fn clear_faults(&self) {
        let mut state = lock(&self.inner.state);
        state.faults.clear();
        state.sky.weather = Weather::default();
    }

    /// Every call so far, in order of arrival.
    #[must_use]
    pub fn history(&self) -> Vec<OptiplyCall> {
        lock(&self.inner.state).calls.clone()
    }

    /// How many calls there were so far.
    #[must_use]
    pub fn called(&self) -> usize {
        lock(&self.inner.state).calls.len()
    }

    /// Every write of a client that took effect, in order.
    #[must_use]
    pub fn writes(&self) -> Vec<OptiplyWrite> {
        lock(&self.inner.state).writes.clone()
    }

    /// Forgets calls and writes so far, not what they did.
    pub fn clear_history(&self) {
        let mut state = lock(&self.inner.state);
        state.calls.clear();
        state.writes.clear();
    }

    /// The most requests that were in its hands at once.
    #[must_use]
    pub fn most_in_flight(&self) -> usize {
        self.inner.most_in_flight.load(Ordering::SeqCst)
    }

    /// All rows of a resource by id, deleted ones too.
    #[must_use]
    pub fn rows(&self, resource: Resource) -> Vec<OptiplyRow> {
        let state = lock(&self.inner.state);
        let rows = state.store.table(resource).rows.values();
        rows.map(|row| OptiplyRow::of(resource, row)).collect()
    }

    /// The live rows of a resource as lines that can be compared, by id.
    #[must_use]
    pub fn dump(&self, resource: Resource) -> String {
        dump::dump(&lock(&self.inner.state).store, resource)
    }

    /// Changes the account as somebody else would; none of it enters the list of writes.
    pub fn mutate<T>(&self, writer: Writer, change: impl FnOnce(&mut Editor<'_>) -> T) -> T {
        let mut state = lock(&self.inner.state);
        let now = self.now(&state);
        // What others wrote is old news: no delay.
        let behaviour = Behaviour {
            visible_after: Duration::ZERO,
            ..state.behaviour.clone()
        };
        change(&mut Editor {
            store: &mut state.store,
            behaviour,
            now,
            writer,
        })
    }

    /// The server's time, in whole seconds as it stores them.
    fn now(&self, state: &State) -> DateTime<Utc> {
        let offset = TimeDelta::seconds(state.behaviour.clock_offset_seconds);
        ((self.inner.now)() + offset).trunc_subsecs(0)
    }
}

impl fmt::Debug for Optiply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Optiply")
            .field("account_id", &self.inner.credentials.account_id)
            .finish_non_exhaustive()
    }
}
