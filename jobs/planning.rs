//! How SQLite plans.

use libsqlite3_sys as sqlite;
use std::ffi::c_int;
use std::ptr;
use std::sync::Arc;
use storage::OnConnect;

/// Makes each connection plan a statement once, whatever is bound to it later.
///
/// SQLite may look at what is bound, and then plans anew whenever something else is. No statement
/// here gains by that, and the queue's look for jobs loses: it binds how many it takes, and was
/// planned anew each time, which took most of its time.
pub fn once() -> OnConnect {
    Arc::new(|conn| {
        Box::pin(async move {
            let mut handle = conn.lock_handle().await?;
            let told = ptr::null_mut::<c_int>();
            #[expect(
                unsafe_code,
                reason = "a connection can only be told by this call, which has no safe wrapper"
            )]
            // SAFETY: the handle is locked and open. This setting takes a number, and a place for
            // the answer, which may be null.
            let answer = unsafe {
                sqlite::sqlite3_db_config(
                    handle.as_raw_handle().as_ptr(),
                    sqlite::SQLITE_DBCONFIG_ENABLE_QPSG,
                    1 as c_int,
                    told,
                )
            };
            if answer != sqlite::SQLITE_OK {
                tracing::debug!(answer, "SQLite plans by what is bound");
            }
            Ok(())
        })
    })
}
