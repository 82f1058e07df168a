//! What futures run on.

use std::io;
use tokio::runtime::{Builder, Runtime};

/// The runtime of a process: one thread for all that waits, beside those of the database.
///
/// What a process may do a second is limited by the one connection that writes, which has a thread
/// of its own. A second thread here would add nothing to that, and two that hand each other every
/// answer cost a quarter more CPU in a cycle in which nothing has changed (docs/figures.md).
///
/// # Errors
/// When the system refuses a thread.
pub fn new() -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
}
