//! `settings`: what is in force, what a change would do, and the change.

mod keys;
mod preview;
mod put;
mod shown;
mod webhook;

use super::backfill::{self, Outcome};
use super::context::{Context, Missing, usable};
use super::exit::CliError;
use super::out::note;
use crate::cli::Exit;
use crate::deps::Deps;
use clap::Args;
use pipeline::Feed;
use pipeline::location::LocationBook;
pub(super) use put::Wanted;
use serde::Serialize;
use shown::{Change, Shown};
use storage::{Connection, ConnectionState, SettingsVersion};

/// The arguments of `settings`.
#[derive(Debug, Args)]
pub(super) struct Settings {
    /// The connection
    name: String,
    /// Change a setting; may be given more than once
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Only show what the change would do
    #[arg(long, requires = "sets")]
    preview: bool,
    /// Carry it out even if it removes or disables more than one in twenty of anything
    #[arg(long, requires = "sets")]
    yes: bool,
    /// Do not wait for the stored records: whoever works next carries it out
    #[arg(long, requires = "sets")]
    no_wait: bool,
}

/// The answer of a change.
#[derive(Debug, Serialize)]
struct Changed {
    connection: String,
    settings_version: i64,
    /// What changed by this command; nothing when it went on with an earlier one.
    changes: Vec<Change>,
    /// The run over the stored records; null when nothing was to be done.
    run: Option<Outcome>,
    /// Items that sales name and that were never read.
    never_read: i64,
}

