//! `pause`, `resume` and `cancel`: what a person does to a connection at work.

use super::context::{Context, Missing, usable};
use super::words::listed;
use crate::cli::{CliError, Exit};
use clap::Args;
use serde::Serialize;
use storage::ConnectionState;

/// The arguments of all three.
#[derive(Debug, Args)]
pub(super) struct Control {
    /// The connection
    name: String,
}

/// Which of them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Pause,
    Resume,
    Cancel,
}

/// Their answer.
#[derive(Debug, Serialize)]
struct Answer {
    connection: String,
    state: &'static str,
    /// Whether anything is different now.
    changed: bool,
    /// The runs given up.
    cancelled: Vec<i64>,
}

impl Control {
    pub(super) async fn run(&self, context: &Context, act: Act) -> anyhow::Result<Exit> {
        let store = context.store(Missing::Refuse).await?;
        let connection = store.connection(&self.name).await?;
        let mut cancelled = Vec::new();
        let changed = match act {
            Act::Pause => {
                if connection.state != ConnectionState::Paused {
                    usable(&connection)?;
                }
                store.pause(connection.id).await?
            }
            Act::Resume => {
                if connection.state != ConnectionState::Paused {
                    usable(&connection)?;
                }
                store.resume(connection.id).await?
            }
            Act::Cancel => {
                cancelled = store.cancel(connection.id).await?;
                !cancelled.is_empty()
            }
        };
        let answer = Answer {
            state: store.connection(&self.name).await?.state.name(),
            connection: self.name.clone(),
            changed,
            cancelled: cancelled.iter().map(|run| run.0).collect(),
        };
        context.out.answer(&answer, || answer.text(act));
        Ok(Exit::Done)
    }
}

impl Answer {
    fn text(&self, act: Act) -> String {
        let name = &self.connection;
        match act {
            Act::Pause if self.changed => format!(
                "{name} is paused: nothing more is read; what was read is carried through. \
                 `stockbridge resume {name}` goes on."
            ),
            Act::Pause => format!("{name} was paused already."),
            Act::Resume if self.changed => format!("{name} goes on where it was paused."),
            Act::Resume => format!("{name} was not paused."),
            Act::Cancel if self.changed => {
                let runs: Vec<String> = self.cancelled.iter().map(i64::to_string).collect();
                format!(
                    "Given up: run {}. What was read is kept and carried through.",
                    listed(&runs)
                )
            }
            Act::Cancel => format!("{name} has no open run."),
        }
    }
}

/// What to do about a paused connection.
pub(super) fn paused(name: &str, because: &str) -> CliError {
    CliError::usage(
        "not_active",
        format!("the connection {name:?} is paused{because}"),
        format!("`stockbridge resume {name}` goes on"),
    )
    .exit(Exit::Failed)
}
