//! What a shop owner chose on the command line, and the settings that come of it.

use super::exit::CliError;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, ValueEnum};
use pipeline::location::{LocationBook, LocationError, parse_list};
use pipeline::settings::{Locations, Settings};

/// Which locations to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GetDataFrom {
    /// Every location, those to come included
    All,
    /// The locations of --locations
    Multiple,
    /// The default location only
    One,
}

/// The settings that can be chosen when connecting.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Choice {
    /// The location code of the default location, exactly as it is spelled in Lightspeed: purchase
    /// orders go there, and its taxes price the products
    #[arg(long, value_name = "CODE")]
    pub(super) default_location: Option<String>,
    /// Which locations to read sales and stock from [default: all, or multiple with --locations]
    #[arg(long, value_enum)]
    pub(super) get_data_from: Option<GetDataFrom>,
    /// The locations to read, separated by commas; put a code with a comma in double quotes:
    /// 'Main Warehouse,"Downtown, 2nd floor"'. `#` and a shop's id works too
    #[arg(long, value_name = "CODES")]
    pub(super) locations: Option<String>,
    /// Count open sales too, not only completed ones
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(super) sync_all_sales_orders: Option<bool>,
    /// Leave out sales placed before this day (UTC) or instant, such as 2024-01-01; `all` takes the
    /// whole history [default: all]
    #[arg(long, value_name = "DATE", value_parser = since)]
    pub(super) history_since: Option<Since>,
    /// Leave buy orders in Optiply that were made before this day (UTC) or instant; `connect` takes
    /// those made since the connection got its credentials of Optiply [default: connect]
    #[arg(long, value_name = "DATE", value_parser = start)]
    pub(super) export_since: Option<Since>,
}

/// Where the history begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Since(pub(super) Option<DateTime<Utc>>);

pub(super) fn since(text: &str) -> Result<Since, String> {
    if text == "all" {
        return Ok(Since(None));
    }
    let day = text
        .parse::<NaiveDate>()
        .map(|day| day.and_time(NaiveTime::MIN).and_utc());
    day.or_else(|_| text.parse::<DateTime<Utc>>())
        .map(|at| Since(Some(at)))
        .map_err(|_| {
            "write a day such as 2024-01-31, an instant such as 2024-01-31T08:00:00Z, or all"
                .to_owned()
        })
}

/// When exporting begins.
pub(super) fn start(text: &str) -> Result<Since, String> {
    if text == "connect" {
        return Ok(Since(None));
    }
    match since(text) {
        Ok(since @ Since(Some(_))) => Ok(since),
        _ => Err(
            "write a day such as 2026-01-31, an instant such as 2026-01-31T08:00:00Z, or connect"
                .to_owned(),
        ),
    }
}

impl Choice {
    /// What can be refused without asking anybody.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        match (self.get_data_from, &self.locations) {
            (Some(GetDataFrom::Multiple), None) => {
                return Err(CliError::usage(
                    "locations",
                    "--get-data-from multiple needs the locations to read",
                    "add --locations \"CODE,CODE\"",
                )
                .into());
            }
            (Some(mode @ (GetDataFrom::All | GetDataFrom::One)), Some(_)) => {
                let mode = if mode == GetDataFrom::All {
                    "all"
                } else {
                    "one"
                };
                return Err(CliError::usage(
                    "locations",
                    format!("--locations does not go with --get-data-from {mode}"),
                    "leave one of them out, or say --get-data-from multiple",
                )
                .into());
            }
            _ => {}
        }
        if let Some(list) = &self.locations {
            parse_list(list)?;
        }
        Ok(())
    }

    /// The settings, with every code resolved. What was not chosen stays as in `before`.
    pub(super) fn settings(
        &self,
        book: &LocationBook,
        before: Option<&Settings>,
    ) -> anyhow::Result<Settings> {
        let default_location = match (&self.default_location, before) {
            (Some(code), _) => book.resolve_one(code)?,
            (None, Some(before)) => before.default_location,
            (None, None) => return Err(no_default().into()),
        };
        let locations = self.locations(book, before)?;
        let mut settings = match before {
            Some(before) => Settings {
                locations,
                default_location,
                ..before.clone()
            },
            None => Settings::new(locations, default_location),
        };
        if let Some(all) = self.sync_all_sales_orders {
            settings.sync_all_sales_orders = all;
        }
        if let Some(Since(since)) = self.history_since {
            settings.history_since = since;
        }
        if let Some(Since(since)) = self.export_since {
            settings.export_since = since;
        }
        Ok(settings)
    }

    fn locations(
        &self,
        book: &LocationBook,
        before: Option<&Settings>,
    ) -> Result<Locations, LocationError> {
        Ok(match (self.get_data_from, &self.locations) {
            (_, Some(list)) => Locations::Multiple(book.resolve_list(list)?),
            (Some(GetDataFrom::One), None) => Locations::One,
            (None, None) => before.map_or(Locations::All, |before| before.locations.clone()),
            (Some(GetDataFrom::All | GetDataFrom::Multiple), None) => Locations::All,
        })
    }
}

/// The refusal of a first connect without a default location.
pub(super) fn no_default() -> CliError {
    CliError::usage(
        "default_location",
        "a new connection needs its default location",
        "add --default-location \"CODE\", spelled exactly as in Lightspeed",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline::id::ShopId;
    use pipeline::location::ShopEntry;

    fn book() -> LocationBook {
        let shop = |id, name: &str| ShopEntry {
            id: ShopId(id),
            name: name.to_owned(),
            archived: false,
        };
        LocationBook::new(vec![
            shop(1, "Main Warehouse"),
            shop(2, "Downtown, 2nd floor"),
        ])
    }

    #[test]
    fn what_is_not_chosen_again_stays() {
        let first = Choice {
            default_location: Some("Main Warehouse".to_owned()),
            locations: Some("\"Downtown, 2nd floor\",#1".to_owned()),
            sync_all_sales_orders: Some(true),
            ..Choice::default()
        };
        let settings = first.settings(&book(), None).expect("settings");
        assert_eq!(
            settings.locations,
            Locations::Multiple(vec![ShopId(2), ShopId(1)])
        );
        let again = Choice::default().settings(&book(), Some(&settings));
        assert_eq!(again.expect("settings"), settings);
        let all = Choice {
            get_data_from: Some(GetDataFrom::All),
            sync_all_sales_orders: Some(false),
            ..Choice::default()
        };
        let settings = all.settings(&book(), Some(&settings)).expect("settings");
        assert_eq!(settings.locations, Locations::All);
        assert!(!settings.sync_all_sales_orders);
    }

    #[test]
    fn choices_that_contradict_each_other_are_refused() {
        let multiple = Choice {
            get_data_from: Some(GetDataFrom::Multiple),
            ..Choice::default()
        };
        assert!(multiple.check().is_err());
        let one = Choice {
            get_data_from: Some(GetDataFrom::One),
            locations: Some("A".to_owned()),
            ..Choice::default()
        };
        assert!(one.check().is_err());
        assert!(Choice::default().settings(&book(), None).is_err());
    }

    #[test]
    fn a_history_begins_on_a_day_or_at_an_instant() {
        let at = |text| since(text).expect("an instant").0;
        assert_eq!(at("2024-01-31"), at("2024-01-31T00:00:00Z"));
        assert_eq!(at("all"), None);
        assert!(since("31-01-2024").is_err());
    }
}
