//! Commands that need Optiply, and what to do where it is not configured.

use super::exit::CliError;
use storage::{Connection, Store};

/// Refuses to go on without credentials of Optiply: the model is the destination then.
///
/// # Errors
/// When the connection does not deliver.
pub(super) async fn needed(store: &Store, connection: &Connection) -> anyhow::Result<()> {
    if store.delivers(connection.id).await? {
        return Ok(());
    }
    Err(CliError::usage(
        "no_optiply",
        format!(
            "{:?} holds no credentials of Optiply: the model in this database is its destination",
            connection.name
        ),
        format!(
            "set STOCKBRIDGE_OPTIPLY_URL, _AUTH_URL, _CLIENT_ID, _CLIENT_SECRET, _USERNAME, \
             _PASSWORD and _ACCOUNT_ID and run `stockbridge connect {}`",
            connection.name
        ),
    )
    .into())
}
