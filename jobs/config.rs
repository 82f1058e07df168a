//! What is configured from outside: the only place that reads the environment.
//!
//! A flag comes before a variable, a variable before what is stored, and that before the default.
//! Secrets come from variables or are typed at a terminal, never from arguments, which other users
//! of a computer can see.

mod delivery;

use anyhow::Context as _;
use connectors::http::check_base_url;
use secrecy::SecretString;
use std::collections::HashMap;
use std::io::IsTerminal;
use storage::KeySource;
use url::Url;

/// Where the API of Lightspeed Retail is, unless configured.
pub const LIGHTSPEED_URL: &str = "https://api.lightspeedapp.com/API/V3";

/// Where its OAuth is, unless configured; the token endpoint is `/token` below it.
pub const LIGHTSPEED_AUTH_URL: &str = "https://cloud.lightspeedapp.com/auth/oauth";

/// Where the database is, unless configured.
pub const DATABASE: &str = "sqlite:stockbridge.db";

/// Where the database of the demo is. Never from the environment, so that a demo cannot end up
/// among real connections.
pub const DEMO_DATABASE: &str = "sqlite:stockbridge-demo.db";

/// The names of the variables.
pub mod variable {
    /// The database.
    pub const DATABASE_URL: &str = "STOCKBRIDGE_DATABASE_URL";
    /// The key that seals secrets, as 64 hex digits; the key file is not used then.
    pub const KEY: &str = "STOCKBRIDGE_KEY";
    /// The key that takes its place: only `doctor --rotate-key` reads it.
    pub const NEW_KEY: &str = "STOCKBRIDGE_NEW_KEY";
    /// What is logged, as a filter such as `info` or `connectors=debug`.
    pub const LOG: &str = "STOCKBRIDGE_LOG";
    /// How it is logged: `pretty` or `json`.
    pub const LOG_FORMAT: &str = "STOCKBRIDGE_LOG_FORMAT";
    /// The token that callers of the HTTP API must show; needed beyond this computer.
    pub const API_TOKEN: &str = "STOCKBRIDGE_API_TOKEN";
    /// What messages to webhooks are signed with.
    pub const WEBHOOK_SECRET: &str = "STOCKBRIDGE_WEBHOOK_SECRET";
    /// Base of the Lightspeed API.
    pub const LIGHTSPEED_URL: &str = "STOCKBRIDGE_LIGHTSPEED_URL";
    /// Base of Lightspeed's OAuth.
    pub const LIGHTSPEED_AUTH_URL: &str = "STOCKBRIDGE_LIGHTSPEED_AUTH_URL";
    /// The client id of the Lightspeed application.
    pub const LIGHTSPEED_CLIENT_ID: &str = "STOCKBRIDGE_LIGHTSPEED_CLIENT_ID";
    /// Its secret.
    pub const LIGHTSPEED_CLIENT_SECRET: &str = "STOCKBRIDGE_LIGHTSPEED_CLIENT_SECRET";
    /// Base of the Optiply API; there is no default.
    pub const OPTIPLY_URL: &str = "STOCKBRIDGE_OPTIPLY_URL";
    /// Optiply's token endpoint; there is no default.
    pub const OPTIPLY_AUTH_URL: &str = "STOCKBRIDGE_OPTIPLY_AUTH_URL";
    /// The client id that Optiply issued.
    pub const OPTIPLY_CLIENT_ID: &str = "STOCKBRIDGE_OPTIPLY_CLIENT_ID";
    /// Its secret.
    pub const OPTIPLY_CLIENT_SECRET: &str = "STOCKBRIDGE_OPTIPLY_CLIENT_SECRET";
    /// The API user.
    pub const OPTIPLY_USERNAME: &str = "STOCKBRIDGE_OPTIPLY_USERNAME";
    /// Its password.
    pub const OPTIPLY_PASSWORD: &str = "STOCKBRIDGE_OPTIPLY_PASSWORD";
    /// The number of the Optiply account.
    pub const OPTIPLY_ACCOUNT_ID: &str = "STOCKBRIDGE_OPTIPLY_ACCOUNT_ID";
    /// How long Optiply may take to show a row that it has accepted, in seconds.
    pub const OPTIPLY_SETTLE: &str = "STOCKBRIDGE_OPTIPLY_SETTLE";
    /// The pace at which delivery starts, in calls a second.
    pub const OPTIPLY_PACE: &str = "STOCKBRIDGE_OPTIPLY_PACE";
    /// The refresh token of a new grant. Only `connect` reads it, and each token once.
    pub const LIGHTSPEED_REFRESH_TOKEN: &str = "STOCKBRIDGE_LIGHTSPEED_REFRESH_TOKEN";
}

