//! Why an order does not go on now.

use super::super::StageError;
use connectors::lightspeed::{SourceError, WriteError};
use connectors::optiply::OptiplyError;
use pipeline::Class;
use storage::StoreError;

/// Why an order does not go on now.
#[derive(Debug)]
pub(super) enum Halt {
    /// The database, or somebody who has taken over.
    Store(StoreError),
    /// A fault that may pass; several in a row end the turn.
    Passing(StageError),
    /// A fault that every order would meet.
    Fatal(StageError),
}

impl Halt {
    fn of(error: StageError) -> Self {
        match error.class() {
            Class::Retry => Self::Passing(error),
            Class::RetryAfter(_) | Class::Reauthorize | Class::Fail => Self::Fatal(error),
        }
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SourceError> for Halt {
    fn from(error: SourceError) -> Self {
        Self::of(StageError::Source(error))
    }
}

impl From<WriteError> for Halt {
    fn from(error: WriteError) -> Self {
        Self::of(StageError::Write(error))
    }
}

impl From<OptiplyError> for Halt {
    fn from(error: OptiplyError) -> Self {
        Self::of(StageError::Target(error))
    }
}
