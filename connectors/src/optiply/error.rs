//! Why a call failed: what the caller can do, and whether the write may have happened.

use super::auth::TokenError;
use super::payload::PayloadError;
use super::resource::Resource;
use crate::http::TransportError;
use pipeline::Class;
use std::time::Duration;

/// What a failed call may have left behind at Optiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it may be sent again as it is.
    Nothing,
    /// Nobody knows: read back before anything is sent again.
    Unknown,
    /// It was refused, but the order and its first lines may be there: whether an order with a
    /// bad line is refused as a whole is unknown (open question 6). Read back likewise.
    Partial,
}

/// What was being done when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// A read, which leaves nothing behind.
    Reading,
    /// A write.
    Writing,
    /// Making an order together with its lines.
    WritingLines,
}

/// Why a call failed. Holds no token and no host; what servers said is scrubbed.
#[derive(Debug, thiserror::Error)]
pub enum OptiplyError {
    /// No valid token could be had.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The account is paused for longer than a caller should be kept waiting.
    #[error("Optiply asked us to slow down; the account continues in {} s", .after.as_secs())]
    RateLimited {
        /// How long to wait.
        after: Duration,
    },
    /// A token that was just fetched is refused too.
    #[error(
        "Optiply refused {resource} although the token was just fetched; \
         check the credentials and run `stockbridge connect` again"
    )]
    Unauthorized {
        /// What we asked for.
        resource: Resource,
    },
    /// A scope is missing, or it is another account.
    #[error(
        "the API user may not do this with {resource} ({message}); \
         check the account id, and ask Optiply for the missing scope"
    )]
    Forbidden {
        /// What we asked for.
        resource: Resource,
        /// What the server said.
        message: String,
    },
    /// The values are refused; neighbours are not affected.
    #[error("Optiply refused the values of {resource}: {message}")]
    Invalid {
        /// What we wrote.
        resource: Resource,
        /// What the server said.
        message: String,
        /// What we were doing.
        doing: Doing,
    },
    /// One of a supplier's addresses is refused: it can be sent without them.
    #[error("Optiply refused an e-mail address: {message}")]
    InvalidEmail {
        /// What the server said.
        message: String,
    },
    /// There is already a row for these two.
    #[error("Optiply already has a row of {resource} for these two")]
    Conflict {
        /// What we wrote.
        resource: Resource,
        /// What the server said; known to be of no help.
        message: String,
        /// What we were doing.
        doing: Doing,
    },
    /// What was written to, or what it hangs on, is not there.
    #[error("the row of {resource}, or what it belongs to, is gone from Optiply ({message})")]
    Gone {
        /// What we wrote.
        resource: Resource,
        /// What the server said.
        message: String,
        /// What we were doing.
        doing: Doing,
    },
    /// The request is refused for another reason.
    #[error("Optiply refused {resource} with status {status}: {message}")]
    Refused {
        /// What we asked for.
        resource: Resource,
        /// The status.
        status: u16,
        /// What the server said.
        message: String,
        /// What we were doing.
        doing: Doing,
    },
    /// The server failed, or something between us and it.
    #[error("Optiply failed with status {status} on {resource}: {message}")]
    Server {
        /// What we asked for.
        resource: Resource,
        /// 5xx, or 408.
        status: u16,
        /// What the server said.
        message: String,
        /// How long it asked us to wait.
        after: Option<Duration>,
        /// What we were doing.
        doing: Doing,
    },
    /// No complete answer came.
    #[error("no answer came for {resource}")]
    Lost {
        /// What we asked for.
        resource: Resource,
        /// What happened on the way.
        #[source]
        source: TransportError,
        /// What we were doing.
        doing: Doing,
    },
    /// No answer came in time.
    #[error("Optiply did not answer for {resource} within {} s", .limit.as_secs())]
    TimedOut {
        /// What we asked for.
        resource: Resource,
        /// How long we waited.
        limit: Duration,
        /// What we were doing.
        doing: Doing,
    },
    /// A success whose body is empty, cut off or of another shape.
    #[error("the answer for {resource} (status {status}) cannot be read: {excerpt}")]
    Unreadable {
        /// What we asked for.
        resource: Resource,
        /// The status.
        status: u16,
        /// How the body begins.
        excerpt: String,
        /// What we were doing.
        doing: Doing,
    },
    /// The rows of a page are not in the order that was asked for.
    #[error("the rows of {resource} are out of order: {id} came after {previous}")]
    OutOfOrder {
        /// What we asked for.
        resource: Resource,
        /// The id before.
        previous: i64,
        /// The id that should not have come after it.
        id: i64,
    },
    /// Rows that were not asked for: the server took no notice of the filter.
    #[error("Optiply answered for {resource} without regard to the filter (row {id})")]
    FilterIgnored {
        /// What we asked for.
        resource: Resource,
        /// One of the rows.
        id: i64,
    },
    /// More rows than the caller wanted to hold.
    #[error("more than {limit} rows of {resource} fit")]
    TooMany {
        /// What we asked for.
        resource: Resource,
        /// How many the caller wanted at most.
        limit: usize,
    },
    /// The attributes cannot be written or read.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl OptiplyError {
    /// What the caller can do. After a write look at [`OptiplyError::effect`] first.
    pub fn class(&self) -> Class {
        match self {
            Self::Token(error) => error.class(),
            Self::RateLimited { after } => Class::RetryAfter(*after),
            Self::Unauthorized { .. } => Class::Reauthorize,
            Self::Server {
                after: Some(after), ..
            } => Class::RetryAfter(*after),
            Self::Lost { source, .. } => source.class(),
            Self::Server { .. }
            | Self::TimedOut { .. }
            | Self::Unreadable { .. }
            | Self::OutOfOrder { .. } => Class::Retry,
            Self::Forbidden { .. }
            | Self::Invalid { .. }
            | Self::InvalidEmail { .. }
            | Self::Conflict { .. }
            | Self::Gone { .. }
            | Self::Refused { .. }
            | Self::FilterIgnored { .. }
            | Self::TooMany { .. }
            | Self::Payload(_) => Class::Fail,
        }
    }

    /// What the call may have left behind.
    pub fn effect(&self) -> Effect {
        match self {
            Self::Lost { source, doing, .. } => match source {
                // Nothing was asked.
                TransportError::Connect { .. } | TransportError::Setup(_) => Effect::Nothing,
                TransportError::Timeout { .. }
                | TransportError::Broken { .. }
                | TransportError::TooLarge { .. } => doing.in_doubt(),
            },
            Self::Server { doing, .. }
            | Self::TimedOut { doing, .. }
            | Self::Unreadable { doing, .. } => doing.in_doubt(),
            // A redirect may follow a write that was carried out; 499 is a proxy's word for "lost".
            Self::Refused { status, doing, .. } if *status < 400 || *status == 499 => {
                doing.in_doubt()
            }
            Self::Invalid { doing, .. }
            | Self::Conflict { doing, .. }
            | Self::Gone { doing, .. }
            | Self::Refused { doing, .. } => doing.refused(),
            Self::Token(_)
            | Self::RateLimited { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::InvalidEmail { .. }
            | Self::OutOfOrder { .. }
            | Self::FilterIgnored { .. }
            | Self::TooMany { .. }
            | Self::Payload(_) => Effect::Nothing,
        }
    }

    /// Whether asking for fewer rows may help.
    pub const fn smaller_page_may_help(&self) -> bool {
        matches!(
            self,
            Self::Server { .. }
                | Self::TimedOut { .. }
                | Self::Lost {
                    source: TransportError::Timeout { .. } | TransportError::TooLarge { .. },
                    ..
                }
        )
    }
}

impl Doing {
    const fn in_doubt(self) -> Effect {
        match self {
            Doing::Reading => Effect::Nothing,
            Doing::Writing | Doing::WritingLines => Effect::Unknown,
        }
    }

    const fn refused(self) -> Effect {
        match self {
            Doing::Reading | Doing::Writing => Effect::Nothing,
            Doing::WritingLines => Effect::Partial,
        }
    }
}