/// The variables of this process. A variable that is set to nothing counts as not set.
#[derive(Debug, Default)]
pub struct Environment {
    given: Option<HashMap<String, String>>,
}

impl Environment {
    /// That of the process.
    pub const fn process() -> Self {
        Self { given: None }
    }

    /// Exactly these variables, for tests.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            given: Some(variables.into_iter().map(own).collect()),
        }
    }

    /// A variable.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub fn get(&self, name: &str) -> Option<String> {
        let value = match &self.given {
            Some(given) => given.get(name).cloned(),
            None => std::env::var(name).ok(),
        };
        value.filter(|value| !value.trim().is_empty())
    }

    /// A variable that holds a secret. Line ends and blanks around it are a matter of how it was
    /// put there, never of the secret.
    pub fn secret(&self, name: &str) -> Option<SecretString> {
        self.get(name)
            .map(|value| SecretString::from(value.trim().to_owned()))
    }

    /// The database: that of the flag, of the environment, or the default.
    pub fn database(&self, flag: Option<&str>) -> String {
        flag.map(str::to_owned)
            .or_else(|| self.get(variable::DATABASE_URL))
            .unwrap_or_else(|| DATABASE.to_owned())
    }

    /// Who runs this program, as the system tells it.
    pub fn user(&self) -> Option<String> {
        self.get("USER").or_else(|| self.get("LOGNAME"))
    }

    /// Where the sealing key comes from.
    pub fn key(&self) -> KeySource {
        self.secret(variable::KEY)
            .map_or(KeySource::File, KeySource::Given)
    }

    /// A base address: the flag's, the variable's, the stored one, or the default.
    ///
    /// # Errors
    /// When it is no address, or a token sent there could be read on the way.
    pub fn address(
        &self,
        flag: Option<&str>,
        variable: &str,
        stored: Option<&str>,
        default: &str,
    ) -> anyhow::Result<String> {
        let text = flag
            .map(str::to_owned)
            .or_else(|| self.get(variable))
            .or_else(|| stored.map(str::to_owned))
            .unwrap_or_else(|| default.to_owned());
        let text = text.trim().trim_end_matches('/').to_owned();
        let url = Url::parse(&text)
            .with_context(|| format!("{text:?} is not an address ({variable})"))?;
        check_base_url(&url).with_context(|| format!("the address {text:?} ({variable})"))?;
        Ok(text)
    }
}

/// Asks a person at a terminal for a secret, without showing what is typed. `None` when nobody
/// sits there.
///
/// # Errors
/// When the terminal cannot be read.
pub fn ask_secret(what: &str) -> anyhow::Result<Option<SecretString>> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(None);
    }
    let typed = rpassword::prompt_password(format!("{what}: ")).context("reading the terminal")?;
    let typed = typed.trim();
    Ok((!typed.is_empty()).then(|| SecretString::from(typed.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_come_before_variables_and_those_before_what_is_stored() {
        let env = Environment::of([
            (variable::DATABASE_URL, "sqlite:here.db"),
            (variable::LIGHTSPEED_URL, "http://127.0.0.1:1/API/V3/"),
            (variable::KEY, "  "),
        ]);
        assert_eq!(env.database(Some("there.db")), "there.db");
        assert_eq!(env.database(None), "sqlite:here.db");
        assert_eq!(Environment::of([]).database(None), DATABASE);
        let address = |flag, stored| {
            env.address(flag, variable::LIGHTSPEED_URL, stored, LIGHTSPEED_URL)
                .expect("a usable address")
        };
        assert_eq!(
            address(Some("https://a.example"), None),
            "https://a.example"
        );
        assert_eq!(
            address(None, Some("https://b.example")),
            "http://127.0.0.1:1/API/V3"
        );
        let bare = Environment::of([]);
        let stored = bare.address(None, "X", Some("https://b.example"), LIGHTSPEED_URL);
        assert_eq!(stored.expect("a usable address"), "https://b.example");
        assert!(matches!(env.key(), KeySource::File));
    }

    #[test]
    fn plain_http_stays_on_this_computer() {
        let env = Environment::of([]);
        let refused = env.address(Some("http://shop.example/API"), "X", None, LIGHTSPEED_URL);
        let error = format!("{:#}", refused.expect_err("a refusal"));
        assert!(error.contains("https"), "{error}");
        assert!(
            env.address(Some("here"), "X", None, LIGHTSPEED_URL)
                .is_err()
        );
    }
}
