//! How a command ends: the one place that turns errors into exit codes, remedies and codes.

use connectors::http::BaseUrlError;
use connectors::lightspeed::{SourceError, TokenError};
use connectors::optiply::OptiplyError;
use pipeline::Class;
use pipeline::location::LocationError;
use serde_json::{Value, json};
use std::process::ExitCode;
use storage::StoreError;

/// The exit code of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Asked for in a way that cannot be done; nothing was changed by it.
    Usage = 2,
    /// Finished, but some records were rejected or are parked.
    Partly = 3,
    /// Somebody must connect again.
    Reconnect = 4,
    /// Stopped by a signal before the end; the same command goes on.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// An error of a command, with what a person can do about it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    /// For programs.
    pub code: &'static str,
    /// How the command ends.
    pub exit: Exit,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl CliError {
    /// Something was asked for in a way that cannot be done.
    pub fn usage(
        code: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            code,
            exit: Exit::Usage,
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    /// The same with another exit code.
    #[must_use]
    pub fn exit(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }
}

/// An error as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// For programs.
    pub code: &'static str,
    /// What is wrong, with its causes.
    pub message: String,
    /// What to do about it, if it can be told.
    pub remedy: Option<String>,
    /// How the command ends.
    pub exit: Exit,
}

impl Failure {
    /// Reads an error.
    pub fn of(error: &anyhow::Error) -> Self {
        let message = format!("{error:#}");
        let (code, exit, remedy) =
            error
                .chain()
                .find_map(known)
                .unwrap_or(("failed", Exit::Failed, None));
        Self {
            code,
            message,
            remedy,
            exit,
        }
    }

    /// As a program reads it.
    pub fn json(&self) -> Value {
        json!({"error": {"code": self.code, "message": self.message, "remedy": self.remedy}})
    }
}

type Known = (&'static str, Exit, Option<String>);

fn known(error: &(dyn std::error::Error + 'static)) -> Option<Known> {
    if let Some(error) = error.downcast_ref::<CliError>() {
        return Some((error.code, error.exit, Some(error.remedy.clone())));
    }
    if let Some(error) = error.downcast_ref::<LocationError>() {
        return Some((location(error), Exit::Usage, Some(CORRECT.to_owned())));
    }
    if let Some(error) = error.downcast_ref::<BaseUrlError>() {
        return Some((address(error), Exit::Usage, None));
    }
    if let Some(error) = error.downcast_ref::<StoreError>() {
        return Some(store(error));
    }
    if let Some(error) = error.downcast_ref::<TokenError>() {
        return Some(token(error));
    }
    if let Some(error) = error.downcast_ref::<OptiplyError>() {
        return Some(optiply(error));
    }
    error.downcast_ref::<SourceError>().map(source)
}

fn location(error: &LocationError) -> &'static str {
    match error {
        LocationError::Unknown { .. } => "location_unknown",
        LocationError::Inexact { .. } => "location_inexact",
        LocationError::Shared { .. } => "location_shared",
        LocationError::Archived { .. } => "location_archived",
        LocationError::EmptyEntry { .. } | LocationError::BrokenQuotes { .. } => "location_list",
    }
}

const fn address(_: &BaseUrlError) -> &'static str {
    "address"
}

fn store(error: &StoreError) -> Known {
    let say = |text: &str| Some(text.to_owned());
    match error {
        StoreError::NotFound {
            what: "connection", ..
        } => (
            "no_such_connection",
            Exit::Usage,
            say("`stockbridge status` lists the connections of this database"),
        ),
        StoreError::NotFound { .. } => ("not_found", Exit::Failed, None),
        StoreError::Exists { .. } => (
            "name_taken",
            Exit::Usage,
            say("choose another name for the new connection"),
        ),
        StoreError::NoDatabase { .. } => (
            "no_database",
            Exit::Usage,
            say("name the right file with --database, or connect first"),
        ),
        StoreError::Address { .. } => ("database_address", Exit::Usage, None),
        StoreError::Key(_) => ("sealing_key", Exit::Failed, None),
        StoreError::Busy(_) => (
            "database_busy",
            Exit::Failed,
            say("another program holds the database; run the command again"),
        ),
        StoreError::Pragma { .. } => (
            "database_settings",
            Exit::Failed,
            say("put the database on a local disk: this file system does not do what is needed"),
        ),
        StoreError::Migrate(_) => (
            "database_tables",
            Exit::Failed,
            say("was the database last used by a newer version of stockbridge? Use that one"),
        ),
        StoreError::File { .. } => (
            "file",
            Exit::Failed,
            say("look at the rights and the free space of that folder"),
        ),
        StoreError::Full(_) => (
            "disk_full",
            Exit::Failed,
            say("free some space; the same command goes on, and a worker goes on by itself"),
        ),
        StoreError::Disk(_) => (
            "disk",
            Exit::Failed,
            say(
                "look at the disk, its free space and the rights of the folder; nothing that was \
                 acknowledged is lost, and the same command goes on",
            ),
        ),
        StoreError::ReadOnly(_) => (
            "database_read_only",
            Exit::Failed,
            say("give this user the right to write the file and its folder, or run as its owner"),
        ),
        StoreError::Damaged(_) => (
            "database_damaged",
            Exit::Failed,
            say(
                "name the right file with --database, or put a backup back and run \
                 `stockbridge doctor`",
            ),
        ),
        StoreError::Fenced { .. } | StoreError::Inconsistent { .. } | StoreError::Database(_) => (
            "database",
            Exit::Failed,
            say("`stockbridge doctor` looks the database over"),
        ),
    }
}

