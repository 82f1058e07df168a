//! A rehearsal: the records and the model of one connection in a file of their own, to try on them
//! what other settings would do with the very code that would do it.
//!
//! The file stands beside the database, readable by its owner only, and is removed when the
//! rehearsal ends. After a crash the next rehearsal removes it: a lock tells that nobody is at it.

mod compare;
mod copy;

pub use compare::{EntityChange, FieldChange, Sample};

use crate::bells::Bells;
use crate::error::StoreError;
use crate::open::{migrate, path_of};
use crate::seal_key::beside;
use crate::store::{Inner, Store};
use crate::worker_lock::WorkerLock;
use pipeline::id::ConnectionId;
use sqlx::ConnectOptions as _;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;

/// What the file's name ends with, and what SQLite may put beside it.
const SUFFIX: &str = ".rehearsal";
const PARTS: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// A copy to try things on. What is left of it when it is dropped is removed.
#[derive(Debug)]
pub struct Rehearsal {
    store: Store,
    connection: ConnectionId,
    files: Files,
}

/// The files of a copy, removed when dropped.
#[derive(Debug)]
struct Files {
    path: PathBuf,
    // Held, never read: nobody else uses or removes the files meanwhile.
    _lock: WorkerLock,
}

impl Drop for Files {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.path) {
            tracing::warn!(%error, "the copy for a preview could not be removed");
        }
    }
}

impl Store {
    /// Copies what filter and load need of a connection. `None` while another rehearsal is under
    /// way.
    ///
    /// # Errors
    /// When a file operation or the database fails.
    pub async fn rehearse(
        &self,
        connection: ConnectionId,
    ) -> Result<Option<Rehearsal>, StoreError> {
        let path = beside(self.path(), SUFFIX);
        let lock = WorkerLock::try_acquire(&path).map_err(|error| StoreError::File {
            what: error.what,
            path: error.path,
            source: error.source,
        })?;
        let Some(lock) = lock else { return Ok(None) };
        remove(&path)?;
        make(&path)?;
        let files = Files {
            path: path.clone(),
            _lock: lock,
        };
        // Filling needs no way back, and no log of everything that is copied.
        let filling = pool(&path, SqliteJournalMode::Off).await?;
        migrate(&filling).await?;
        let begun = self.inner.clock.monotonic();
        let mut conn = filling.acquire().await?;
        copy::fill(&mut conn, self.path(), connection.0).await?;
        let took = self.inner.clock.monotonic().saturating_sub(begun);
        tracing::debug!(
            took_ms = took.as_millis(),
            "the records and the model were copied"
        );
        drop(conn);
        filling.close().await;
        let pool = pool(&path, SqliteJournalMode::Wal).await?;
        let store = Store {
            inner: Arc::new(Inner {
                writing: pool.clone(),
                pool,
                path,
                clock: self.inner.clock.clone(),
                sealer: self.inner.sealer.clone(),
                keep_awake: self.inner.keep_awake.clone(),
                writer: Arc::new(Mutex::new(())),
                bells: Bells::new(),
                rests: Arc::default(),
            }),
        };
        Ok(Some(Rehearsal {
            store,
            connection,
            files,
        }))
    }

    /// Removes what a preview left that was killed. Returns whether there was anything.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn clear_rehearsal(&self) -> Result<bool, StoreError> {
        let path = beside(self.path(), SUFFIX);
        if !path.exists() {
            return Ok(false);
        }
        match WorkerLock::try_acquire(&path) {
            Ok(Some(_lock)) => remove(&path).map(|()| true),
            _ => Ok(false),
        }
    }
}

impl Rehearsal {
    /// The door to the copy.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Remembers the model as it is now: what [`Self::changes`] compares with.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark(&self) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        compare::mark(tx.conn()).await?;
        tx.commit().await
    }

    /// What became of the model since [`Self::mark`], with up to `samples` objects of each kind of
    /// change.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn changes(&self, samples: i64) -> Result<Vec<EntityChange>, StoreError> {
        let mut reader = self.store.read().await?;
        compare::changes(reader.conn(), self.connection.0, samples).await
    }

    /// Closes the copy and removes it.
    pub async fn end(self) {
        self.store.close().await;
        drop(self.files);
    }

    /// Whether tables of this name are copied; `None` when nobody has decided that.
    pub fn copies(table: &str) -> Option<bool> {
        copy::is_copied(table)
    }

    /// Whether a table of the model is compared.
    pub fn compares(table: &str) -> bool {
        compare::compares(table)
    }
}

async fn pool(path: &Path, journal: SqliteJournalMode) -> Result<SqlitePool, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path_of(&path.display().to_string())?)
        .journal_mode(journal)
        // A copy that is lost is made again.
        .synchronous(SqliteSynchronous::Off)
        .foreign_keys(true)
        .disable_statement_logging()
        .pragma("temp_store", "FILE")
        .pragma("cache_size", "-2048")
        .pragma("journal_size_limit", "16777216");
    Ok(SqlitePoolOptions::new()
        .max_connections(2)
        .min_connections(1)
        .connect_with(options)
        .await?)
}

/// Makes the file before anything else can, so that it is its owner's alone from the start. What
/// SQLite puts beside it gets the same rights.
fn make(path: &Path) -> Result<(), StoreError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map_err(|source| StoreError::File {
        what: "making",
        path: path.to_owned(),
        source,
    })?;
    Ok(())
}

fn remove(path: &Path) -> Result<(), StoreError> {
    for part in PARTS {
        let path = beside(path, part);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(StoreError::File {
                    what: "removing",
                    path,
                    source,
                });
            }
            _ => {}
        }
    }
    Ok(())
}