impl Settings {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.store(Missing::Refuse).await?;
        store.clear_rehearsal()?;
        let connection = store.connection(&self.name).await?;
        if connection.state == ConnectionState::Draft {
            usable(&connection)?;
        }
        let current = store.current_settings(connection.id).await?;
        let shops = store.shops(connection.id).await?;
        let book = LocationBook::new(shops.clone());
        if self.sets.is_empty() {
            let history = store.settings_history(connection.id).await?;
            let url = store.webhook_url(connection.id).await?;
            let shown = Shown::of(&connection, &history, &shops, &book, url.as_ref());
            context.out.answer(&shown, || shown.text());
            return Ok(Exit::Done);
        }
        let (sets, wish) = webhook::taken(&self.sets)?;
        let after = keys::changed(&current.settings, &sets, &book)?;
        let mut changes = shown::changes(&current.settings, &after, &book);
        let by = context.env.user().unwrap_or_else(|| "cli".to_owned());
        let address = match &wish {
            Some(wish) => wish.change(&store, connection.id).await?,
            None => None,
        };
        let put_address = async || match (&wish, &address) {
            (Some(wish), Some(change)) => wish.put(&store, connection.id, &by, change).await,
            _ => Ok(()),
        };
        let deps = context.deps(&store)?;
        if changes.is_empty() && (!self.preview || sets.is_empty()) {
            if !self.preview {
                put_address().await?;
            }
            let address: Vec<Change> = address.into_iter().collect();
            if sets.is_empty() {
                let changed = Changed::beside(&connection, current.version, address);
                context.out.answer(&changed, || changed.text());
                return Ok(Exit::Done);
            }
            let told = (current.version, address);
            return self.go_on(context, &deps, &connection, told, &sets).await;
        }
        let wanted = Wanted::of(&connection, &current, &after, &book, &by);
        wanted.refuse_underway(&store).await?;
        self.check_history(&deps, &connection, &current, &after)
            .await?;
        if !self.yes || self.preview {
            let Some(previewed) = wanted.previewed(&deps, address.clone()).await? else {
                return Ok(Exit::Interrupted);
            };
            if self.preview {
                context.out.answer(&previewed, || previewed.text());
                return Ok(Exit::Done);
            }
            if previewed.needs_yes {
                return Err(previewed.refusal().into());
            }
        }
        let (version, run) = wanted.put(&store).await?;
        let what = wanted.text();
        note(&format!(
            "version {version} of the settings is in force: {what}"
        ));
        put_address().await?;
        changes.extend(address);
        let told = (version, changes);
        self.carry(context, &deps, &connection, told, (run, false), &sets)
            .await
    }

    /// Nothing differs from what is in force: an earlier change may still have to be carried out.
    async fn go_on(
        &self,
        context: &Context,
        deps: &Deps,
        connection: &Connection,
        told: (i64, Vec<Change>),
        sets: &[String],
    ) -> anyhow::Result<Exit> {
        match deps.store.resume_refilter(connection.id).await? {
            Some(run) => {
                note(&format!("going on with run {run}"));
                deps.store.hurry(connection.id).await?;
                self.carry(context, deps, connection, told, (run, true), sets)
                    .await
            }
            None => {
                let changed = Changed::beside(connection, told.0, told.1);
                context.out.answer(&changed, || changed.text());
                Ok(Exit::Done)
            }
        }
    }

    async fn carry(
        &self,
        context: &Context,
        deps: &Deps,
        connection: &Connection,
        (version, changes): (i64, Vec<Change>),
        (run, resumed): (pipeline::id::RunId, bool),
        sets: &[String],
    ) -> anyhow::Result<Exit> {
        // Without an address, which may hold a key and is in force already.
        let sets: Vec<String> = sets.iter().map(|set| format!("--set '{set}'")).collect();
        let command = format!("stockbridge settings {} {}", self.name, sets.join(" "));
        let outcome = if self.no_wait {
            backfill::look(deps, connection, run, resumed, command).await?
        } else {
            backfill::carry(deps, connection, run, resumed, command).await?
        };
        if outcome.state == "failed" {
            return Err(backfill::failed(&outcome).into());
        }
        let exit = if self.no_wait {
            Exit::Done
        } else {
            outcome.exit()
        };
        let changed = Changed {
            connection: connection.name.clone(),
            settings_version: version,
            changes,
            run: Some(outcome),
            never_read: deps.store.wanted(connection.id).await?,
        };
        context.out.answer(&changed, || changed.text());
        Ok(exit)
    }

    /// An earlier begin of the history needs sales that may never have been read.
    async fn check_history(
        &self,
        deps: &Deps,
        connection: &Connection,
        current: &SettingsVersion,
        after: &pipeline::settings::Settings,
    ) -> anyhow::Result<()> {
        let earlier = match (current.settings.history_since, after.history_since) {
            (Some(before), Some(after)) => after < before,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let read = deps.store.read_down_to(connection.id, Feed::Sales).await?;
        if earlier && read.is_some_and(|lowest| lowest > 1) {
            return Err(CliError::usage(
                "history_not_read",
                format!(
                    "sales below id {} were never read, and an earlier history needs them; \
                     nothing was stored",
                    read.unwrap_or_default()
                ),
                format!(
                    "run `stockbridge connect {0} --history-since ..`, then `stockbridge backfill \
                     {0}`, which reads them",
                    connection.name
                ),
            )
            .into());
        }
        Ok(())
    }
}

fn underway(run: i64, name: &str) -> CliError {
    CliError::usage(
        "refilter_open",
        format!("an earlier change of the settings is still being carried out (run {run})"),
        format!(
            "`stockbridge status {name}` shows how far it is; repeat the command that made it to \
             carry it to its end, then change more"
        ),
    )
}

impl Changed {
    /// Nothing that was set needs a run.
    fn beside(connection: &Connection, settings_version: i64, changes: Vec<Change>) -> Self {
        Self {
            connection: connection.name.clone(),
            settings_version,
            changes,
            run: None,
            never_read: 0,
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        if self.run.is_none() && self.changes.is_empty() {
            return format!(
                "Nothing to change: version {} of the settings is as you say.",
                self.settings_version
            );
        }
        for change in &self.changes {
            text.push_str(&format!("  {}\n", change.text()));
        }
        if let Some(run) = &self.run {
            text.push_str(&run.text());
        }
        if self.never_read > 0 {
            text.push_str(&format!(
                "{} named by sales were never read; the next `stockbridge backfill {}` asks for \
                 them.\n",
                super::words::count(self.never_read, "item"),
                self.connection
            ));
        }
        text
    }
}

#[cfg(test)]
mod malformed;
