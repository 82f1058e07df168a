//! The clients of a process, one for each connection and side.

use pipeline::id::ConnectionId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use storage::CredentialsMark;

type Held<T> = HashMap<ConnectionId, (CredentialsMark, T)>;

/// Clients, each with the mark of the credentials it was made of: when a person corrects those, a
/// running process goes on with the new ones.
#[derive(Clone, Debug)]
pub(crate) struct Clients<T>(Arc<Mutex<Held<T>>>);

impl<T> Default for Clients<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Clients<T> {
    /// The client of a connection, and of which credentials it was made.
    pub(crate) fn of(&self, connection: ConnectionId) -> Option<(CredentialsMark, T)> {
        self.held().get(&connection).cloned()
    }

    /// Keeps a client, unless somebody made one of the same credentials meanwhile. Returns the one
    /// that is kept, so that all share it.
    pub(crate) fn keep(&self, connection: ConnectionId, mark: CredentialsMark, made: T) -> T {
        let mut held = self.held();
        match held.get(&connection) {
            Some((made_of, client)) if *made_of == mark => client.clone(),
            _ => {
                held.insert(connection, (mark, made.clone()));
                made
            }
        }
    }

    /// Makes the next caller read the credentials again.
    pub(crate) fn forget(&self, connection: ConnectionId) {
        self.held().remove(&connection);
    }

    fn held(&self) -> MutexGuard<'_, Held<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
