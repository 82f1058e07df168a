//! How the Optiply side can be told to misbehave.

use serde::{Deserialize, Serialize};

use crate::fault::When;

/// One way to misbehave. A [`When`] names a resource (`sellOrders`), a method (`POST`), both
/// (`POST sellOrders`) or the token endpoint (`token`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum OptiplyFault {
    /// The connection is cut before the call has any effect.
    ResetBefore {
        /// On which calls.
        #[serde(default)]
        at: When,
    },
    /// The call takes effect, then the connection is cut instead of answering.
    ResetAfter {
        /// On which calls.
        #[serde(default)]
        at: When,
    },
    /// An error status before the call has any effect.
    Status {
        /// The status.
        status: u16,
        /// The body.
        body: String,
        /// On which calls.
        #[serde(default)]
        at: When,
    },
    /// The call takes effect, then a gateway answers with this status.
    StatusAfter {
        /// The status, 504 for example.
        status: u16,
        /// On which calls.
        #[serde(default)]
        at: When,
    },
    /// An order is written with only so many of its lines, then a gateway answers 504.
    PartialOrder {
        /// Lines that are written.
        lines: usize,
        /// On which calls; only those that make an order with lines count.
        #[serde(default)]
        at: When,
    },
    /// The call takes effect and the answer ends in the middle.
    TruncatedBody {
        /// On which calls.
        #[serde(default)]
        at: When,
    },
    /// The call takes effect and is answered by a success without a body.
    EmptyBody {
        /// On which calls.
        #[serde(default)]
        at: When,
    },
    /// The answer takes this much longer.
    Slow {
        /// Milliseconds.
        millis: u64,
        /// On which calls.
        #[serde(default)]
        at: When,
    },
    /// Calls are refused with 429.
    TooMany {
        /// Seconds announced; none = no `Retry-After` header.
        #[serde(default)]
        retry_after: Option<u64>,
        /// On which calls.
        #[serde(default)]
        at: When,
    },
    /// After a page with a next one, its first row is changed by somebody else.
    ChangeBetweenPages {
        /// On which pages.
        #[serde(default)]
        at: When,
    },
    /// After a page with a next one, its first row is deleted by somebody else.
    DeleteBetweenPages {
        /// On which pages.
        #[serde(default)]
        at: When,
    },
    /// A list comes without regard to its filters.
    FiltersIgnored {
        /// On which lists.
        #[serde(default)]
        at: When,
    },
    /// A resource is closed to this user, until cleared.
    Forbidden {
        /// The resource's name.
        resource: String,
    },
    /// Every access token is refused, until cleared.
    TokensRefused,
    /// The user's password was changed: every grant is refused, until cleared.
    LoginRefused,
}

impl OptiplyFault {
    /// An error status with a gateway's HTML body, before any effect.
    #[must_use]
    pub fn status(status: u16, at: When) -> OptiplyFault {
        OptiplyFault::Status {
            status,
            body: format!("<html><body><h1>{status}</h1></body></html>"),
            at,
        }
    }

    /// The name under which the history shows it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            OptiplyFault::ResetBefore { .. } => "reset_before",
            OptiplyFault::ResetAfter { .. } => "reset_after",
            OptiplyFault::Status { .. } => "status",
            OptiplyFault::StatusAfter { .. } => "status_after",
            OptiplyFault::PartialOrder { .. } => "partial_order",
            OptiplyFault::TruncatedBody { .. } => "truncated_body",
            OptiplyFault::EmptyBody { .. } => "empty_body",
            OptiplyFault::Slow { .. } => "slow",
            OptiplyFault::TooMany { .. } => "too_many",
            OptiplyFault::ChangeBetweenPages { .. } => "change_between_pages",
            OptiplyFault::DeleteBetweenPages { .. } => "delete_between_pages",
            OptiplyFault::FiltersIgnored { .. } => "filters_ignored",
            OptiplyFault::Forbidden { .. } => "forbidden",
            OptiplyFault::TokensRefused => "tokens_refused",
            OptiplyFault::LoginRefused => "login_refused",
        }
    }

    fn at(&mut self) -> Option<&mut When> {
        match self {
            OptiplyFault::ResetBefore { at }
            | OptiplyFault::ResetAfter { at }
            | OptiplyFault::Status { at, .. }
            | OptiplyFault::StatusAfter { at, .. }
            | OptiplyFault::PartialOrder { at, .. }
            | OptiplyFault::TruncatedBody { at }
            | OptiplyFault::EmptyBody { at }
            | OptiplyFault::Slow { at, .. }
            | OptiplyFault::TooMany { at, .. }
            | OptiplyFault::ChangeBetweenPages { at }
            | OptiplyFault::DeleteBetweenPages { at }
            | OptiplyFault::FiltersIgnored { at } => Some(at),
            OptiplyFault::Forbidden { .. }
            | OptiplyFault::TokensRefused
            | OptiplyFault::LoginRefused => None,
        }
    }
}

/// The faults in force, with what is left of them.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<OptiplyFault>);

impl Faults {
    pub(super) fn add(&mut self, fault: OptiplyFault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn standing(&self, is: impl Fn(&OptiplyFault) -> bool) -> bool {
        self.0.iter().any(is)
    }

    /// Lets the counted faults of a kind see a call; the first that strikes is returned.
    pub(super) fn strike(
        &mut self,
        method: &str,
        resource: &str,
        kind: impl Fn(&OptiplyFault) -> bool,
    ) -> Option<OptiplyFault> {
        let mut struck = None;
        for fault in self.0.iter_mut().filter(|fault| kind(fault)) {
            let snapshot = fault.clone();
            let Some(at) = fault.at() else { continue };
            let meant = match &at.resource {
                None => resource != "token",
                Some(wanted) => match wanted.split_once(' ') {
                    Some(both) => both == (method, resource),
                    None => wanted == resource || (wanted == method && resource != "token"),
                },
            };
            if !meant {
                continue;
            }
            if at.skip > 0 {
                at.skip -= 1;
            } else if at.times > 0 && struck.is_none() {
                if at.times != u32::MAX {
                    at.times -= 1;
                }
                struck = Some(snapshot);
            }
        }
        struck
    }
}
