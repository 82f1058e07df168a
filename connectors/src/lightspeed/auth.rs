//! Access tokens: one refresher at a time, and never a pair used before it is stored.
//!
//! A refresh returns a new pair and the old refresh token dies when the new access token is first
//! used. Hence the order: take the lease, read the stored pair again, record the try, call, commit
//! the new pair durably, and only then let anybody use it. A crash anywhere in between is repaired
//! by the same call with the old refresh token.

mod answer;
mod call;
mod error;
mod pace;
mod store;
mod tokens;

pub use error::TokenError;
pub use store::{Held, NewPair, TokenPair, TokenStore, TokenStoreError};
pub use tokens::{Access, Tokens};

/// Tries at the token endpoint per minute, over all processes; the server permits five.
pub const TRIES_PER_MINUTE: usize = 4;
