//! `sweep`: what complete reads missed too much of to be believed, and a person's word on it.

use super::context::{Context, Missing, usable};
use super::exit::CliError;
use super::out::note;
use super::words::{at, count, grouped};
use crate::cli::Exit;
use crate::worker;
use chrono::{DateTime, Utc};
use clap::Args;
use pipeline::Feed;
use serde::Serialize;
use storage::{Connection, ConnectionState, MissingGuard, Store};

/// Records that are listed for a person.
const LISTED: usize = 10;

/// Records that are listed for a program.
const LISTED_JSON: i64 = 1_000;

/// The arguments of `sweep`.
#[derive(Debug, Args)]
pub(super) struct Sweep {
    /// The connection
    name: String,
    /// Agree that what complete reads missed is gone
    #[arg(long)]
    accept: bool,
    /// Do not wait for what hangs on it: whoever works next carries it out
    #[arg(long, requires = "accept")]
    no_wait: bool,
}

/// The answer of `sweep`.
#[derive(Debug, Serialize)]
struct Answer {
    connection: String,
    /// Feeds of which too much is missing, as they stood before this command.
    missing: Vec<Missed>,
    /// How many records were accepted as gone; null without `--accept`.
    accepted: Option<usize>,
    /// Whether all that hangs on them is carried through.
    carried: bool,
}

#[derive(Debug, Serialize)]
struct Missed {
    feed: Feed,
    missing: i64,
    known: i64,
    /// Complete reads in a row that agree.
    reads: i64,
    acceptable: bool,
    since: DateTime<Utc>,
    records: Vec<Record>,
}

#[derive(Debug, Serialize)]
struct Record {
    id: i64,
    name: String,
}

impl Sweep {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.store(Missing::Refuse).await?;
        let connection = store.connection(&self.name).await?;
        if connection.state == ConnectionState::Draft {
            usable(&connection)?;
        }
        let guards = store.missing_guards(connection.id).await?;
        let mut answer = Answer {
            connection: self.name.clone(),
            missing: Vec::new(),
            accepted: None,
            carried: true,
        };
        for guard in &guards {
            answer
                .missing
                .push(missed(&store, &connection, guard).await?);
        }
        if !self.accept {
            context.out.answer(&answer, || answer.text());
            return Ok(Exit::Done);
        }
        if !guards.iter().any(MissingGuard::may_be_accepted) {
            return Err(nothing(&self.name, &guards).into());
        }
        answer.accepted = Some(store.accept_missing(connection.id).await?);
        let deps = context.deps(&store)?;
        answer.carried = if self.no_wait {
            false
        } else {
            note("carrying through what hangs on them");
            worker::carry_through(&deps, connection.id).await?
        };
        context.out.answer(&answer, || answer.text());
        Ok(if answer.carried || self.no_wait {
            Exit::Done
        } else {
            Exit::Interrupted
        })
    }
}

async fn missed(
    store: &Store,
    connection: &Connection,
    guard: &MissingGuard,
) -> anyhow::Result<Missed> {
    let records = store
        .missing_records(connection.id, guard.feed, guard.counted(), LISTED_JSON)
        .await?;
    Ok(Missed {
        feed: guard.feed,
        missing: guard.missing,
        known: guard.known,
        reads: guard.walks,
        acceptable: guard.may_be_accepted(),
        since: guard.since,
        records: records
            .into_iter()
            .map(|record| Record {
                id: record.id,
                name: record.name,
            })
            .collect(),
    })
}

/// Why there is nothing to accept.
fn nothing(name: &str, guards: &[MissingGuard]) -> CliError {
    match guards.first() {
        None => CliError::usage(
            "nothing_to_accept",
            format!("no complete read of {name:?} missed too much; nothing was changed"),
            format!("`stockbridge sync {name} --sweep` reads everything, should something be gone"),
        ),
        Some(guard) => CliError::usage(
            "one_read_only",
            format!(
                "{} of {} {} are missing, and only one complete read says so; nothing was changed",
                grouped(guard.missing),
                grouped(guard.known),
                guard.feed
            ),
            format!(
                "`stockbridge sync {name} --sweep` reads them once more; if it agrees, repeat this \
                 command"
            ),
        ),
    }
}

impl Answer {
    fn text(&self) -> String {
        let name = &self.connection;
        if self.missing.is_empty() {
            return format!(
                "No complete read of {name:?} missed too much. `stockbridge sync {name} --sweep` \
                 runs one.\n"
            );
        }
        let mut text = String::new();
        for missed in &self.missing {
            text.push_str(&missed.text());
        }
        match self.accepted {
            Some(accepted) => {
                text.push_str(&format!("{} accepted as gone.\n", count_of(accepted)));
                if !self.carried {
                    text.push_str("Whoever works next carries through what hangs on them.\n");
                }
            }
            None if self.missing.iter().any(|missed| missed.acceptable) => text.push_str(&format!(
                "Nothing was taken away. If they are gone, `stockbridge sweep {name} --accept` \
                 disables their products and ignores their suppliers.\n"
            )),
            None => text.push_str(&format!(
                "Nothing was taken away. `stockbridge sync {name} --sweep` reads once more; if it \
                 agrees, they can be accepted as gone.\n"
            )),
        }
        text
    }
}

impl Missed {
    fn text(&self) -> String {
        let mut text = format!(
            "{} of {} {} are missing, by {}, since {}:\n",
            grouped(self.missing),
            grouped(self.known),
            self.feed,
            count(self.reads, "complete read"),
            at(self.since)
        );
        for record in self.records.iter().take(LISTED) {
            text.push_str(&format!("  {:>10}  {}\n", record.id, record.name));
        }
        let more = self.missing - i64::try_from(self.records.len().min(LISTED)).unwrap_or(0);
        if more > 0 {
            text.push_str(&format!("  and {} more\n", grouped(more)));
        }
        text
    }
}

fn count_of(records: usize) -> String {
    count(i64::try_from(records).unwrap_or(i64::MAX), "record")
}
