//! What other settings would do, found out by doing it to a copy.

use crate::deps::Deps;
use crate::stages::{self, StageError};
use pipeline::id::ConnectionId;
use pipeline::settings::Settings;
use storage::{EntityChange, Rehearsal, SettingsChange, StoreError};

/// Objects shown of each kind of change.
const SAMPLES: i64 = 5;

/// A removal of more than one in this many of an entity's objects is carried out only when it is
/// confirmed.
const GUARD_ONE_IN: i64 = 20;

/// What other settings would do to the model.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Per entity.
    pub entities: Vec<EntityChange>,
    /// Items that sales would name and that were never read, because nothing that counted named
    /// them; these sales would wait for the next backfill.
    pub never_read: i64,
}

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// Another one is under way.
    #[error("another preview of this database is under way")]
    Underway,
    /// The process was asked to stop.
    #[error("stopped before the preview was ready")]
    Stopped,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stage failed.
    #[error(transparent)]
    Stage(#[from] StageError),
}

/// Tries other settings on a copy of the stored records, and compares the model of before with
/// the model of after.
///
/// # Errors
/// When another preview is under way, this process is asked to stop, or the database fails.
pub async fn preview(
    deps: &Deps,
    connection: ConnectionId,
    settings: &Settings,
) -> Result<Preview, PreviewError> {
    let rehearsal = deps.store.rehearse(connection).await?;
    let rehearsal = rehearsal.ok_or(PreviewError::Underway)?;
    let found = rehearse(deps, &rehearsal, connection, settings).await;
    rehearsal.end().await;
    found
}

async fn rehearse(
    deps: &Deps,
    rehearsal: &Rehearsal,
    connection: ConnectionId,
    settings: &Settings,
) -> Result<Preview, PreviewError> {
    let copy = deps.over(rehearsal.store().clone());
    // What is under way now would happen anyway.
    settle(&copy, connection).await?;
    rehearsal.mark().await?;
    let before = copy.store.wanted(connection).await?;
    let version = copy.store.current_settings(connection).await?.version;
    let change = copy
        .store
        .change_settings(connection, version, settings, "preview", "tried")
        .await?;
    if !matches!(change, SettingsChange::Opened { .. }) {
        return Err(PreviewError::Underway);
    }
    settle(&copy, connection).await?;
    Ok(Preview {
        entities: rehearsal.changes(SAMPLES).await?,
        never_read: copy.store.wanted(connection).await? - before,
    })
}

async fn settle(copy: &Deps, connection: ConnectionId) -> Result<(), PreviewError> {
    if stages::settle_copy(copy, connection).await? {
        Ok(())
    } else {
        Err(PreviewError::Stopped)
    }
}

impl Preview {
    /// The entities of which more would be removed or put out of use than goes without saying.
    pub fn guarded(&self) -> Vec<&EntityChange> {
        self.entities
            .iter()
            .filter(|entity| (entity.removed + entity.disabled) * GUARD_ONE_IN > entity.before)
            .collect()
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.entities
            .iter()
            .all(|e| e.created + e.changed + e.disabled + e.removed == 0)
    }
}
