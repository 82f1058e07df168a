//! Storage that fails: each trouble is named, nothing acknowledged is lost, and work goes on once
//! it is mended.

use super::{Said, Till, small};
use pipeline::id::{ConnectionId, ShopId};
use pipeline::settings::{Locations, Settings};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use storage::{KeySource, OpenOptions, Store};

const PATIENCE: Duration = Duration::from_secs(60);

/// `backfill`, in a shell that lets no file grow beyond so many bytes.
fn confined(till: &Till, bytes: u64) -> Child {
    let plain = till.command(&["backfill", "shop", "--json"]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\""])
        .arg((bytes / 512).to_string())
        .arg(plain.get_program())
        .args(plain.get_args())
        .env_clear()
        .envs(
            plain
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .current_dir(till.folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command.spawn().expect("a shell")
}

/// The model of the connection, once nothing works on it.
async fn dump(till: &Till) -> Vec<String> {
    let store = Store::open(OpenOptions {
        url: till.database().display().to_string(),
        create: false,
        key: KeySource::File,
        clock: Arc::new(jobs::clock::SystemClock::new()),
        keep_awake: None,
    });
    let store = store.await.expect("a database");
    let dump = crate::support::dump(&store, ConnectionId(1)).await;
    store.close().await;
    dump
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_takes_no_more_is_named_and_loses_nothing() {
    let till = Till::connected(small(), &[]).await;
    let held = std::fs::metadata(till.database()).expect("a file").len();
    let mut child = confined(&till, held + 200_000);
    let lines = BufReader::new(child.stderr.take().expect("an output")).lines();
    let until = Instant::now() + PATIENCE;
    let said = tokio::task::spawn_blocking(move || {
        let mut lines = lines.map_while(Result::ok);
        lines.find(|line| line.contains("the disk of the database") || Instant::now() > until)
    });
    let said = said
        .await
        .expect("a reader")
        .expect("a line about the disk");
    assert!(said.contains("the disk of the database"), "{said}");
    // It waits for space, and neither gives up nor fails as fast as it can.
    assert_eq!(child.try_wait().expect("a child"), None);
    child.kill().expect("a kill");
    child.wait().expect("an end");

    let went_on = till.run(&["backfill", "shop", "--json"]);
    assert!(matches!(went_on.code, 0 | 3), "{}", went_on.err);
    let state = till.run(&["status", "shop", "--json"]).json();
    assert_eq!(state["connections"][0]["state"], "active", "{state}");
    let settings = Settings::new(Locations::All, ShopId(1));
    let truth = till.sandbox.truth(&crate::support::view(&settings));
    crate::support::assert_same(&dump(&till).await, &truth.dump);
}

fn assert_refused(said: &Said, code: &str, words: &[&str]) {
    let told = said.json();
    assert_eq!(told["error"]["code"], code, "{told}");
    let text = told.to_string();
    for word in words {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_database_is_called_so() {
    let till = Till::connected(small(), &[]).await;
    let folder = till.folder.path().join("folder.db");
    std::fs::create_dir(&folder).expect("a folder");
    let asked = |path: &Path| {
        let path = path.display().to_string();
        till.run(&["status", "--json", "--database", &path])
    };
    let said = asked(&folder);
    assert_refused(&said, "database_address", &["folder.db", "must be a file"]);
    let text = till.folder.path().join("text.db");
    std::fs::write(&text, "These are my notes, and no database.".repeat(200)).expect("a file");
    assert_refused(
        &asked(&text),
        "database_damaged",
        &["no database", "--database"],
    );
    let kept = std::fs::read_to_string(&text).expect("a text");
    assert!(
        kept.starts_with("These are my notes"),
        "the file was changed"
    );

    // A database in whose place somebody has put a folder.
    std::fs::remove_file(till.database()).expect("no file");
    std::fs::create_dir(till.database()).expect("a folder");
    let said = till.run(&["backfill", "shop", "--json"]);
    assert_refused(&said, "database_address", &["must be a file"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_lost_or_of_another_database_is_asked_for() {
    let till = Till::connected(small(), &[]).await;
    let key = till.folder.path().join("stockbridge.db.key");
    let aside = till.folder.path().join("aside");
    std::fs::rename(&key, &aside).expect("a key");
    let said = till.run(&["backfill", "shop", "--json"]);
    assert_refused(&said, "sealing_key", &["stockbridge.db.key"]);
    assert!(!key.exists(), "no other key is made in its place");
    let other = Till::connected(small(), &[]).await;
    std::fs::copy(other.folder.path().join("stockbridge.db.key"), &key).expect("a copy");
    let said = till.run(&["backfill", "shop", "--json"]);
    assert_refused(&said, "sealing_key", &[]);
    std::fs::rename(&aside, &key).expect("the right key");
    let said = till.run(&["backfill", "shop", "--json"]);
    assert!(matches!(said.code, 0 | 3), "{}", said.err);
}

/// Rights do not bind the owner of the machine, who becomes somebody else for this one.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_may_only_be_read_is_named() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let till = Till::connected(small(), &[]).await;
    let folder = till.folder.path();
    let mode = |path: &Path, mode: u32| {
        let rights = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, rights).expect("rights");
    };
    let root = std::fs::metadata(folder).expect("a folder").uid() == 0;
    let mut command = till.command(&["backfill", "shop", "--json"]);
    if root {
        // Where the binary stands, others may not look.
        let binary = folder.join("binary");
        std::fs::copy(command.get_program(), &binary).expect("a copy");
        mode(&binary, 0o755);
        let mut other = Command::new(binary);
        other.args(command.get_args()).env_clear();
        other.current_dir(folder).stdin(Stdio::null()).uid(65_534);
        command = other;
    }
    let key = std::fs::read_to_string(folder.join("stockbridge.db.key")).expect("a key");
    command.env("STOCKBRIDGE_KEY", key.trim());
    mode(&till.database(), 0o444);
    mode(folder, 0o555);
    let said: Said = command.output().expect("the binary runs").into();
    mode(folder, 0o755);
    assert_refused(&said, "database_read_only", &["right to write"]);
    mode(&till.database(), 0o644);
    let said = till.run(&["backfill", "shop", "--json"]);
    assert!(matches!(said.code, 0 | 3), "{}", said.err);
}
