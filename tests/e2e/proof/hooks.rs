//! The database's own hooks, by which exactly the n-th statement or commit of a process fails.
//!
//! SQLite offers both for this purpose: a trace of statements, in which one that begins can be
//! interrupted, and a simulated error of the disk at a commit. Neither has a safe wrapper.
#![expect(
    unsafe_code,
    reason = "the library has no safe way to fail one statement, or a commit by its disk"
)]

use super::fate::{Fault, Life, Place};
use libsqlite3_sys as sqlite;
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::sync::{Arc, Once};
use storage::OnConnect;

/// The place in SQLite's source where the disk is about to be written for a commit.
const COMMIT_WRITES: c_int = 400;

/// What begins or ends a transaction, and what is no statement of ours.
const UNCOUNTED: [&[u8]; 7] = [
    b"BEGIN",
    b"COMMIT",
    b"ROLLBACK",
    b"SAVEPOINT",
    b"RELEASE",
    b"PRAGMA",
    b"--",
];

thread_local! {
    /// Whether the disk fails the commit that this thread is at. Every connection has a thread.
    static DISK_FAILS: Cell<bool> = const { Cell::new(false) };
}

/// Lets this life see, and spoil, what each connection to the database does.
pub(super) fn watching(life: &Arc<Life>) -> OnConnect {
    static DISK: Once = Once::new();
    // SAFETY: the control takes a function of this type. It is set once for the whole process, and
    // does nothing on a thread that was not told to fail.
    DISK.call_once(|| unsafe {
        let answer: unsafe extern "C" fn(c_int) -> c_int = disk;
        sqlite::sqlite3_test_control(sqlite::SQLITE_TESTCTRL_FAULT_INSTALL, answer);
    });
    let life = life.clone();
    Arc::new(move |conn| {
        let life = life.clone();
        Box::pin(async move {
            let mut handle = conn.lock_handle().await?;
            // Whatever uses the connection outlives this function; a test can spare the few bytes.
            let context: *const Life = Arc::into_raw(life.clone());
            // SAFETY: the handle is locked and open, and the context is never freed.
            unsafe {
                sqlite::sqlite3_trace_v2(
                    handle.as_raw_handle().as_ptr(),
                    sqlite::SQLITE_TRACE_STMT,
                    Some(statement),
                    context.cast_mut().cast(),
                );
            }
            handle.set_commit_hook(move || commits(&life));
            Ok(())
        })
    })
}

/// Called as a statement begins to run.
unsafe extern "C" fn statement(
    _: c_uint,
    context: *mut c_void,
    statement: *mut c_void,
    text: *mut c_void,
) -> c_int {
    // SAFETY: SQLite hands back the context it was given above, the statement that begins, and its
    // text, which ends with a zero.
    let (life, text) = unsafe {
        (
            &*context.cast::<Life>().cast_const(),
            CStr::from_ptr(text.cast::<c_char>().cast_const()),
        )
    };
    let text = text.to_bytes().trim_ascii_start();
    if UNCOUNTED.iter().any(|begin| text.starts_with(begin)) {
        return 0;
    }
    let fails = match life.meet(Place::Statement) {
        Some(Fault::StatementFails) => true,
        Some(Fault::StopAtStatement) => {
            life.die();
            true
        }
        _ => life.is_dead(),
    };
    if fails {
        // SAFETY: the statement is alive while it runs. It ends at its next step.
        unsafe { sqlite::sqlite3_interrupt(sqlite::sqlite3_db_handle(statement.cast())) };
    }
    0
}

/// Called as a transaction is about to be committed; whether it may.
fn commits(life: &Life) -> bool {
    if life.is_dead() {
        return false;
    }
    match life.meet(Place::Commit) {
        Some(Fault::CommitFails) => DISK_FAILS.set(true),
        Some(Fault::StopBeforeCommit) => {
            life.die();
            return false;
        }
        Some(Fault::StopAfterCommit) => life.die(),
        _ => {}
    }
    true
}

/// Asked by SQLite at each place where an error can be simulated.
unsafe extern "C" fn disk(place: c_int) -> c_int {
    c_int::from(place == COMMIT_WRITES && DISK_FAILS.take())
}
