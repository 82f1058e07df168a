//! The command line as a person meets it: the binary, its words and its exit codes.

mod adopting;
mod changing;
mod connecting;
mod delivering;
mod explaining;
mod explaining_purchases;
mod exporting;
mod looking;
mod restoring;
mod running;
mod serving;
mod sweeping;
mod trouble;

use sandbox::{Config, Credentials, Limits, Sandbox, Served};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A sandbox to connect to and a folder to work in.
struct Till {
    sandbox: Sandbox,
    served: Served,
    credentials: Credentials,
    folder: TempDir,
}

/// What a command said.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("an exit code"),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

fn small() -> Config {
    Config {
        limits: Limits::Off,
        ..Config::small(7)
    }
}

impl Till {
    async fn open(config: Config) -> Self {
        let sandbox = Sandbox::new(config);
        let served = sandbox.serve(([127, 0, 0, 1], 0).into()).await;
        Self {
            credentials: sandbox.credentials(),
            served: served.expect("a free port"),
            sandbox,
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// A till whose connection `shop` was connected with these settings.
    async fn connected(config: Config, settings: &[&str]) -> Self {
        let till = Self::open(config).await;
        let said = till.connect("Main Warehouse", settings);
        assert_eq!(said.code, 0, "{}", said.err);
        till
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockbridge"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("STOCKBRIDGE_LIGHTSPEED_URL", self.served.api_base())
            .env("STOCKBRIDGE_LIGHTSPEED_AUTH_URL", self.served.auth_base())
            .env(
                "STOCKBRIDGE_LIGHTSPEED_CLIENT_ID",
                &self.credentials.client_id,
            )
            .env(
                "STOCKBRIDGE_LIGHTSPEED_CLIENT_SECRET",
                &self.credentials.client_secret,
            )
            .env(
                "STOCKBRIDGE_LIGHTSPEED_REFRESH_TOKEN",
                &self.credentials.refresh_token,
            )
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Said {
        self.command(args).output().expect("the binary runs").into()
    }

    fn connect(&self, location: &str, settings: &[&str]) -> Said {
        let account = self.credentials.account_id.to_string();
        let given = [
            "connect",
            "shop",
            "--account-id",
            &account,
            "--default-location",
            location,
        ];
        self.run(&[&given, settings].concat())
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("stockbridge.db")
    }
}
