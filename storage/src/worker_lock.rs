//! Which process is the worker: the one that holds a lock on a file beside the database.

use crate::seal_key::beside;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The right to be the worker of a database, until it is dropped or the process ends.
///
/// The lock belongs to the open file, so the operating system takes it back when the process dies,
/// however it dies. The file itself stays: removing it would let two processes lock two files of
/// one name.
#[derive(Debug)]
pub struct WorkerLock {
    // Held, never read: closing it gives the lock back.
    _file: File,
    path: PathBuf,
}

/// The lock file could not be used.
#[derive(Debug, thiserror::Error)]
#[error("{what} {path} failed, so that it is not known whether a worker runs")]
pub struct LockError {
    /// What was being done.
    pub what: &'static str,
    /// To which file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

impl WorkerLock {
    /// Becomes the worker of the database in this file; `None` while another process, or another
    /// part of this one, is.
    ///
    /// # Errors
    /// When the file cannot be made or the file system has no locks.
    pub fn try_acquire(database: &Path) -> Result<Option<WorkerLock>, LockError> {
        let path = beside(database, ".worker");
        let failed = |what: &'static str, source| LockError {
            what,
            path: path.clone(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|source| failed("opening", source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(source)) => return Err(failed("locking", source)),
        }
        let line = format!("process {} on {}\n", std::process::id(), host());
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(line.as_bytes()))
            .map_err(|source| failed("writing", source))?;
        Ok(Some(WorkerLock { _file: file, path }))
    }

    /// Who last became the worker of the database in this file, for people to read.
    pub fn last_holder(database: &Path) -> Option<String> {
        let mut text = String::new();
        File::open(beside(database, ".worker"))
            .ok()?
            .take(200)
            .read_to_string(&mut text)
            .ok()
            .filter(|_| !text.trim().is_empty())
            .map(|_| text.trim().to_owned())
    }

    /// The lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The name of this host, as far as it can be told.
#[expect(
    clippy::disallowed_methods,
    reason = "asks the machine for its name where no file tells it; nothing is configured by it"
)]
pub(crate) fn host() -> String {
    let named = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .map(|name| name.trim().to_owned());
    match named {
        Some(name) if !name.is_empty() => name,
        _ => "localhost".to_owned(),
    }
}
