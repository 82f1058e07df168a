//! Settings and their history as they are shown.

use super::keys::KEYS;
use super::webhook;
use crate::cli::understood::Understood;
use crate::cli::words::at;
use chrono::{DateTime, Utc};
use pipeline::location::{LocationBook, ShopEntry};
use pipeline::settings::Settings;
use secrecy::SecretString;
use serde::Serialize;
use storage::{Connection, SettingsVersion};

/// Versions of the settings that are listed.
const VERSIONS: usize = 20;

/// The answer of `settings` without a change.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    connection: String,
    settings_version: i64,
    settings: Understood,
    /// Every key in the form to type.
    keys: Vec<KeyValue>,
    /// The newest versions, newest first.
    history: Vec<Version>,
}

#[derive(Debug, Serialize)]
struct KeyValue {
    key: &'static str,
    value: String,
    default: &'static str,
}

/// A version of the settings.
#[derive(Debug, Serialize)]
struct Version {
    version: i64,
    at: DateTime<Utc>,
    by: String,
    /// What it changed.
    changes: Vec<Change>,
}

/// A setting that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::cli) struct Change {
    pub(super) key: &'static str,
    pub(super) from: String,
    pub(super) to: String,
}

impl Change {
    pub(super) fn text(&self) -> String {
        let shown = |value: &str| match value {
            "" => "none".to_owned(),
            value => value.to_owned(),
        };
        format!("{}: {} -> {}", self.key, shown(&self.from), shown(&self.to))
    }
}

/// The keys that differ.
pub(super) fn changes(before: &Settings, after: &Settings, book: &LocationBook) -> Vec<Change> {
    KEYS.iter()
        .map(|key| Change {
            key: key.name,
            from: key.value(before, book),
            to: key.value(after, book),
        })
        .filter(|change| change.from != change.to)
        .collect()
}

impl Shown {
    /// The versions, newest first, with the shops as they are called now.
    pub(super) fn of(
        connection: &Connection,
        versions: &[SettingsVersion],
        shops: &[ShopEntry],
        book: &LocationBook,
        webhook_url: Option<&SecretString>,
    ) -> Self {
        let current = versions.first().map(|version| &version.settings);
        let fallback = Settings::new(pipeline::settings::Locations::All, pipeline::id::ShopId(0));
        let current = current.unwrap_or(&fallback);
        let history = versions.iter().take(VERSIONS).enumerate().map(|(n, now)| {
            let before = versions.get(n + 1);
            Version {
                version: now.version,
                at: now.changed_at,
                by: now.changed_by.clone(),
                changes: before.map_or_else(Vec::new, |before| {
                    changes(&before.settings, &now.settings, book)
                }),
            }
        });
        Self {
            connection: connection.name.clone(),
            settings_version: connection.settings_version,
            settings: Understood::of(current, shops),
            keys: KEYS
                .iter()
                .map(|key| KeyValue {
                    key: key.name,
                    value: key.value(current, book),
                    default: key.default,
                })
                .chain([KeyValue {
                    key: webhook::KEY,
                    value: webhook::shown(webhook_url),
                    default: "",
                }])
                .collect(),
            history: history.collect(),
        }
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "Settings of {:?}, version {}\n{}\n\n",
            self.connection,
            self.settings_version,
            self.settings.text()
        );
        for key in &self.keys {
            let default = if key.value == key.default {
                " (default)"
            } else {
                ""
            };
            text.push_str(&format!("  {}={}{default}\n", key.key, key.value));
        }
        text.push('\n');
        for version in &self.history {
            let changes: Vec<String> = version.changes.iter().map(Change::text).collect();
            text.push_str(&format!(
                "  version {} by {}, {}{}{}\n",
                version.version,
                version.by,
                at(version.at),
                if changes.is_empty() { "" } else { ": " },
                changes.join("; ")
            ));
        }
        text
    }
}
