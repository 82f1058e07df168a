//! What an incremental run reads.

use super::{Context, StageError, read_everything};

/// Reads what has changed since the run before. As long as nothing narrower is built, that is
/// everything: what has not changed costs requests and nothing else.
pub(super) async fn read_changes(context: &Context) -> Result<bool, StageError> {
    read_everything(context).await
}
