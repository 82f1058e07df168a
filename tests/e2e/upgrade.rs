//! A database of an earlier version goes on where it stood.
//!
//! The fixture was written by the commit that brought delivery, before there was an export: tables up
//! to 0031. It was stopped in the midst of its first delivery. Beside it stand the key of its invented
//! secrets and what the Optiply of that day held.

use crate::delivery::judge::assert_delivered;
use crate::delivery::world::{World, sized};
use crate::export::world::{export, line, plan, shelf, states};
use crate::support::{assert_same, dump, view};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use std::path::{Path, PathBuf};
use std::time::Duration;

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/databases");
    folder.join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(fixture(name)).expect("a fixture")
}

/// A world as the earlier program left it.
async fn earlier() -> World {
    let mut world = World::without_delivery(sized(12, 24)).await;
    let path = world.deps.store.path().with_extension("earlier");
    let awake = crate::virtual_time::keep_awake()();
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true);
    let mut database = options.connect().await.expect("a database");
    let sql = AssertSqlSafe(text("0031.dump"));
    sqlx::raw_sql(sql)
        .execute(&mut database)
        .await
        .expect("its content");
    database.close().await.expect("a file");
    drop(awake);
    let mut key = world.deps.store.path().as_os_str().to_owned();
    key.push(".key");
    std::fs::write(key, text("0031.seal")).expect("a key");
    let optiply = text("0031.optiply");
    world.sandbox.optiply().restore(&optiply).expect("rows");
    world.put_back(&path, 3).await;
    // The clock has gone on since.
    tokio::time::sleep(Duration::from_secs(86_400)).await;
    let connections = world.deps.store.connections().await.expect("connections");
    world.connection = connections[0].id;
    world
}

async fn truth(world: &World) -> Vec<String> {
    let settings = world.deps.store.current_settings(world.connection).await;
    let view = view(&settings.expect("settings").settings);
    world.sandbox.truth(&view).dump
}

async fn assert_true(world: &World) {
    let ours = dump(&world.deps.store, world.connection).await;
    assert_same(&ours, &truth(world).await);
    assert_delivered(world).await;
    assert_eq!(world.parked().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_database_of_an_earlier_version_is_carried_on_and_learns_what_is_new() {
    let world = earlier().await;
    let held = dump(&world.deps.store, world.connection).await;
    assert!(held.len() > 200, "only {} rows are left", held.len());
    // The run that was open goes on.
    world.take_over().await;
    let runs = world
        .deps
        .store
        .runs(world.connection, 10)
        .await
        .expect("runs");
    assert_eq!((runs.len(), runs[0].state.as_str()), (1, "open"));
    let run = world.drive(runs[0].id).await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_true(&world).await;
    let optiply = world.sandbox.optiply();
    optiply.clear_history();
    world.sync().await;
    assert_eq!(optiply.writes(), [], "nothing is sent again");
    world.sandbox.mutate(|account| {
        let item = *account.items().keys().next().expect("an item");
        account.sell(1, &[(item, 2)]);
    });
    assert_eq!(world.sync().await.state, "done");
    assert_true(&world).await;

    let store = &world.deps.store;
    let settings = store.current_settings(world.connection).await;
    let mut settings = settings.expect("settings").settings;
    settings.export_since = "2020-01-01T00:00:00Z".parse().ok();
    let put = store
        .put_settings(world.connection, &settings, "test")
        .await;
    put.expect("settings");
    let shelf = shelf(&world).await;
    let lines = [line(shelf.items[0].1, 5, 150)];
    plan(&world, shelf.vendors[0].1, &lines);
    assert_eq!(export(&world).await.state, "done");
    assert_eq!(states(&world).await, serde_json::json!({"exported": 1}));
}

/// A database that a newer program has used is not touched by an older one.
#[tokio::test]
async fn the_way_back_is_refused() {
    let world = World::without_delivery(sized(12, 24)).await;
    let store = &world.deps.store;
    sqlx::query(
        "INSERT INTO _stockbridge_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of tomorrow', 1, x'00', 0)",
    )
    .execute(store.queue_pool())
    .await
    .expect("a row");
    let options = storage::OpenOptions {
        url: store.path().display().to_string(),
        create: false,
        key: storage::KeySource::File,
        clock: world.deps.clock.clone(),
        keep_awake: None,
    };
    let refused = storage::Store::open(options).await;
    let error = anyhow::Error::from(refused.expect_err("a refusal"));
    assert_eq!(jobs::cli::Failure::of(&error).code, "database_tables");
}
