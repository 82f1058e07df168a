//! Settings as they were understood: with the names of the shops beside their ids.

use chrono::{DateTime, Utc};
use pipeline::id::ShopId;
use pipeline::location::ShopEntry;
use pipeline::settings::{Locations, Settings};
use serde::Serialize;

/// Settings as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Understood {
    /// `all`, `multiple` or `one`.
    pub(super) get_data_from: &'static str,
    /// The shops that are read now.
    pub(super) locations: Vec<Location>,
    /// The default location.
    pub(super) default_location: Location,
    /// Whether open sales count too.
    pub(super) sync_all_sales_orders: bool,
    /// Since when sales count; `null` for the whole history.
    pub(super) history_since: Option<DateTime<Utc>>,
    /// Since when buy orders are exported; `null` since the connection began to deliver.
    pub(super) export_since: Option<DateTime<Utc>>,
}

/// A shop as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Location {
    /// Its id, which is what settings keep.
    pub(super) id: i64,
    /// Its name at present, if it is known.
    pub(super) name: Option<String>,
    /// Whether it is archived by now.
    pub(super) archived: bool,
}

impl Location {
    fn of(id: ShopId, shops: &[ShopEntry]) -> Self {
        let entry = shops.iter().find(|shop| shop.id == id);
        Self {
            id: id.0,
            name: entry.map(|shop| shop.name.clone()),
            archived: entry.is_some_and(|shop| shop.archived),
        }
    }

    /// For people: `"Main Warehouse" (#1)`.
    pub(super) fn text(&self) -> String {
        let archived = if self.archived { ", archived" } else { "" };
        match &self.name {
            Some(name) => format!("{name:?} (#{}{archived})", self.id),
            None => format!("shop #{}", self.id),
        }
    }
}

impl Understood {
    /// The settings, with the shops as they are called now.
    pub(super) fn of(settings: &Settings, shops: &[ShopEntry]) -> Self {
        let at = |id: &ShopId| Location::of(*id, shops);
        let (get_data_from, locations) = match &settings.locations {
            Locations::All => (
                "all",
                shops.iter().map(|shop| at(&shop.id)).collect::<Vec<_>>(),
            ),
            Locations::Multiple(ids) => ("multiple", ids.iter().map(at).collect()),
            Locations::One => ("one", vec![at(&settings.default_location)]),
        };
        Self {
            get_data_from,
            locations,
            default_location: at(&settings.default_location),
            sync_all_sales_orders: settings.sync_all_sales_orders,
            history_since: settings.history_since,
            export_since: settings.export_since,
        }
    }

    /// For people, a setting a line.
    pub(super) fn text(&self) -> String {
        let names: Vec<String> = self.locations.iter().map(Location::text).collect();
        let read = match (self.get_data_from, names.is_empty()) {
            ("all", true) => "all locations, those to come included".to_owned(),
            ("all", false) => format!(
                "all locations, those to come included; now {}",
                names.join(", ")
            ),
            ("one", _) => format!("one location: {}", names.join(", ")),
            _ => format!("these locations: {}", names.join(", ")),
        };
        let sales = if self.sync_all_sales_orders {
            "completed and open ones"
        } else {
            "completed ones only"
        };
        let since = match self.history_since {
            Some(at) => format!("since {}", at.format("%Y-%m-%d %H:%M UTC")),
            None => "all of it".to_owned(),
        };
        format!(
            "  data from         {read}\n  default location  {}\n  sales             {sales}\n  history           {since}",
            self.default_location.text()
        )
    }
}
