//! The worker's lock: one holder, freed with its handle.

use crate::support::Home;
use storage::WorkerLock;

#[test]
fn one_worker_a_database() {
    let home = Home::new();
    let database = home.database();
    assert_eq!(WorkerLock::last_holder(&database), None);
    let lock = WorkerLock::try_acquire(&database).unwrap().unwrap();
    assert_eq!(lock.path(), home.beside(".worker"));
    assert!(WorkerLock::try_acquire(&database).unwrap().is_none());
    let holder = WorkerLock::last_holder(&database).unwrap();
    assert!(holder.contains(&std::process::id().to_string()), "{holder}");
    drop(lock);
    // The file stays; only the lock on it counts.
    assert!(home.beside(".worker").exists());
    let lock = WorkerLock::try_acquire(&database).unwrap();
    assert!(lock.is_some());
}

#[test]
fn another_database_has_another_worker() {
    let (one, two) = (Home::new(), Home::new());
    let _one = WorkerLock::try_acquire(&one.database()).unwrap().unwrap();
    assert!(WorkerLock::try_acquire(&two.database()).unwrap().is_some());
}

#[test]
fn a_lock_that_cannot_be_tried_is_an_error_and_not_a_worker() {
    let home = Home::new();
    let nowhere = home.folder.path().join("missing").join("shop.db");
    let error = WorkerLock::try_acquire(&nowhere).unwrap_err();
    assert!(error.to_string().contains("shop.db.worker"), "{error}");
}
