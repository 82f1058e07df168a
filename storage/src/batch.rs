//! Rows in bulk: a page of rows travels to the database as one JSON array.

use crate::error::StoreError;
use serde::Serialize;
use sqlx::SqliteConnection;

/// The JSON text of a slice of rows or ids, for `json_each`.
///
/// Rows are tuples, so a column is read by its place: `value ->> 0`. Blobs travel as hex.
pub(crate) fn json<T: Serialize>(rows: &[T]) -> String {
    // Tuples of numbers and text have no way to fail.
    serde_json::to_string(rows).unwrap_or_else(|_| "[]".to_owned())
}

/// Hex of a hash, for `unhex`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Runs a statement whose first parameter is the connection and whose second is a page of rows.
pub(crate) async fn run<T: Serialize>(
    conn: &mut SqliteConnection,
    sql: &'static str,
    connection: i64,
    rows: &[T],
) -> Result<u64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let done = sqlx::query(sql)
        .bind(connection)
        .bind(json(rows))
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}
