//! Opening the database: where it is, how it must behave, which tables it must have.

use crate::bells::Bells;
use crate::error::StoreError;
use crate::seal::Sealer;
use crate::store::{Inner, KeepAwake, Store};
use apalis_sqlite::SqliteStorage;
use pipeline::Clock;
use secrecy::SecretString;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Row, SqliteConnection, SqlitePool};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;

/// How long a writer waits for another process before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Connections for reading. They are used in turn, and each keeps its own pages in memory, so more
/// of them would only be colder.
const POOL_SIZE: u32 = 4;

/// How long to wait for a connection for reading that others hold.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(60);

/// How long to wait for the one that writes. Waiting for one's turn is no fault; a writer that
/// cannot go on is ended by [`BUSY_TIMEOUT`].
const TURN_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// How long a use of the database waits after a worker of the queue has failed.
const REST: Duration = Duration::from_secs(1);

/// Statements the writing connection keeps prepared: more than there are.
const WRITING_STATEMENTS: usize = 512;

/// Where the key that seals the secrets comes from.
#[derive(Clone, Debug, Default)]
pub enum KeySource {
    /// The file beside the database, made at first start.
    #[default]
    File,
    /// Given by whoever starts the program, as 64 hex digits.
    Given(SecretString),
}

/// Bytes that SQLite holds in all, over all connections; beyond them it takes a page of the cache
/// of another connection instead of new memory. A limit per connection would be reached by each of
/// them in turn, and memory would grow with the account.
const HEAP_SOFT_LIMIT: &str = "12582912";

/// Called with each connection to the database before its first use. A connection of which it fails
/// is not used.
///
/// The program tells each connection by it how to plan. Tests use it to see every statement and commit
/// of a process, and to let one of them fail.
pub type OnConnect = Arc<
    dyn for<'c> Fn(
            &'c mut SqliteConnection,
        ) -> Pin<Box<dyn Future<Output = Result<(), sqlx::Error>> + Send + 'c>>
        + Send
        + Sync,
>;

/// How to open a database.
#[derive(Clone)]
pub struct OpenOptions {
    /// `sqlite:path`, or a plain path.
    pub url: String,
    /// Whether to make the database when there is none.
    pub create: bool,
    /// Where the sealing key comes from.
    pub key: KeySource,
    /// The source of time.
    pub clock: Arc<dyn Clock>,
    /// See [`KeepAwake`].
    pub keep_awake: Option<KeepAwake>,
}

impl Store {
    /// Opens the database and brings its tables to this version.
    ///
    /// # Errors
    /// When there is none and none may be made, when a setting that makes commits durable does not
    /// hold, or when the sealing key is not the key of this database.
    pub async fn open(options: OpenOptions) -> Result<Store, StoreError> {
        Self::open_with(options, None).await
    }

    /// As [`Store::open`], with a say in each connection that is made once the tables are there.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub async fn open_with(
        options: OpenOptions,
        on_connect: Option<OnConnect>,
    ) -> Result<Store, StoreError> {
        let path = path_of(&options.url)?;
        if path.is_dir() {
            return Err(StoreError::Address {
                url: options.url,
                why: "it is a folder, and must be a file",
            });
        }
        if !options.create && !path.is_file() {
            return Err(StoreError::NoDatabase { path });
        }
        prepare_among_others(&path).await?;
        // A connection plans by the statistics it read when it was opened, so those that work are
        // opened after the migrations have written them.
        let rests = Arc::<AtomicU32>::default();
        let pool = pool(&path, on_connect.clone()).await?;
        let writing = writing(&path, on_connect, rests.clone()).await?;
        let sealer = Sealer::of_database(&pool, &path, &options.key).await?;
        Ok(Store {
            inner: Arc::new(Inner {
                pool,
                writing,
                path,
                clock: options.clock,
                sealer,
                keep_awake: options.keep_awake,
                writer: Arc::new(Mutex::new(())),
                bells: Bells::new(),
                rests,
            }),
        })
    }
}

/// The file that an address names.
///
/// # Errors
/// When the address is of another kind of database.
pub(crate) fn path_of(url: &str) -> Result<PathBuf, StoreError> {
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        return Err(StoreError::Address {
            url: "postgres:…".to_owned(),
            why: "PostgreSQL is not built yet; use sqlite:FILE",
        });
    }
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.starts_with(":memory:") || path.contains("://") {
        return Err(StoreError::Address {
            url: url.to_owned(),
            why: "it must name a file, such as sqlite:stockbridge.db",
        });
    }
    Ok(PathBuf::from(path))
}

