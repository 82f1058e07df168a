//! Why there is no valid token.

use super::store::TokenStoreError;
use crate::http::TransportError;
use pipeline::Class;
use std::time::Duration;

/// Why there is no valid token. Holds no token; excerpts of answers are scrubbed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The grant was revoked, used elsewhere or not used for a month.
    #[error(
        "Lightspeed no longer accepts the stored refresh token ({reason}); run `stockbridge connect` again"
    )]
    NeedsReconnect {
        /// What the server said.
        reason: String,
    },
    /// The client itself is refused, so no token of any connection will be renewed.
    #[error(
        "Lightspeed refused the client id or secret ({reason}); check STOCKBRIDGE_LIGHTSPEED_CLIENT_ID and \
         STOCKBRIDGE_LIGHTSPEED_CLIENT_SECRET, then run `stockbridge connect` again"
    )]
    ClientRefused {
        /// What the server said.
        reason: String,
    },
    /// The request is refused for another reason: a mistake in the configuration or in ours.
    #[error(
        "the token endpoint refused the request with status {status}: {message}; check the OAuth base address"
    )]
    Refused {
        /// The status.
        status: u16,
        /// What the server said.
        message: String,
    },
    /// We or the server want a pause before the next try.
    #[error("the next try to renew the token is due in {} s", .after.as_secs())]
    Wait {
        /// How long.
        after: Duration,
    },
    /// The server failed.
    #[error("the token endpoint failed with status {status}")]
    Unavailable {
        /// The status.
        status: u16,
    },
    /// A success without both tokens; nothing stored was touched.
    #[error("the token endpoint answered without a pair of tokens; the stored pair was kept")]
    Incomplete,
    /// The call did not come back.
    #[error("the token endpoint could not be reached")]
    Transport(#[from] TransportError),
    /// The call took too long.
    #[error("the token endpoint did not answer within {} s", .limit.as_secs())]
    TimedOut {
        /// How long we waited.
        limit: Duration,
    },
    /// The store failed. After a successful refresh this means: not used, and to be repeated.
    #[error("the stored tokens are out of reach")]
    Store(#[from] TokenStoreError),
}

impl TokenError {
    /// What the caller can do.
    pub const fn class(&self) -> Class {
        match self {
            Self::NeedsReconnect { .. } | Self::Store(TokenStoreError::Missing) => {
                Class::Reauthorize
            }
            Self::ClientRefused { .. }
            | Self::Refused { .. }
            | Self::Store(TokenStoreError::Sealed(_)) => Class::Fail,
            Self::Wait { after } => Class::RetryAfter(*after),
            Self::Transport(error) => error.class(),
            Self::Unavailable { .. }
            | Self::Incomplete
            | Self::TimedOut { .. }
            | Self::Store(TokenStoreError::Superseded | TokenStoreError::Unavailable(_)) => {
                Class::Retry
            }
        }
    }
}
