//! `doctor`: configuration, database, key and versions, looked over without changing anything; with
//! `--restored` it notes that the database was put back from a backup, with `--rotate-key` it seals
//! the secrets with another key.

use super::context::{Context, Missing};
use super::exit::{CliError, Failure};
use super::finding::{Finding, Verdict};
use super::words::grouped;
use crate::cli::Exit;
use crate::config::variable;
use clap::Args;
use serde::Serialize;
use std::path::Path;
use storage::{KeySource, Store, WorkerLock};

/// The arguments of `doctor`.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The database was put back from a backup: look through both systems before writing to them
    #[arg(long)]
    restored: bool,
    /// Seal every secret with another key: one that is made, or that in STOCKBRIDGE_NEW_KEY
    #[arg(long, conflicts_with = "restored")]
    rotate_key: bool,
}

/// The answer of `doctor`.
#[derive(Debug, Serialize)]
struct Answer {
    version: &'static str,
    database: String,
    /// Whether nothing failed.
    healthy: bool,
    findings: Vec<Finding>,
    /// With `--restored`: the connections that look through both systems before they write.
    #[serde(skip_serializing_if = "Option::is_none")]
    restored: Option<Vec<String>>,
    /// With `--rotate-key`: how many secrets another key opens now.
    #[serde(skip_serializing_if = "Option::is_none")]
    rotated: Option<usize>,
}

impl Doctor {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let new_key = self.rotate_key.then(|| new_key(context)).transpose()?;
        let database = context.env.database(context.database.as_deref());
        let mut findings = vec![configuration(context), key(context)];
        let restored = match self.restored {
            true => Some(note_restored(context).await?),
            false => None,
        };
        let mut rotated = None;
        match context.store(Missing::Refuse).await {
            Ok(store) => {
                findings.push(Finding::ok(
                    "database",
                    format!("opened {}; its key fits", store.path().display()),
                ));
                database_findings(&store, &mut findings).await?;
                let healthy = findings.iter().all(|f| f.result != Verdict::Failed);
                if let Some(key) = new_key.as_ref().filter(|_| healthy) {
                    let _alone = alone(&store, "run this again")?;
                    rotated = Some(store.replace_key(key).await?);
                }
                store.close().await;
            }
            Err(error) => {
                let failure = Failure::of(&error);
                findings.push(Finding::failed(
                    "database",
                    failure.message,
                    failure.remedy.unwrap_or_else(|| {
                        "mend what it says, or name another database with --database".to_owned()
                    }),
                ));
            }
        }
        let answer = Answer {
            version: env!("CARGO_PKG_VERSION"),
            database,
            healthy: findings.iter().all(|f| f.result != Verdict::Failed),
            findings,
            restored,
            rotated,
        };
        context.out.answer(&answer, || answer.text());
        Ok(if answer.healthy {
            Exit::Done
        } else {
            Exit::Failed
        })
    }
}

/// Notes it while nobody works on the database: a worker may be sending already what is there.
async fn note_restored(context: &Context) -> anyhow::Result<Vec<String>> {
    let store = context.store(Missing::Refuse).await?;
    let first = "put the backup back once more, and run this again before anything else";
    let _alone = alone(&store, first)?;
    let noted = store.note_restored().await?;
    store.close().await;
    Ok(noted)
}

/// Keeps every worker from the database; refuses when one is at work.
fn alone(store: &Store, then: &str) -> anyhow::Result<WorkerLock> {
    let taken = WorkerLock::try_acquire(store.path())?;
    Ok(taken.ok_or_else(|| {
        CliError::usage(
            "worker_runs",
            "a worker is at work on this database",
            format!("stop it, {then}"),
        )
    })?)
}

/// Where the next key comes from: a key that is given is replaced by one that is given.
fn new_key(context: &Context) -> anyhow::Result<KeySource> {
    match (context.env.key(), context.env.secret(variable::NEW_KEY)) {
        (KeySource::Given(_), Some(key)) => Ok(KeySource::Given(key)),
        (KeySource::File, None) => Ok(KeySource::File),
        (KeySource::Given(_), None) => Err(CliError::usage(
            "new_key",
            format!("the key is given in {}, and no new one is", variable::KEY),
            format!("put 64 other hex digits into {}", variable::NEW_KEY),
        )
        .into()),
        (KeySource::File, Some(_)) => Err(CliError::usage(
            "new_key",
            format!(
                "the key is in its file, and a new one in {}",
                variable::NEW_KEY
            ),
            format!(
                "unset {}: a key file is replaced by one that is made",
                variable::NEW_KEY
            ),
        )
        .into()),
    }
}

