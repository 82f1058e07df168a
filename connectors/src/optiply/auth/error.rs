//! Why there is no valid token.

use crate::http::TransportError;
use pipeline::Class;
use std::time::Duration;

/// Why there is no valid token. Holds no secret; excerpts of answers are scrubbed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The credentials are refused: nothing works until a person corrects them.
    #[error(
        "Optiply refused the credentials ({reason}); check STOCKBRIDGE_OPTIPLY_CLIENT_ID, _CLIENT_SECRET, \
         _USERNAME and _PASSWORD, then run `stockbridge connect` again"
    )]
    LoginRefused {
        /// What the server said.
        reason: String,
    },
    /// The address is not that of a token endpoint.
    #[error(
        "Optiply's token endpoint refused the request with status {status}: {message}; \
         check the token address"
    )]
    Refused {
        /// The status.
        status: u16,
        /// What the server said.
        message: String,
    },
    /// A pause before the next try.
    #[error("the next try to log in to Optiply is due in {} s", .after.as_secs())]
    Wait {
        /// How long.
        after: Duration,
    },
    /// The server failed.
    #[error("Optiply's token endpoint failed with status {status}")]
    Unavailable {
        /// The status.
        status: u16,
    },
    /// A success without a token.
    #[error("Optiply's token endpoint answered without a token")]
    Incomplete,
    /// The call did not come back.
    #[error("Optiply's token endpoint could not be reached")]
    Transport(#[from] TransportError),
    /// The call took too long.
    #[error("Optiply's token endpoint did not answer within {} s", .limit.as_secs())]
    TimedOut {
        /// How long we waited.
        limit: Duration,
    },
}

impl TokenError {
    /// What the caller can do.
    pub const fn class(&self) -> Class {
        match self {
            Self::LoginRefused { .. } => Class::Reauthorize,
            Self::Refused { .. } => Class::Fail,
            Self::Wait { after } => Class::RetryAfter(*after),
            Self::Transport(error) => error.class(),
            Self::Unavailable { .. } | Self::Incomplete | Self::TimedOut { .. } => Class::Retry,
        }
    }
}
