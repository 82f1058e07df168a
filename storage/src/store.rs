//! The door, and the transactions behind it.

use crate::bells::Bells;
use crate::error::StoreError;
use crate::leases::Lease;
use crate::seal::Sealer;
use chrono::{DateTime, Utc};
use pipeline::{Clock, Stage};
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

/// Called at the start of each use of the database; what it returns is held until the end.
///
/// Tests in virtual time use it to keep their clock from running while the database works.
pub type KeepAwake = Arc<dyn Fn() -> Box<dyn Any + Send> + Send + Sync>;

/// The door to everything that survives a crash. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) pool: SqlitePool,
    /// One connection, since writers take turns, the queue's workers among them: what it has prepared
    /// and read stays of use, and nobody finds the database taken and polls for it.
    pub(crate) writing: SqlitePool,
    pub(crate) path: PathBuf,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sealer: Sealer,
    pub(crate) keep_awake: Option<KeepAwake>,
    /// Our own writers queue here, and one of them at a time among the queue's workers, so that
    /// these need not wait for all of them.
    pub(crate) writer: Arc<Mutex<()>>,
    /// Rung after each commit that put work into the queue.
    pub(crate) bells: Bells,
    /// Uses of the pool that are to wait a moment first.
    pub(crate) rests: Arc<AtomicU32>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.inner.path)
            .finish_non_exhaustive()
    }
}

/// A write transaction: begun as a writer, so that it never has to give up half-way.
pub(crate) struct WriteTx {
    tx: Transaction<'static, Sqlite>,
    work: Option<(Store, Vec<Stage>)>,
    awake: Option<Box<dyn Any + Send>>,
    turn: OwnedMutexGuard<()>,
}

impl WriteTx {
    pub(crate) fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.tx
    }

    /// Makes the commit wake the workers of a stage.
    pub(crate) fn wakes(&mut self, store: &Store, stage: Stage) {
        let (_, stages) = self.work.get_or_insert_with(|| (store.clone(), Vec::new()));
        if !stages.contains(&stage) {
            stages.push(stage);
        }
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let Self {
            tx,
            work,
            awake,
            turn,
        } = self;
        tx.commit().await?;
        if let Some((store, stages)) = work {
            store.inner.bells.ring(&stages);
        }
        drop(turn);
        drop(awake);
        Ok(())
    }
}

/// A connection for reading.
pub(crate) struct Reader {
    conn: sqlx::pool::PoolConnection<Sqlite>,
    _awake: Option<Box<dyn Any + Send>>,
}

impl Reader {
    pub(crate) fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.conn
    }
}

impl Store {
    pub(crate) fn awake(&self) -> Option<Box<dyn Any + Send>> {
        self.inner.keep_awake.as_ref().map(|keep| keep())
    }

    pub(crate) async fn write(&self) -> Result<WriteTx, StoreError> {
        let turn = self.inner.writer.clone().lock_owned().await;
        let awake = self.awake();
        let tx = self.inner.writing.begin_with("BEGIN IMMEDIATE").await?;
        Ok(WriteTx {
            tx,
            work: None,
            awake,
            turn,
        })
    }

    /// A write transaction of a stage: refused when its lease has moved on.
    pub(crate) async fn write_as(&self, lease: &Lease) -> Result<WriteTx, StoreError> {
        let mut tx = self.write().await?;
        lease.check(tx.conn(), self.now()).await?;
        Ok(tx)
    }

    pub(crate) async fn read(&self) -> Result<Reader, StoreError> {
        let awake = self.awake();
        Ok(Reader {
            conn: self.inner.pool.acquire().await?,
            _awake: awake,
        })
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.inner.clock.now()
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.now().timestamp_millis()
    }

    /// Changes whenever this process has put work of a stage into the queue.
    pub fn work(&self, stage: Stage) -> watch::Receiver<()> {
        self.inner.bells.of(stage)
    }

    /// Makes the next use of the queue's pool wait a moment: a worker that failed is started again
    /// at once, and would fail as fast as it can for as long as the disk is full.
    pub fn rest(&self) {
        self.inner.rests.fetch_add(1, Ordering::Relaxed);
    }

    /// The file of the database.
    pub fn path(&self) -> &std::path::Path {
        &self.inner.path
    }

    /// The connection that writes, for the queue's workers, which take their turns at it.
    pub fn queue_pool(&self) -> &SqlitePool {
        &self.inner.writing
    }

    /// The connections that read.
    pub fn reading_pool(&self) -> &SqlitePool {
        &self.inner.pool
    }

    /// Writes back what is pending and closes the file.
    pub async fn close(&self) {
        self.inner.writing.close().await;
        self.inner.pool.close().await;
    }
}