fn configuration(context: &Context) -> Finding {
    let set: Vec<&str> = [
        variable::DATABASE_URL,
        variable::KEY,
        variable::LOG,
        variable::LOG_FORMAT,
        variable::LIGHTSPEED_URL,
        variable::LIGHTSPEED_AUTH_URL,
        variable::LIGHTSPEED_CLIENT_ID,
        variable::LIGHTSPEED_CLIENT_SECRET,
        variable::LIGHTSPEED_REFRESH_TOKEN,
    ]
    .into_iter()
    .filter(|name| context.env.get(name).is_some())
    .collect();
    let text = if set.is_empty() {
        "no variable is set; defaults are used".to_owned()
    } else {
        format!("set: {}", set.join(", "))
    };
    Finding::ok("configuration", text)
}

fn key(context: &Context) -> Finding {
    Finding::ok(
        "key",
        match context.env.key() {
            KeySource::Given(_) => format!("taken from {}", variable::KEY),
            KeySource::File => "taken from the key file beside the database".to_owned(),
        },
    )
}

async fn database_findings(store: &Store, findings: &mut Vec<Finding>) -> anyhow::Result<()> {
    let health = store.health().await?;
    let pragmas: Vec<String> = health
        .pragmas
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    // Opening has refused the database already if one of them did not hold.
    findings.push(Finding::ok(
        "settings",
        format!("SQLite {}, {}", health.sqlite, pragmas.join(", ")),
    ));
    findings.push(Finding::ok(
        "tables",
        format!(
            "version {}, the queue's {}; {} KiB",
            health.tables_version,
            health.queue_version,
            grouped(health.bytes / 1024)
        ),
    ));
    findings.push(if health.quick_check == "ok" {
        Finding::ok("integrity", "a quick check found nothing".to_owned())
    } else {
        Finding::failed(
            "integrity",
            format!("a quick check found: {}", health.quick_check),
            "restore the database from a backup; keep this file for a closer look".to_owned(),
        )
    });
    findings.push(worker(store.path())?);
    findings.push(Finding::ok(
        "queue",
        format!("{} jobs wait or are at work", grouped(health.jobs)),
    ));
    for connection in store.connections().await? {
        let name = &connection.name;
        let because = connection
            .state_reason
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        let text = format!("{name} is {}{because}", connection.state);
        findings.push(match connection.state {
            storage::ConnectionState::Active => Finding::ok("connection", text),
            _ => Finding::warning(
                "connection",
                text,
                format!("`stockbridge check {name}` looks closer"),
            ),
        });
    }
    Ok(())
}

/// Whether a worker runs. The lock itself is the only proof; it is given back at once.
fn worker(database: &Path) -> anyhow::Result<Finding> {
    let before = WorkerLock::last_holder(database);
    let free = WorkerLock::try_acquire(database)?.is_some();
    Ok(Finding::ok(
        "worker",
        match (free, before) {
            (true, _) => "no worker runs; the next command that needs one will be it".to_owned(),
            (false, Some(holder)) => format!("{holder} is the worker"),
            (false, None) => "another process is the worker".to_owned(),
        },
    ))
}

impl Answer {
    fn text(&self) -> String {
        let mut text = format!("stockbridge {}, {}\n", self.version, self.database);
        for finding in &self.findings {
            text.push_str(&finding.text());
        }
        if let Some(rotated) = self.rotated {
            text.push_str(&format!(
                "{rotated} secrets are sealed with another key. Keep it where the old one was kept, and \
                 the old one with the backups that were made until now.\n"
            ));
        }
        match self.restored.as_deref() {
            None => {}
            Some([]) => text.push_str("No connection delivers: nothing needs to be looked through.\n"),
            Some(names) => text.push_str(&format!(
                "{}: before anything is written, the next work reads what was sold since the backup, \
                 what Optiply holds, and the purchase orders that were made meanwhile.\n",
                names.join(", ")
            )),
        }
        text
    }
}
