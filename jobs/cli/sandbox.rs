//! `sandbox`: the imitation of both systems, served for rehearsals.

use super::context::Context;
use crate::cli::{CliError, Exit};
use crate::config::variable;
use clap::{Args, ValueEnum};
use sandbox::{Config, Limits, Sandbox, Size};
use serde::Serialize;
use std::net::SocketAddr;
use std::time::Duration;

/// The arguments of `sandbox`.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// How large the account is
    #[arg(long, value_enum, default_value = "small")]
    size: AccountSize,
    /// Decides the account and its credentials
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Registers of the subscription, which decide the rate limits
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        conflicts_with = "no_limits"
    )]
    registers: u32,
    /// Refuse nothing for going too fast
    #[arg(long)]
    no_limits: bool,
    /// How long each answer takes
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_ms: u64,
}

/// How large an imitated account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum AccountSize {
    /// 150 items, 600 sales
    Small,
    /// 2,000 items, 20,000 sales
    Medium,
    /// 20,000 items, 200,000 sales
    Large,
}

impl AccountSize {
    pub(super) fn size(self) -> Size {
        match self {
            AccountSize::Small => Size::small(),
            AccountSize::Medium => Size::medium(),
            AccountSize::Large => Size::large(),
        }
    }
}

/// The answer of `sandbox`, given once it listens. Its secrets open nothing but this imitation.
#[derive(Debug, Serialize)]
struct Listening {
    listening: SocketAddr,
    lightspeed_url: String,
    lightspeed_auth_url: String,
    account_id: u64,
    default_location: String,
    client_id: String,
    client_secret: String,
    refresh_token: String,
    optiply: OptiplySide,
}

/// The other side, for rehearsals that deliver too.
#[derive(Debug, Serialize)]
struct OptiplySide {
    url: String,
    auth_url: String,
    client_id: String,
    client_secret: String,
    username: String,
    password: String,
    account_id: i64,
}

impl Serve {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let clock = context.clock.clone();
        let sandbox = Sandbox::new(Config {
            seed: self.seed,
            size: self.size.size(),
            limits: if self.no_limits {
                Limits::Off
            } else {
                Limits::Model2026 {
                    registers: self.registers,
                }
            },
            latency: Duration::from_millis(self.latency_ms),
            // A rehearsal runs beside the real clock of the program that rehearses.
            now: std::sync::Arc::new(move || clock.now()),
        });
        let served = sandbox.serve(self.listen).await.map_err(|error| {
            CliError::usage(
                "listen",
                format!("cannot listen on {}: {error}", self.listen),
                "choose another address with --listen",
            )
            .exit(Exit::Failed)
        })?;
        let credentials = sandbox.credentials();
        let optiply = sandbox.optiply().credentials();
        let default_location = sandbox.inspect(|account| {
            let first = account.shops().values().find(|shop| !shop.archived);
            first.map(|shop| shop.name.clone()).unwrap_or_default()
        });
        let listening = Listening {
            listening: served.addr(),
            lightspeed_url: served.api_base(),
            lightspeed_auth_url: served.auth_base(),
            account_id: credentials.account_id,
            default_location,
            client_id: credentials.client_id,
            client_secret: credentials.client_secret,
            refresh_token: credentials.refresh_token,
            optiply: OptiplySide {
                url: served.optiply_api_base(),
                auth_url: served.optiply_token_url(),
                client_id: optiply.client_id,
                client_secret: optiply.client_secret,
                username: optiply.username,
                password: optiply.password,
                account_id: optiply.account_id,
            },
        };
        context.out.answer(&listening, || listening.text());
        context.shutdown.cancelled().await;
        Ok(Exit::Done)
    }
}

impl Listening {
    fn text(&self) -> String {
        let exports = exports(&[
            (variable::LIGHTSPEED_URL, &self.lightspeed_url),
            (variable::LIGHTSPEED_AUTH_URL, &self.lightspeed_auth_url),
            (variable::LIGHTSPEED_CLIENT_ID, &self.client_id),
            (variable::LIGHTSPEED_CLIENT_SECRET, &self.client_secret),
            (variable::LIGHTSPEED_REFRESH_TOKEN, &self.refresh_token),
        ]);
        format!(
            "The imitation listens on {}; Ctrl-C ends it. In another terminal:\n\n{}\n\n\
             stockbridge connect rehearsal --account-id {} --default-location {:?}\n\
             stockbridge backfill rehearsal\n\n\
             To deliver to the imitated Optiply as well, before `connect`:\n\n{}",
            self.listening,
            exports,
            self.account_id,
            self.default_location,
            self.optiply.text()
        )
    }
}

impl OptiplySide {
    fn text(&self) -> String {
        exports(&[
            (variable::OPTIPLY_URL, &self.url),
            (variable::OPTIPLY_AUTH_URL, &self.auth_url),
            (variable::OPTIPLY_CLIENT_ID, &self.client_id),
            (variable::OPTIPLY_CLIENT_SECRET, &self.client_secret),
            (variable::OPTIPLY_USERNAME, &self.username),
            (variable::OPTIPLY_PASSWORD, &self.password),
            (variable::OPTIPLY_ACCOUNT_ID, &self.account_id.to_string()),
        ])
    }
}

fn exports(variables: &[(&str, &str)]) -> String {
    let lines: Vec<String> = variables
        .iter()
        .map(|(name, value)| format!("export {name}={value}"))
        .collect();
    lines.join("\n")
}