async fn pool(path: &Path, on_connect: Option<OnConnect>) -> Result<SqlitePool, StoreError> {
    let pool = SqlitePoolOptions::new()
        .max_connections(POOL_SIZE)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT);
    connect(pool, options(path), on_connect, Arc::default()).await
}

async fn writing(
    path: &Path,
    on_connect: Option<OnConnect>,
    rests: Arc<AtomicU32>,
) -> Result<SqlitePool, StoreError> {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .acquire_timeout(TURN_TIMEOUT)
        // Nobody else ends it, and it shall not be made anew now and then.
        .idle_timeout(None)
        .max_lifetime(None);
    let options = options(path).statement_cache_capacity(WRITING_STATEMENTS);
    connect(pool, options, on_connect, rests).await
}

async fn connect(
    pool: SqlitePoolOptions,
    options: SqliteConnectOptions,
    on_connect: Option<OnConnect>,
    rests: Arc<AtomicU32>,
) -> Result<SqlitePool, StoreError> {
    // A file does not hang up: to ask each time whether it is there costs as much as a statement.
    let pool = pool.test_before_acquire(false);
    // A disk that is full or fails ends the transaction by itself. The connection still takes itself
    // to be within it, and would refuse to begin another one for as long as it is open.
    let pool = pool.before_acquire(move |conn, _| {
        let rest = rests.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        Box::pin(async move {
            if rest.is_ok() {
                tokio::time::sleep(REST).await;
            }
            Ok(!conn.is_in_transaction())
        })
    });
    let pool = match on_connect {
        None => pool,
        Some(on_connect) => pool.after_connect(move |conn, _| on_connect(conn)),
    };
    pool.connect_with(options).await.map_err(StoreError::from)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // FULL, so that a commit we acted upon is on the disk when the power goes.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        // A statement that waits for another writer is no news.
        .disable_statement_logging()
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", "-2048")
        .pragma("soft_heap_limit", HEAP_SOFT_LIMIT)
        .pragma("journal_size_limit", "67108864")
}

/// Reads the settings back: a file system or an older file may not have taken them.
async fn verify(pool: &SqlitePool) -> Result<(), StoreError> {
    let wanted = [
        ("journal_mode", "wal", "PRAGMA journal_mode"),
        ("synchronous", "2", "PRAGMA synchronous"),
        ("foreign_keys", "1", "PRAGMA foreign_keys"),
    ];
    for (pragma, wanted, sql) in wanted {
        let row = sqlx::query(sql).fetch_one(pool).await?;
        let found = row
            .try_get::<String, _>(0)
            .or_else(|_| row.try_get::<i64, _>(0).map(|n| n.to_string()))?;
        if found != wanted {
            return Err(StoreError::Pragma {
                pragma,
                wanted,
                found,
            });
        }
    }
    Ok(())
}

/// Two processes that open a new database at once get in each other's way: switching to WAL does
/// not wait for the other one, and of two that migrate one fails. Whoever fails has lost nothing,
/// and finds the work done when it looks again.
async fn prepare_among_others(path: &Path) -> Result<(), StoreError> {
    for pause in [50, 200, 1000] {
        match prepare(path).await {
            Err(StoreError::Busy(_) | StoreError::Migrate(_)) => {
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            done => return done,
        }
    }
    prepare(path).await
}

async fn prepare(path: &Path) -> Result<(), StoreError> {
    let setup = pool(path, None).await?;
    verify(&setup).await?;
    migrate(&setup).await?;
    setup.close().await;
    Ok(())
}

/// The queue's tables first, since one of ours repairs their indexes. Each side keeps its own
/// record of what was applied, so that neither takes the other's for its own.
pub(crate) async fn migrate(pool: &SqlitePool) -> Result<(), StoreError> {
    let mut queue = SqliteStorage::migrations();
    queue.set_ignore_missing(true);
    queue.run(pool).await.map_err(not_migrated)?;
    let mut ours = sqlx::migrate!("./migrations");
    ours.dangerous_set_table_name("_stockbridge_migrations");
    ours.run(pool).await.map_err(not_migrated)
}

/// A disk that fails is no fault of the tables.
fn not_migrated(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) => match StoreError::from(error) {
            StoreError::Database(error) => StoreError::Migrate(MigrateError::Execute(error)),
            trouble => trouble,
        },
        error => StoreError::Migrate(error),
    }
}
