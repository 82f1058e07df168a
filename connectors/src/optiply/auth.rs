//! Access tokens by the password grant: one at a time for an account, renewed early, never stored.
//!
//! The supplied secrets can always mint another token, so losing one costs a call and nothing
//! else. Whether a new grant ends the tokens before it is unknown (open question 2): hence one
//! place that hands them out, and one renewal at a time.

mod answer;
mod call;
mod error;
mod tokens;

pub use error::TokenError;
pub use tokens::{Access, Tokens};

use secrecy::SecretString;
use std::fmt;

/// What Optiply issued for an account. Nothing of it is ever shown.
#[derive(Clone)]
pub struct Login {
    /// OAuth client id.
    pub client_id: SecretString,
    /// OAuth client secret.
    pub client_secret: SecretString,
    /// The API user.
    pub username: SecretString,
    /// Its password.
    pub password: SecretString,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}
