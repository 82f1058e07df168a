//! Settings put in force over stored records: with a look at what that would do, and the run that
//! carries it out.

use super::preview::Previewed;
use super::shown::{self, Change};
use super::underway;
use crate::cli::CliError;
use crate::deps::Deps;
use crate::preview::{self as rehearsed, PreviewError};
use pipeline::id::RunId;
use pipeline::location::LocationBook;
use pipeline::settings::Settings;
use storage::{Connection, REFILTER, SettingsChange, SettingsVersion, Store};

/// Other settings for a connection that has records.
pub(in crate::cli) struct Wanted<'a> {
    pub(in crate::cli) connection: &'a Connection,
    pub(in crate::cli) before: &'a SettingsVersion,
    pub(in crate::cli) after: &'a Settings,
    pub(in crate::cli) changes: Vec<Change>,
    /// Who wants them.
    pub(in crate::cli) by: &'a str,
}

impl<'a> Wanted<'a> {
    /// What somebody wants instead of `before`.
    pub(in crate::cli) fn of(
        connection: &'a Connection,
        before: &'a SettingsVersion,
        after: &'a Settings,
        book: &LocationBook,
        by: &'a str,
    ) -> Self {
        Self {
            connection,
            before,
            after,
            changes: shown::changes(&before.settings, after, book),
            by,
        }
    }

    /// What differs, for people.
    pub(in crate::cli) fn text(&self) -> String {
        let what: Vec<String> = self.changes.iter().map(Change::text).collect();
        what.join("; ")
    }

    /// Refuses while an earlier change is still being carried out.
    pub(super) async fn refuse_underway(&self, store: &Store) -> anyhow::Result<()> {
        match store.open_run(self.connection.id, REFILTER).await? {
            Some(run) => Err(underway(run.0, &self.connection.name).into()),
            None => Ok(()),
        }
    }

    /// What they would do, with `beside` told too; `None` when this process is asked to stop.
    pub(super) async fn previewed(
        &self,
        deps: &Deps,
        beside: Option<Change>,
    ) -> anyhow::Result<Option<Previewed>> {
        let found = match rehearsed::preview(deps, self.connection.id, self.after).await {
            Err(PreviewError::Stopped) => return Ok(None),
            Err(PreviewError::Store(error)) => return Err(error.into()),
            Err(error @ PreviewError::Underway) => {
                let wait = "wait until it has ended; it takes no longer than a refilter";
                return Err(CliError::usage("preview_open", error.to_string(), wait).into());
            }
            found => found?,
        };
        let told = self.changes.iter().cloned().chain(beside).collect();
        Ok(Some(Previewed::of(&self.connection.name, told, &found)))
    }

    /// Puts them in force: their version, and the run that carries them out.
    pub(super) async fn put(&self, store: &Store) -> anyhow::Result<(i64, RunId)> {
        let change = store
            .change_settings(
                self.connection.id,
                self.before.version,
                self.after,
                self.by,
                &self.text(),
            )
            .await?;
        match change {
            SettingsChange::Opened { version, run } => Ok((version, run)),
            SettingsChange::Underway(run) => Err(underway(run.0, &self.connection.name).into()),
            SettingsChange::Overtaken => Err(CliError::usage(
                "settings_overtaken",
                "somebody else changed the settings meanwhile; nothing was stored",
                "look at them again, and repeat the command if you still want to",
            )
            .into()),
        }
    }

    /// Puts them in force, unless they remove or disable much and nobody has said yes; `None` when
    /// this process is asked to stop first.
    pub(in crate::cli) async fn guarded(
        &self,
        deps: &Deps,
        yes: bool,
    ) -> anyhow::Result<Option<(i64, RunId)>> {
        self.refuse_underway(&deps.store).await?;
        if !yes {
            deps.store.clear_rehearsal()?;
            let Some(previewed) = self.previewed(deps, None).await? else {
                return Ok(None);
            };
            if previewed.needs_yes {
                return Err(previewed.refusal().into());
            }
        }
        self.put(&deps.store).await.map(Some)
    }
}
