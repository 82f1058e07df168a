//! `webhook-url`: the one setting that decides nothing about records. It is kept sealed beside the
//! others, because such addresses often hold a key, and shown without whatever could be one.

use super::shown::Change;
use crate::alarms::webhook::check_url;
use crate::cli::CliError;
use crate::config::ask_secret;
use pipeline::id::ConnectionId;
use secrecy::{ExposeSecret, SecretString};
use storage::Store;

/// The key.
pub(super) const KEY: &str = "webhook-url";

/// What stands for the part of an address that is not shown.
const HIDDEN: &str = "/***";

/// What `--set webhook-url=..` asks for.
#[derive(Debug)]
pub(super) struct Wish(Option<SecretString>);

/// Takes the key out of these `KEY=VALUE`, leaving the others; of a key named twice the last counts.
///
/// # Errors
/// When the address may not be used.
pub(super) fn taken(sets: &[String]) -> anyhow::Result<(Vec<String>, Option<Wish>)> {
    let (mut others, mut wish) = (Vec::new(), None);
    for set in sets {
        match set.split_once('=') {
            Some((KEY, value)) => wish = Some(Wish::of(value.trim())?),
            _ => others.push(set.clone()),
        }
    }
    Ok((others, wish))
}

/// An address as it is shown: where it leads, and nothing that could be a key.
pub(super) fn shown(url: Option<&SecretString>) -> String {
    let Some(url) = url else {
        return String::new();
    };
    match check_url(url.expose_secret()) {
        Ok(url) => format!("{}{HIDDEN}", url.origin().ascii_serialization()),
        // One that was stored by an earlier version and is no longer accepted.
        Err(_) => HIDDEN.to_owned(),
    }
}

impl Wish {
    fn of(value: &str) -> anyhow::Result<Self> {
        if value.is_empty() || value == "none" {
            return Ok(Self(None));
        }
        // The value is never repeated: it may be a mistyped secret.
        let refused = |message: String, remedy: &str| CliError::usage("setting", message, remedy);
        let url = if value == "-" {
            ask_secret("address to which alarms are sent")?.ok_or_else(|| {
                refused(
                    format!("{KEY}=- is typed at a terminal, and there is none"),
                    "give the address itself",
                )
            })?
        } else {
            SecretString::from(value)
        };
        let checked = check_url(url.expose_secret()).map_err(|error| {
            refused(
                format!("{KEY} cannot be what you gave: {error:#}"),
                "give an https address without a user or a password, or `none`",
            )
        })?;
        if checked.path() == HIDDEN {
            return Err(refused(
                format!("{KEY} is shown without its end, and cannot be set from what is shown"),
                "give the whole address",
            )
            .into());
        }
        Ok(Self(Some(url)))
    }

    /// What it would change; nothing if the address is in force already.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn change(
        &self,
        store: &Store,
        connection: ConnectionId,
    ) -> anyhow::Result<Option<Change>> {
        let before = store.webhook_url(connection).await?;
        let plain = |url: Option<&SecretString>| url.map(|url| url.expose_secret().to_owned());
        if plain(before.as_ref()) == plain(self.0.as_ref()) {
            return Ok(None);
        }
        Ok(Some(Change {
            key: KEY,
            from: shown(before.as_ref()),
            to: shown(self.0.as_ref()),
        }))
    }

    /// Puts it in force.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn put(
        &self,
        store: &Store,
        connection: ConnectionId,
        by: &str,
        change: &Change,
    ) -> anyhow::Result<()> {
        let what = format!("by {by}: {}", change.text());
        store
            .set_webhook_url(connection, self.0.as_ref(), &what)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(value: &str) -> anyhow::Result<Option<Wish>> {
        Ok(taken(&[format!("{KEY}={value}"), "returns=ignore".to_owned()])?.1)
    }

    #[test]
    fn an_address_is_shown_without_what_could_be_a_key() {
        for url in [
            "https://hooks.example:8443/T0/secret",
            "https://hooks.example:8443/?key=secret",
        ] {
            let wish = wish(url).expect("an address").expect("a wish");
            assert_eq!(shown(wish.0.as_ref()), "https://hooks.example:8443/***");
            assert!(!format!("{wish:?}").contains("secret"));
        }
        for none in ["", "none"] {
            let wish = wish(none).expect("nothing").expect("a wish");
            assert_eq!(shown(wish.0.as_ref()), "");
        }
    }

    #[test]
    fn an_address_that_others_could_read_is_refused_without_being_repeated() {
        for bad in [
            "https://me:secret@hooks.example/x",
            "https://secret@hooks.example/x",
            "http://hooks.example/secret",
            "secret",
            "https://hooks.example/***",
        ] {
            let error = wish(bad).expect_err(bad);
            let failure = crate::cli::Failure::of(&error);
            assert!(!format!("{failure:?}{error:#}").contains("secret"), "{bad}");
            assert_eq!(failure.exit, crate::cli::Exit::Usage, "{bad}");
        }
    }

    #[test]
    fn the_other_settings_are_left() {
        let sets = ["a=b".to_owned(), format!("{KEY}=none"), "c".to_owned()];
        let (others, wish) = taken(&sets).expect("settings");
        assert_eq!(others, ["a=b", "c"]);
        assert!(wish.is_some());
        assert!(taken(&others).expect("settings").1.is_none());
    }
}
