//! The keys: what each takes, what it is unless set, and where it stands in the settings.

use crate::cli::CliError;
use crate::cli::choice::{Choice, GetDataFrom, since, start};
use chrono::SecondsFormat;
use clap::ValueEnum;
use pipeline::id::ShopId;
use pipeline::location::LocationBook;
use pipeline::settings::{Locations, PricesIncludeTax, RemovedHistory, Returns, Settings};

/// A setting that a person may change.
pub(super) struct Key {
    pub(super) name: &'static str,
    /// What it is unless set.
    pub(super) default: &'static str,
    kind: Kind,
}

enum Kind {
    /// Chosen as when connecting: read into a choice, and shown from the settings.
    Chosen(
        fn(&mut Choice, &str) -> Result<(), String>,
        fn(&Settings, &LocationBook) -> String,
    ),
    /// On or off.
    Flag(fn(&Settings) -> bool, fn(&mut Settings, bool)),
    /// One of a few words.
    Word(
        &'static [&'static str],
        fn(&Settings) -> &'static str,
        fn(&mut Settings, &str),
    ),
}

/// Every key, in the order in which settings are shown. One more setting is one more line.
pub(super) static KEYS: &[Key] = &[
    chosen("get-data-from", "all", take_from, show_from),
    chosen("locations", "", take_locations, show_locations),
    chosen("default-location", "", take_default, show_default),
    flag(
        "sync-all-sales-orders",
        "false",
        |s| s.sync_all_sales_orders,
        |s, on| s.sync_all_sales_orders = on,
    ),
    chosen("history-since", "all", take_since, show_since),
    chosen("export-since", "connect", take_export, show_export),
    word(
        "prices-include-tax",
        "auto",
        &["auto", "yes", "no"],
        |s| match s.prices_include_tax {
            PricesIncludeTax::Auto => "auto",
            PricesIncludeTax::Yes => "yes",
            PricesIncludeTax::No => "no",
        },
        |s, to| {
            s.prices_include_tax = match to {
                "yes" => PricesIncludeTax::Yes,
                "no" => PricesIncludeTax::No,
                _ => PricesIncludeTax::Auto,
            }
        },
    ),
    word(
        "returns",
        "net-original",
        &["net-original", "ignore"],
        |s| match s.returns {
            Returns::NetOriginal => "net-original",
            Returns::Ignore => "ignore",
        },
        |s, to| {
            s.returns = match to {
                "ignore" => Returns::Ignore,
                _ => Returns::NetOriginal,
            }
        },
    ),
    flag(
        "count-in-transit",
        "false",
        |s| s.count_in_transit,
        |s, on| s.count_in_transit = on,
    ),
    flag(
        "include-open-pos",
        "false",
        |s| s.include_open_pos,
        |s, on| s.include_open_pos = on,
    ),
    flag(
        "article-code",
        "true",
        |s| s.article_code,
        |s, on| s.article_code = on,
    ),
    word(
        "removed-location-history",
        "delete",
        &["delete", "keep"],
        |s| match s.removed_location_history {
            RemovedHistory::Delete => "delete",
            RemovedHistory::Keep => "keep",
        },
        |s, to| {
            s.removed_location_history = match to {
                "keep" => RemovedHistory::Keep,
                _ => RemovedHistory::Delete,
            }
        },
    ),
];

const fn chosen(
    name: &'static str,
    default: &'static str,
    take: fn(&mut Choice, &str) -> Result<(), String>,
    show: fn(&Settings, &LocationBook) -> String,
) -> Key {
    let kind = Kind::Chosen(take, show);
    Key {
        name,
        default,
        kind,
    }
}

const fn flag(
    name: &'static str,
    default: &'static str,
    get: fn(&Settings) -> bool,
    put: fn(&mut Settings, bool),
) -> Key {
    let kind = Kind::Flag(get, put);
    Key {
        name,
        default,
        kind,
    }
}

const fn word(
    name: &'static str,
    default: &'static str,
    words: &'static [&'static str],
    get: fn(&Settings) -> &'static str,
    put: fn(&mut Settings, &str),
) -> Key {
    let kind = Kind::Word(words, get, put);
    Key {
        name,
        default,
        kind,
    }
}

impl Key {
    /// Its value, in the form to type.
    pub(super) fn value(&self, settings: &Settings, book: &LocationBook) -> String {
        match &self.kind {
            Kind::Chosen(_, show) => show(settings, book),
            Kind::Flag(get, _) => get(settings).to_string(),
            Kind::Word(_, get, _) => get(settings).to_owned(),
        }
    }
}

