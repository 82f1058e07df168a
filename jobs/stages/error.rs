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
    /// That a client could not be made: because of the database, which may do better another time, or
    /// of what is known of the connection.
    pub(super) fn no_client(error: anyhow::Error) -> Self {
        match error.downcast::<StoreError>() {
            Ok(error) => StageError::Store(error),
            Err(error) => StageError::Connection(format!("{error:#}")),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_the_database_did_not_give_is_tried_again() {
        let full = || StoreError::Full(sqlx::Error::PoolClosed);
        let of = |error: anyhow::Error| StageError::no_client(error);
        assert_eq!(of(full().into()).class(), Class::Retry);
        let said = of(anyhow::Error::from(full()).context("the credentials"));
        assert_eq!(said.class(), Class::Retry);
        let missing = of(anyhow::anyhow!("connection \"shop\" holds no credentials"));
        assert_eq!(missing.class(), Class::Fail);
        assert!(missing.chain().contains("holds no credentials"));
    }
}
