use connectors::lightspeed::{SourceError, WriteError};
use connectors::optiply::OptiplyError;
use pipeline::Class;
use pipeline::page::EnvelopeError;
use storage::StoreError;

/// Why a stage could not go on.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The source did not deliver.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The source did not take something.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The database did not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Optiply did not take or tell something.
    #[error(transparent)]
    Target(#[from] OptiplyError),
    /// Optiply fails whatever it is asked.
    #[error("Optiply fails, whatever it is asked")]
    TargetFails,
    /// A stored page is no page; extract stores none of those, so the file was changed.
    #[error("stored page {page} cannot be opened")]
    Page {
        /// The page.
        page: i64,
        /// Why.
        #[source]
        source: EnvelopeError,
    },
    /// The connection cannot be used as it is.
    #[error("{0}")]
    Connection(String),
}

impl StageError {
    /// What can be done about it.
    pub fn class(&self) -> Class {
        match self {
            StageError::Source(error) => error.class(),
            StageError::Write(error) => error.class(),
            StageError::Store(error) => error.class(),
            StageError::Target(error) => error.class(),
            StageError::TargetFails => Class::Retry,
            StageError::Page { .. } | StageError::Connection(_) => Class::Fail,
        }
    }

    /// The error with its causes, in one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}
