//! Why a write failed: what the caller can do, and whether it may have happened.

use super::super::auth::TokenError;
use crate::http::TransportError;
use pipeline::Class;
use std::time::Duration;

/// What a failed write may have left behind in Lightspeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it may be sent again as it is.
    Nothing,
    /// Nobody knows: look before anything is sent again.
    Unknown,
}

/// Why a write failed. Holds no token and no host; what the server said is scrubbed.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// No valid token could be had.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The token was refused; another one is at hand for the next try.
    #[error("Lightspeed refused the token")]
    TokenRefused,
    /// The account is paused; the next try waits for it.
    #[error("Lightspeed asked us to slow down; the account continues in {} s", .after.as_secs())]
    RateLimited {
        /// How long.
        after: Duration,
    },
    /// The right to keep purchase orders is missing.
    #[error(
        "the connected employee may not write purchase orders ({message}); \
         grant the right in Lightspeed, or connect with an employee who has it"
    )]
    Forbidden {
        /// What the server said.
        message: String,
    },
    /// What was written to is not there.
    #[error("Lightspeed does not know it: {message}")]
    Gone {
        /// What the server said.
        message: String,
    },
    /// The values are refused.
    #[error("Lightspeed refused it with status {status}: {message}")]
    Refused {
        /// The status.
        status: u16,
        /// What the server said.
        message: String,
    },
    /// The server said itself that the same call may work later.
    #[error("Lightspeed asks to try again later (status {status})")]
    TryLater {
        /// The status it said so with.
        status: u16,
    },
    /// Nothing was sent.
    #[error("Lightspeed could not be reached")]
    NotSent {
        /// What happened on the way.
        #[source]
        source: TransportError,
    },
    /// It may or may not have happened.
    #[error("nobody knows whether Lightspeed took it: {why}")]
    Unknown {
        /// What came instead of an answer.
        why: String,
    },
}

impl WriteError {
    /// What may have been left behind.
    pub const fn effect(&self) -> Effect {
        match self {
            Self::Unknown { .. } => Effect::Unknown,
            Self::Token(_)
            | Self::TokenRefused
            | Self::RateLimited { .. }
            | Self::Forbidden { .. }
            | Self::Gone { .. }
            | Self::Refused { .. }
            | Self::TryLater { .. }
            | Self::NotSent { .. } => Effect::Nothing,
        }
    }

    /// What the caller can do.
    pub fn class(&self) -> Class {
        match self {
            Self::Token(error) => error.class(),
            Self::RateLimited { after } => Class::RetryAfter(*after),
            Self::NotSent { source } => source.class(),
            Self::TokenRefused | Self::TryLater { .. } | Self::Unknown { .. } => Class::Retry,
            Self::Forbidden { .. } | Self::Gone { .. } | Self::Refused { .. } => Class::Fail,
        }
    }
}
