//! `replay`: the stored pages once more, after a parser was mended.

use super::backfill::{self, Outcome};
use super::context::{Context, Missing, usable};
use super::exit::CliError;
use super::out::note;
use crate::cli::Exit;
use crate::deps::Deps;
use clap::Args;
use pipeline::Feed;
use pipeline::id::RunId;
use storage::{Connection, ConnectionState};

/// The arguments of `replay`.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// The connection
    name: String,
    /// Only pages of this feed, such as sales
    #[arg(long)]
    feed: Option<Feed>,
    /// Only pages fetched since this day (UTC) or instant
    #[arg(long, value_name = "TIME", value_parser = super::choice::since)]
    since: Option<super::choice::Since>,
    /// Do not wait: whoever works next carries it out
    #[arg(long)]
    no_wait: bool,
}

impl Replay {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.store(Missing::Refuse).await?;
        let connection = store.connection(&self.name).await?;
        if connection.state == ConnectionState::Draft {
            usable(&connection)?;
        }
        let since = self.since.and_then(|since| since.0);
        let opened = store.open_replay(connection.id, self.feed, since).await?;
        let Some((run, joined)) = opened else {
            return Err(CliError::usage(
                "no_pages",
                "no such page is stored",
                format!(
                    "choose less with --feed and --since, or read anew: `stockbridge backfill {}`",
                    self.name
                ),
            )
            .into());
        };
        let deps = context.deps(&store)?;
        if joined {
            note(&format!(
                "going on with run {run}, for the pages it was opened for"
            ));
            store.hurry(connection.id).await?;
        }
        let (outcome, exit) = carry(&deps, &connection, run, joined, self.no_wait).await?;
        context.out.answer(&outcome, || outcome.text());
        Ok(exit)
    }
}

/// Carries a replay to its end, unless nobody waits for it.
pub(super) async fn carry(
    deps: &Deps,
    connection: &Connection,
    run: RunId,
    resumed: bool,
    no_wait: bool,
) -> anyhow::Result<(Outcome, Exit)> {
    let command = format!("stockbridge replay {}", connection.name);
    if no_wait {
        let outcome = backfill::look(deps, connection, run, resumed, command).await?;
        return Ok((outcome, Exit::Done));
    }
    let outcome = backfill::carry(deps, connection, run, resumed, command).await?;
    if outcome.state == "failed" {
        return Err(backfill::failed(&outcome).into());
    }
    let exit = outcome.exit();
    Ok((outcome, exit))
}