/// The settings that come of `before` and these `KEY=VALUE`; of a key named twice the last counts.
pub(super) fn changed(
    before: &Settings,
    sets: &[String],
    book: &LocationBook,
) -> anyhow::Result<Settings> {
    let mut choice = Choice::default();
    let mut after = before.clone();
    for set in sets {
        let (name, value) = set.split_once('=').ok_or_else(|| {
            usage(
                format!("{set:?} is not KEY=VALUE"),
                "write --set returns=ignore, or --set locations='A,\"B, 2nd floor\"'".to_owned(),
            )
        })?;
        let key = KEYS.iter().find(|key| key.name == name).ok_or_else(|| {
            let mut names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
            names.push(super::webhook::KEY);
            usage(
                format!("there is no setting {name:?}"),
                format!("the settings are: {}", names.join(", ")),
            )
        })?;
        let wrong = |why: String| usage(format!("{name} cannot be {value:?}"), why);
        match &key.kind {
            Kind::Chosen(take, _) => take(&mut choice, value).map_err(wrong)?,
            Kind::Flag(_, put) => match value {
                "true" => put(&mut after, true),
                "false" => put(&mut after, false),
                _ => return Err(wrong("write true or false".to_owned()).into()),
            },
            Kind::Word(words, _, put) => {
                if !words.contains(&value) {
                    return Err(wrong(format!("write one of: {}", words.join(", "))).into());
                }
                put(&mut after, value);
            }
        }
    }
    // The locations that are read now stay when only the way of choosing is said again.
    if choice.get_data_from == Some(GetDataFrom::Multiple)
        && choice.locations.is_none()
        && matches!(before.locations, Locations::Multiple(_))
    {
        choice.get_data_from = None;
    }
    choice.check()?;
    choice.settings(book, Some(&after))
}

fn usage(message: String, remedy: String) -> CliError {
    CliError::usage("setting", message, remedy)
}

fn take_from(choice: &mut Choice, value: &str) -> Result<(), String> {
    let from = GetDataFrom::from_str(value, false)
        .map_err(|_| "write one of: all, multiple, one".to_owned())?;
    choice.get_data_from = Some(from);
    Ok(())
}

fn show_from(settings: &Settings, _: &LocationBook) -> String {
    match settings.locations {
        Locations::All => "all",
        Locations::Multiple(_) => "multiple",
        Locations::One => "one",
    }
    .to_owned()
}

fn take_locations(choice: &mut Choice, value: &str) -> Result<(), String> {
    choice.locations = Some(value.to_owned());
    Ok(())
}

fn show_locations(settings: &Settings, book: &LocationBook) -> String {
    let Locations::Multiple(shops) = &settings.locations else {
        return String::new();
    };
    let codes: Vec<String> = shops.iter().map(|shop| code(*shop, book)).collect();
    codes.join(",")
}

fn take_default(choice: &mut Choice, value: &str) -> Result<(), String> {
    choice.default_location = Some(value.to_owned());
    Ok(())
}

fn show_default(settings: &Settings, book: &LocationBook) -> String {
    code(settings.default_location, book)
}

/// What to type for a shop; its id where its name is not known.
fn code(shop: ShopId, book: &LocationBook) -> String {
    book.code_of(shop).unwrap_or_else(|| format!("#{shop}"))
}

fn take_since(choice: &mut Choice, value: &str) -> Result<(), String> {
    choice.history_since = Some(since(value)?);
    Ok(())
}

fn take_export(choice: &mut Choice, value: &str) -> Result<(), String> {
    choice.export_since = Some(start(value)?);
    Ok(())
}

fn show_export(settings: &Settings, _: &LocationBook) -> String {
    settings.export_since.map_or_else(
        || "connect".to_owned(),
        |at| at.to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}

fn show_since(settings: &Settings, _: &LocationBook) -> String {
    settings.history_since.map_or_else(
        || "all".to_owned(),
        |at| at.to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline::location::ShopEntry;

    fn book() -> LocationBook {
        let shop = |id, name: &str| ShopEntry {
            id: ShopId(id),
            name: name.to_owned(),
            archived: false,
        };
        LocationBook::new(vec![shop(1, "Main"), shop(2, "Downtown, 2nd floor")])
    }

    fn set(before: &Settings, sets: &[&str]) -> anyhow::Result<Settings> {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        changed(before, &sets, &book())
    }

    #[test]
    fn what_is_shown_can_be_typed() {
        let first = Settings::new(Locations::All, ShopId(1));
        let other = set(
            &first,
            &[
                "locations=\"Downtown, 2nd floor\",Main",
                "default-location=#2",
                "sync-all-sales-orders=true",
                "history-since=2024-01-31",
                "export-since=2026-03-01",
                "prices-include-tax=no",
                "returns=ignore",
            ],
        )
        .expect("settings");
        assert_ne!(first, other);
        for key in KEYS {
            let shown = key.value(&other, &book());
            let again = set(&other, &[&format!("{}={shown}", key.name)]);
            assert_eq!(again.expect(key.name), other, "{}", key.name);
            if !["locations", "default-location"].contains(&key.name) {
                assert_eq!(key.value(&first, &book()), key.default, "{}", key.name);
            }
        }
    }

    #[test]
    fn mistakes_are_named() {
        let first = Settings::new(Locations::All, ShopId(1));
        for (bad, word) in [
            ("returns", "KEY=VALUE"),
            ("color=red", "no setting"),
            ("returns=never", "net-original, ignore"),
            ("sync-all-sales-orders=yes", "true or false"),
            ("history-since=yesterday", "2024-01-31"),
            ("get-data-from=some", "all, multiple, one"),
            ("get-data-from=multiple", "needs the locations"),
            ("default-location=main", "Main"),
        ] {
            let error = set(&first, &[bad]).expect_err(bad);
            let failure = crate::cli::Failure::of(&error);
            let told = format!("{} {}", failure.message, failure.remedy.unwrap_or_default());
            assert!(told.contains(word), "{bad}: {told}");
            assert_eq!(failure.exit, crate::cli::Exit::Usage);
        }
    }
}
