//! Why a page could not be had, by what the caller can do.

use super::auth::TokenError;
use crate::http::TransportError;
use pipeline::Class;
use pipeline::page::EnvelopeError;
use std::time::Duration;

/// Why a page could not be had. Holds no token and no host; excerpts of answers are scrubbed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The account is paused for longer than a caller should be kept waiting.
    #[error("Lightspeed asked us to slow down; the account continues in {} s", .after.as_secs())]
    RateLimited {
        /// How long to wait.
        after: Duration,
    },
    /// A token that was just renewed is refused too.
    #[error(
        "Lightspeed refused {resource} although the token was just renewed; \
         the grant was probably revoked: run `stockbridge connect` again"
    )]
    Unauthorized {
        /// What we asked for.
        resource: String,
    },
    /// A right is missing. Other resources may work.
    #[error(
        "the connected employee may not read {resource} ({message}); \
         grant the right in Lightspeed, or connect with an employee who has it"
    )]
    Forbidden {
        /// What we asked for.
        resource: String,
        /// What the server said.
        message: String,
    },
    /// The server failed; the page may be too much for it.
    #[error("Lightspeed failed with status {status} on {resource}")]
    Overloaded {
        /// What we asked for.
        resource: String,
        /// 5xx, or 408.
        status: u16,
    },
    /// No answer in time, or one too large to hold; the page may be too much.
    #[error("the page of {resource} is too heavy")]
    TooHeavy {
        /// What we asked for.
        resource: String,
        /// What happened on the way.
        #[source]
        source: TransportError,
    },
    /// No connection, or one that broke.
    #[error("{resource} could not be fetched")]
    Transport {
        /// What we asked for.
        resource: String,
        /// What happened on the way.
        #[source]
        source: TransportError,
    },
    /// The server said itself that the same call may work later.
    #[error("Lightspeed asks to try {resource} again later (status {status})")]
    TryLater {
        /// What we asked for.
        resource: String,
        /// The status it said so with.
        status: u16,
    },
    /// A success whose body is empty, cut off or no JSON. Never taken for an end of the list.
    #[error("the answer for {resource} cannot be read: {excerpt}")]
    Unreadable {
        /// What we asked for.
        resource: String,
        /// How the body begins.
        excerpt: String,
        /// What is wrong with it; none if it is not even text.
        #[source]
        source: Option<EnvelopeError>,
    },
    /// A list that does not say whether more follows: its end is not proven.
    #[error("the page of {resource} does not say whether more follows")]
    Envelope {
        /// What we asked for.
        resource: String,
    },
    /// The next link leads away from the account; it was not followed, so no token left.
    #[error("the next link of {resource} leads elsewhere ({host}); it was not followed")]
    ForeignLink {
        /// What we asked for.
        resource: String,
        /// Where it leads.
        host: String,
    },
    /// The next link was followed before in this walk.
    #[error(
        "the pages of {resource} run in a circle; the walk must start again from its checkpoint"
    )]
    LoopingLink {
        /// What we asked for.
        resource: String,
    },
    /// The rows of a page are not in the order that was asked for.
    #[error("the rows of {resource} are out of order: {id} came after {previous}")]
    OutOfOrder {
        /// What we asked for.
        resource: String,
        /// The id before.
        previous: i64,
        /// The id that should not have come after it.
        id: i64,
    },
    /// The request itself is refused.
    #[error("Lightspeed refused {resource} with status {status}: {message}")]
    Refused {
        /// What we asked for.
        resource: String,
        /// The status.
        status: u16,
        /// What the server said.
        message: String,
    },
    /// No valid token could be had.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl SourceError {
    /// What the caller can do.
    pub fn class(&self) -> Class {
        match self {
            Self::RateLimited { after } => Class::RetryAfter(*after),
            Self::Unauthorized { .. } => Class::Reauthorize,
            Self::Transport { source, .. } | Self::TooHeavy { source, .. } => source.class(),
            Self::Overloaded { .. }
            | Self::TryLater { .. }
            | Self::Unreadable { .. }
            | Self::Envelope { .. }
            | Self::LoopingLink { .. } => Class::Retry,
            Self::Forbidden { .. }
            | Self::ForeignLink { .. }
            | Self::OutOfOrder { .. }
            | Self::Refused { .. } => Class::Fail,
            Self::Token(error) => error.class(),
        }
    }

    /// Whether asking for fewer rows may help.
    pub const fn smaller_page_may_help(&self) -> bool {
        matches!(self, Self::Overloaded { .. } | Self::TooHeavy { .. })
    }
}
