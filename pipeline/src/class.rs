//! What the caller of a failed operation can do about it.

use std::time::Duration;

/// The verdict every error of the connectors and stores carries.
///
/// One match decides: nobody looks into an error to find out whether it may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A passing fault: the same call may work later.
    Retry,
    /// We were asked to wait this long; waiting is not failing.
    RetryAfter(Duration),
    /// The grant is gone: a person must connect again.
    Reauthorize,
    /// Repeating the call cannot help: somebody must change something first.
    Fail,
}
