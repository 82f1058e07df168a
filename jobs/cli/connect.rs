//! `connect`: a Lightspeed account becomes a connection.
//!
//! A refresh token works once, so what was supplied is stored in a draft before the first call, and
//! every pair that follows it before its first use. A connect that is refused half-way leaves that
//! draft, and the same command with the mistake corrected goes on from it.

use super::adopted::{self, Adopted};
use super::choice::{Choice, no_default};
use super::context::{Context, Missing};
use super::exit::CliError;
use super::optiply::{self, Addresses, Given};
use super::rights::{self, MissingRight};
use super::secrets::Secrets;
use super::settings::Wanted;
use super::shops::Shops;
use super::understood::Understood;
use crate::cli::Exit;
use crate::config::{LIGHTSPEED_AUTH_URL, LIGHTSPEED_URL, variable};
use anyhow::Context as _;
use clap::Args;
use connectors::lightspeed::{Priority, clock_offset};
use serde::Serialize;
use storage::{Connection, ConnectionState, NewConnection, SettingsVersion, Store, StoreError};

/// The arguments of `connect`.
#[derive(Debug, Args)]
pub(super) struct Connect {
    /// The name of the connection, yours to choose
    name: String,
    /// The number of the Lightspeed account; needed the first time
    #[arg(long, value_name = "N")]
    account_id: Option<i64>,
    #[command(flatten)]
    choice: Choice,
    /// Base address of the Lightspeed API
    #[arg(long, value_name = "URL")]
    lightspeed_url: Option<String>,
    /// Base address of Lightspeed's OAuth
    #[arg(long, value_name = "URL")]
    lightspeed_auth_url: Option<String>,
    #[command(flatten)]
    optiply: Addresses,
    /// Put changed settings in force even if they remove or disable more than one in twenty of
    /// anything that was loaded
    #[arg(long)]
    yes: bool,
}

/// The answer of `connect`.
#[derive(Debug, Serialize)]
struct Connected {
    connection: String,
    state: &'static str,
    account_id: i64,
    account_name: String,
    settings: Understood,
    settings_version: i64,
    settings_changed: bool,
    /// What sends to Optiply: `none`, or `optiply`.
    delivery: &'static str,
    /// The run that looks at the stored records again, if the settings have changed over any.
    run: Option<i64>,
    missing_rights: Vec<MissingRight>,
    clock_offset_ms: Option<i64>,
    /// What Optiply held before; null as long as the model is the destination.
    adoption: Option<Adopted>,
}