/// What a person does who mistyped a location.
const CORRECT: &str =
    "correct the location and run the same command again; the same refresh token can be used";

/// What a person does whose grant is gone.
pub(super) const RECONNECT: &str = "get a new refresh token, set STOCKBRIDGE_LIGHTSPEED_REFRESH_TOKEN \
    and run `stockbridge connect` with the same name; everything loaded so far is kept";

fn token(error: &TokenError) -> Known {
    let code = match error {
        TokenError::ClientRefused { .. } => "client_refused",
        TokenError::Wait { .. } => "rate_limited",
        TokenError::Transport(_) | TokenError::TimedOut { .. } => "unreachable",
        _ if error.class() == Class::Reauthorize => "needs_reconnect",
        _ => "token",
    };
    by_class(code, error.class())
}

fn source(error: &SourceError) -> Known {
    let code = match error {
        SourceError::Token(error) => return token(error),
        SourceError::RateLimited { .. } => "rate_limited",
        SourceError::Unauthorized { .. } => "needs_reconnect",
        SourceError::Forbidden { .. } => "forbidden",
        SourceError::Transport { .. } | SourceError::TooHeavy { .. } => "unreachable",
        _ => "lightspeed",
    };
    by_class(code, error.class())
}

fn optiply(error: &OptiplyError) -> Known {
    match error.class() {
        Class::Reauthorize => (
            "optiply_refused",
            Exit::Reconnect,
            Some(
                "set the right STOCKBRIDGE_OPTIPLY_ variables and run `stockbridge connect` with \
                 the same name; everything loaded so far is kept"
                    .to_owned(),
            ),
        ),
        class => by_class("optiply", class),
    }
}

fn by_class(code: &'static str, class: Class) -> Known {
    match class {
        Class::Reauthorize => (code, Exit::Reconnect, Some(RECONNECT.to_owned())),
        Class::RetryAfter(wait) => (
            code,
            Exit::Failed,
            Some(format!(
                "run the command again in {} s",
                wait.as_secs().max(1)
            )),
        ),
        Class::Retry => (
            code,
            Exit::Failed,
            Some("run the command again; look at the network and the addresses if it lasts".into()),
        ),
        Class::Fail => (code, Exit::Failed, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    fn of(error: impl Into<anyhow::Error>) -> Failure {
        Failure::of(&error.into())
    }

    #[test]
    fn errors_end_as_documented_however_deep_they_lie() {
        let location: Result<(), LocationError> = Err(LocationError::EmptyEntry { position: 2 });
        let deep = location.context("reading the choice");
        let failure = of(deep.expect_err("an error"));
        assert_eq!((failure.code, failure.exit), ("location_list", Exit::Usage));
        assert!(failure.message.starts_with("reading the choice: entry 2"));

        let revoked = SourceError::Token(TokenError::NeedsReconnect {
            reason: "gone".to_owned(),
        });
        let failure = of(revoked);
        assert_eq!(
            (failure.code, failure.exit),
            ("needs_reconnect", Exit::Reconnect)
        );
        assert_eq!(failure.json()["error"]["code"], "needs_reconnect");
        assert!(failure.json()["error"]["remedy"].is_string());

        let missing = StoreError::NotFound {
            what: "connection",
            name: "x".to_owned(),
        };
        assert_eq!(of(missing).exit, Exit::Usage);
        assert_eq!(of(anyhow::anyhow!("anything")).code, "failed");
    }
}
