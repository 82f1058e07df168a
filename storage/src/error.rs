//! What can go wrong with the database, and what the caller can do about it.

use pipeline::Class;
use std::path::PathBuf;

/// What can go wrong with the database, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer held the database longer than the timeout.
    #[error("the database is busy with another writer")]
    Busy(#[source] sqlx::Error),
    /// A later holder has taken this work over; what this one wanted to write is void.
    #[error("the work on {role} was taken over by another worker")]
    Fenced {
        /// The role whose lease moved on.
        role: String,
    },
    /// There is no such thing.
    #[error("there is no {what} {name:?}")]
    NotFound {
        /// The kind of thing.
        what: &'static str,
        /// What was asked for.
        name: String,
    },
    /// There is such a thing already.
    #[error("there is a {what} {name:?} already")]
    Exists {
        /// The kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// No database where one was expected.
    #[error("there is no database at {path}; `stockbridge connect` makes one")]
    NoDatabase {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The address names something this version cannot use.
    #[error("the database address {url:?} cannot be used: {why}")]
    Address {
        /// The address as given, without its secrets.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A setting of the database file did not take effect.
    #[error("the database refuses {pragma} = {wanted}: it says {found}")]
    Pragma {
        /// The setting.
        pragma: &'static str,
        /// What it must be for checkpoints to be durable.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
    /// The sealing key is missing, unreadable or of another database.
    #[error("{0}")]
    Key(String),
    /// What the database holds cannot be right.
    #[error("{table}.{column} of {row} holds something impossible: {found:?}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// Which row.
        row: String,
        /// What was found.
        found: String,
    },
    /// A file operation failed.
    #[error("{what} {path} failed")]
    File {
        /// What was being done.
        what: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The migrations could not be applied.
    #[error("the tables could not be brought to this version")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// Anything else the database said.
    #[error("the database refused a statement")]
    Database(#[source] sqlx::Error),
}

/// What SQLite says of troubles that are not about the statement: another connection holds a table,
/// no memory, interrupted, the disk fails or is full, the file cannot be opened, a race for a lock.
/// Nothing of the transaction was written, and what was tried can be tried again.
const PASSING: [i64; 7] = [6, 7, 9, 10, 13, 14, 15];

/// SQLite's code of an error, which its extended codes keep in the low byte.
fn code(error: &sqlx::Error) -> Option<i64> {
    let code = error.as_database_error()?.code()?;
    Some(code.parse::<i64>().ok()? & 0xff)
}

impl StoreError {
    /// What the caller can do.
    pub fn class(&self) -> Class {
        match self {
            StoreError::Busy(_) => Class::Retry,
            StoreError::Database(error) => match error {
                sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => Class::Retry,
                error if code(error).is_some_and(|code| PASSING.contains(&code)) => Class::Retry,
                _ => Class::Fail,
            },
            StoreError::Fenced { .. }
            | StoreError::NotFound { .. }
            | StoreError::Exists { .. }
            | StoreError::NoDatabase { .. }
            | StoreError::Address { .. }
            | StoreError::Pragma { .. }
            | StoreError::Key(_)
            | StoreError::Inconsistent { .. }
            | StoreError::File { .. }
            | StoreError::Migrate(_) => Class::Fail,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // 5 is SQLITE_BUSY.
        if code(&error) == Some(5) {
            StoreError::Busy(error)
        } else {
            StoreError::Database(error)
        }
    }
}