impl Connect {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        check_name(&self.name)?;
        self.choice.check()?;
        let store = context.store(Missing::Create).await?;
        let known = match store.connection(&self.name).await {
            Ok(known) => Some(known),
            Err(StoreError::NotFound { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let before = match &known {
            Some(known) if known.settings_version > 0 => {
                Some(store.current_settings(known.id).await?)
            }
            _ => None,
        };
        if before.is_none() && self.choice.default_location.is_none() {
            return Err(no_default().into());
        }
        let optiply = Given::gather(context, &store, known.as_ref(), &self.optiply).await?;
        let new = self.new_connection(context, known.as_ref(), &optiply)?;
        let secrets = Secrets::gather(context, &store, known.as_ref()).await?;
        let id = store.save_draft(&new, secrets.refresh.as_ref()).await?;
        for (kind, secret) in secrets.client().chain(optiply.secrets()) {
            store.put_secret(id, kind, 1, secret).await?;
        }
        let connection = store.connection_by_id(id).await?;
        let connected = self
            .prove(context, &store, &connection, before.as_ref(), &optiply)
            .await?;
        context.out.answer(&connected, || connected.text());
        Ok(Exit::Done)
    }

    fn new_connection(
        &self,
        context: &Context,
        known: Option<&Connection>,
        optiply: &Given,
    ) -> anyhow::Result<NewConnection> {
        let account_id = match (self.account_id, known) {
            (Some(id), _) if id > 0 => id,
            (None, Some(known)) => known.account_id,
            _ => {
                return Err(CliError::usage(
                    "account_id",
                    "a new connection needs the number of its Lightspeed account",
                    "add --account-id N, as shown in Lightspeed or in the address of its back office",
                )
                .into());
            }
        };
        let stored = |pick: fn(&Connection) -> &String| known.map(|known| pick(known).as_str());
        Ok(NewConnection {
            name: self.name.clone(),
            account_id,
            lightspeed_url: context.env.address(
                self.lightspeed_url.as_deref(),
                variable::LIGHTSPEED_URL,
                stored(|known| &known.lightspeed_url),
                LIGHTSPEED_URL,
            )?,
            lightspeed_auth_url: context.env.address(
                self.lightspeed_auth_url.as_deref(),
                variable::LIGHTSPEED_AUTH_URL,
                stored(|known| &known.lightspeed_auth_url),
                LIGHTSPEED_AUTH_URL,
            )?,
            optiply_url: optiply.url.clone(),
            optiply_auth_url: optiply.auth_url.clone(),
        })
    }

    /// Proves the draft with its first calls, and puts it to work.
    async fn prove(
        &self,
        context: &Context,
        store: &Store,
        connection: &Connection,
        before: Option<&SettingsVersion>,
        optiply: &Given,
    ) -> anyhow::Result<Connected> {
        let deps = context.deps(store)?;
        let source = deps.source(connection).await?;
        let source = source.with_priority(Priority::Export);
        let account = source.account().await?;
        if account.id != connection.account_id {
            return Err(CliError::usage(
                "other_account",
                format!(
                    "this token belongs to account {} ({:?}), not to {}",
                    account.id, account.name, connection.account_id
                ),
                format!(
                    "use --account-id {}, or the token of the account you mean; the same refresh \
                     token can be used again",
                    account.id
                ),
            )
            .into());
        }
        store.set_account_name(connection.id, &account.name).await?;
        let missing_rights = rights::missing(&source.session().await?);
        let shops = Shops::read(&source).await?;
        let book = shops.book();
        let settings = self
            .choice
            .settings(&book, before.map(|before| &before.settings))?;
        let offset = shops
            .server_date
            .map(|at| clock_offset(at, context.clock.now()).num_milliseconds());
        if let Some(offset) = offset {
            store.set_clock_offset(connection.id, offset).await?;
        }
        if optiply.delivers() {
            optiply::prove(&deps, connection).await?;
        }
        let changed = before.filter(|before| before.settings != settings);
        let has_records = !store.runs(connection.id, 1).await?.is_empty();
        let (version, run) = match changed.filter(|_| has_records) {
            Some(before) => {
                let wanted = Wanted::of(connection, before, &settings, &book, "connect");
                let put = wanted.guarded(&deps, self.yes).await?;
                let (version, run) = put.context("stopped before the settings were stored")?;
                (version, Some(run.0))
            }
            None => {
                let version = store.put_settings(connection.id, &settings, "connect");
                (version.await?, None)
            }
        };
        let from = [ConnectionState::Draft, ConnectionState::NeedsReconnect];
        store
            .set_connection_state(connection.id, &from, ConnectionState::Active, None)
            .await?;
        let mut adopted = None;
        if optiply.delivers() {
            adopted = Some(adopted::begin(&deps, connection).await?);
        }
        let delivers = store.delivers(connection.id).await?;
        let connection = store.connection_by_id(connection.id).await?;
        store
            .record_event(
                connection.id,
                None,
                "connected",
                &format!("connected to account {}", account.id),
            )
            .await?;
        Ok(Connected {
            connection: connection.name,
            state: connection.state.name(),
            account_id: account.id,
            account_name: account.name,
            settings: Understood::of(&settings, &shops.entries),
            settings_version: version,
            settings_changed: changed.is_some(),
            run,
            delivery: if delivers { "optiply" } else { "none" },
            missing_rights,
            clock_offset_ms: offset,
            adoption: adopted,
        })
    }
}

impl Connected {
    fn text(&self) -> String {
        let mut text = format!(
            "Connected {:?} to account {} ({:?}); it is {}.\n{}\n  delivery          {}\n",
            self.connection,
            self.account_id,
            self.account_name,
            self.state,
            self.settings.text(),
            self.delivery
        );
        for missing in &self.missing_rights {
            text.push_str(&format!(
                "  Careful: the connected employee seems to lack the right {:?} ({}).\n",
                missing.right, missing.needed_for
            ));
        }
        if let Some(adopted) = &self.adoption {
            text.push_str(&adopted.text());
        }
        let name = &self.connection;
        text.push_str(&if let Some(run) = self.run {
            format!(
                "The settings have changed: run {run} looks at every stored record again. \
                 `stockbridge backfill {name}` carries it out and reads what is missing.\n"
            )
        } else {
            format!("Next: `stockbridge backfill {name}` brings the history in.\n")
        });
        text
    }
}

/// Names stand in commands and addresses, so they are kept simple.
fn check_name(name: &str) -> Result<(), CliError> {
    let simple = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name.is_empty() && name.len() <= 64 && name.chars().all(simple) {
        return Ok(());
    }
    Err(CliError::usage(
        "name",
        format!("{name:?} cannot be the name of a connection"),
        "use letters, digits, hyphens, underscores and dots, 64 at most",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_simple() {
        assert!(check_name("my-shop_2.nl").is_ok());
        for bad in ["", "my shop", "a/b", "naïve"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
