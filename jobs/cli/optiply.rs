//! The Optiply half of a connect: all of it, or none.

use super::CliError;
use super::context::Context;
use super::exit::Exit;
use super::finding::Finding;
use crate::config::{ask_secret, variable};
use crate::deps::Deps;
use clap::Args;
use connectors::optiply::{Find, Resource};
use secrecy::{ExposeSecret, SecretString};
use storage::{Connection, Store, secret_kind};

/// Where Optiply is.
#[derive(Debug, Args)]
pub(super) struct Addresses {
    /// Base address of the Optiply API; with it and the credentials the connection delivers
    #[arg(long, value_name = "URL")]
    optiply_url: Option<String>,
    /// Address of Optiply's token endpoint
    #[arg(long, value_name = "URL")]
    optiply_auth_url: Option<String>,
}

/// What Optiply issues: the kind under which it is stored, its variable, and what it is.
const ISSUED: [(&str, &str, &str); 5] = [
    (
        secret_kind::OPTIPLY_CLIENT_ID,
        variable::OPTIPLY_CLIENT_ID,
        "client id for Optiply",
    ),
    (
        secret_kind::OPTIPLY_CLIENT_SECRET,
        variable::OPTIPLY_CLIENT_SECRET,
        "client secret for Optiply",
    ),
    (
        secret_kind::OPTIPLY_USERNAME,
        variable::OPTIPLY_USERNAME,
        "user name for Optiply",
    ),
    (
        secret_kind::OPTIPLY_PASSWORD,
        variable::OPTIPLY_PASSWORD,
        "password for Optiply",
    ),
    (
        secret_kind::OPTIPLY_ACCOUNT_ID,
        variable::OPTIPLY_ACCOUNT_ID,
        "number of the Optiply account",
    ),
];

/// What a connect was given of Optiply.
pub(super) struct Given {
    /// Base of the API, if the connection delivers.
    pub(super) url: Option<String>,
    /// The token endpoint, if the connection delivers.
    pub(super) auth_url: Option<String>,
    secrets: Vec<(&'static str, SecretString)>,
}

impl Given {
    /// What the flags, the environment, a person at the terminal and earlier connects say.
    pub(super) async fn gather(
        context: &Context,
        store: &Store,
        known: Option<&Connection>,
        addresses: &Addresses,
    ) -> anyhow::Result<Self> {
        let url = address(
            context,
            addresses.optiply_url.as_deref(),
            variable::OPTIPLY_URL,
            known.and_then(|known| known.optiply_url.as_deref()),
        )?;
        let auth_url = address(
            context,
            addresses.optiply_auth_url.as_deref(),
            variable::OPTIPLY_AUTH_URL,
            known.and_then(|known| known.optiply_auth_url.as_deref()),
        )?;
        let given = |variable: &str| context.env.secret(variable);
        let wanted = url.is_some() || ISSUED.iter().any(|(_, name, _)| given(name).is_some());
        let mut secrets = Vec::new();
        if !wanted {
            return Ok(Self {
                url: None,
                auth_url: None,
                secrets,
            });
        }
        for (name, found, option) in [
            (variable::OPTIPLY_URL, &url, "--optiply-url"),
            (variable::OPTIPLY_AUTH_URL, &auth_url, "--optiply-auth-url"),
        ] {
            if found.is_none() {
                return Err(CliError::usage(
                    "optiply_address",
                    "to deliver, the address of Optiply is needed too",
                    format!("add {option} or set {name}; Optiply tells the address"),
                )
                .into());
            }
        }
        for (kind, name, what) in ISSUED {
            let held = match known {
                Some(known) => store.secret(known.id, kind).await?.is_some(),
                None => false,
            };
            let secret = match given(name) {
                Some(secret) => Some(secret),
                None if held => None,
                None => Some(ask_secret(what)?.ok_or_else(|| {
                    CliError::usage(
                        "secret_missing",
                        format!("the {what} is missing"),
                        format!("set {name}, or run this at a terminal to type it"),
                    )
                })?),
            };
            secrets.extend(secret.map(|secret| (kind, secret)));
        }
        let number = secrets
            .iter()
            .find(|(kind, _)| *kind == secret_kind::OPTIPLY_ACCOUNT_ID);
        if let Some((_, number)) = number
            && number.expose_secret().parse::<i64>().is_err()
        {
            return Err(CliError::usage(
                "optiply_account",
                "the number of the Optiply account is not a number",
                format!("correct {}", variable::OPTIPLY_ACCOUNT_ID),
            )
            .into());
        }
        if let (Some(known), Some((_, number))) = (known, number) {
            same_account(store, known, number).await?;
        }
        Ok(Self {
            url,
            auth_url,
            secrets,
        })
    }

    /// Whether the connection is to deliver.
    pub(super) const fn delivers(&self) -> bool {
        self.url.is_some()
    }

    /// What was given now, by kind.
    pub(super) fn secrets(&self) -> impl Iterator<Item = (&'static str, &SecretString)> {
        self.secrets.iter().map(|(kind, secret)| (*kind, secret))
    }
}

/// What was delivered is known by ids of one account: another one would be told half of it.
async fn same_account(
    store: &Store,
    known: &Connection,
    given: &SecretString,
) -> anyhow::Result<()> {
    if !store.delivers(known.id).await? {
        return Ok(());
    }
    let held = store
        .secret(known.id, secret_kind::OPTIPLY_ACCOUNT_ID)
        .await?;
    let number = |secret: &SecretString| secret.expose_secret().parse::<i64>().ok();
    match held {
        Some(held) if number(&held) != number(given) => Err(CliError::usage(
            "optiply_other_account",
            format!(
                "{:?} delivers to the Optiply account {}, not to {}",
                known.name,
                held.expose_secret(),
                given.expose_secret()
            ),
            format!(
                "correct {}, or connect the other account under a name of its own",
                variable::OPTIPLY_ACCOUNT_ID
            ),
        )
        .into()),
        _ => Ok(()),
    }
}

fn address(
    context: &Context,
    flag: Option<&str>,
    variable: &str,
    stored: Option<&str>,
) -> anyhow::Result<Option<String>> {
    if flag.is_none() && stored.is_none() && context.env.get(variable).is_none() {
        return Ok(None);
    }
    context.env.address(flag, variable, stored, "").map(Some)
}

/// Looks whether Optiply would take what is delivered.
pub(super) async fn look(
    context: &Context,
    store: &Store,
    connection: &Connection,
) -> anyhow::Result<Finding> {
    if !store.delivers(connection.id).await? {
        let text = "not configured: the model in this database is the destination";
        return Ok(Finding::ok("optiply", text.to_owned()));
    }
    let deps = context.deps(store)?;
    Ok(match prove(&deps, connection).await {
        Ok(()) => Finding::ok("optiply", "Optiply accepts the credentials".to_owned()),
        Err(error) => Finding::failed(
            "optiply",
            format!("{error:#}"),
            format!(
                "correct the STOCKBRIDGE_OPTIPLY_ variables and run `stockbridge connect {}` again",
                connection.name
            ),
        ),
    })
}

/// Proves that Optiply takes the credentials, by a look at one row.
pub(super) async fn prove(deps: &Deps, connection: &Connection) -> anyhow::Result<()> {
    let target = deps.target(connection).await?;
    let looked = target.page(&Find::all(Resource::Suppliers).paged(1)).await;
    looked.map(|_| ()).map_err(|error| {
        CliError::usage(
            "optiply",
            error.to_string(),
            "correct the credentials or addresses of Optiply and run the same command again; the \
             same refresh token can be used",
        )
        .exit(Exit::Failed)
        .into()
    })
}
