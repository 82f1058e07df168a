//! What we walk and the stages a record passes.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One Lightspeed resource we walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feed {
    /// Shops with their tax category.
    Shops,
    /// Vendors with their contact.
    Vendors,
    /// Items with prices, vendor numbers, components and (in backfill and sweep) their stock.
    Items,
    /// Stock rows on their own: the only feed that stock changes move.
    Stock,
    /// Sales with their lines.
    Sales,
    /// Purchase orders with their lines.
    Orders,
    /// Arrivals of goods on purchase orders.
    Shipments,
}

impl Feed {
    /// All feeds, in the order a backfill needs them.
    pub const ALL: [Feed; 7] = [
        Feed::Shops,
        Feed::Vendors,
        Feed::Items,
        Feed::Stock,
        Feed::Sales,
        Feed::Orders,
        Feed::Shipments,
    ];

    /// The feeds a backfill walks, in order; stock arrives with its items.
    pub const BACKFILL: [Feed; 6] = [
        Feed::Shops,
        Feed::Vendors,
        Feed::Items,
        Feed::Sales,
        Feed::Orders,
        Feed::Shipments,
    ];

    /// The stored spelling: a promise to the database and to readers of `--json`.
    pub const fn name(self) -> &'static str {
        match self {
            Feed::Shops => "shops",
            Feed::Vendors => "vendors",
            Feed::Items => "items",
            Feed::Stock => "stock",
            Feed::Sales => "sales",
            Feed::Orders => "orders",
            Feed::Shipments => "shipments",
        }
    }
}

/// One step of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Lightspeed to stored pages.
    Extract,
    /// Stored pages to source records.
    Normalize,
    /// Source records to verdicts.
    Filter,
    /// Kept records to the Optiply model.
    Load,
    /// The Optiply model to Optiply; only of connections that hold its credentials.
    Deliver,
    /// Buy orders of Optiply to Lightspeed: the other way, so no record passes it.
    Export,
}

impl Stage {
    /// All stages in order.
    pub const ALL: [Stage; 6] = [
        Stage::Extract,
        Stage::Normalize,
        Stage::Filter,
        Stage::Load,
        Stage::Deliver,
        Stage::Export,
    ];

    /// The stages up to the model, which every run has.
    pub const IMPORT: [Stage; 4] = [Stage::Extract, Stage::Normalize, Stage::Filter, Stage::Load];

    /// The stored spelling, also the name of the stage's queue.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Extract => "extract",
            Stage::Normalize => "normalize",
            Stage::Filter => "filter",
            Stage::Load => "load",
            Stage::Deliver => "deliver",
            Stage::Export => "export",
        }
    }
}

/// A stored name that no feed or stage of this version bears.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not the name of a feed or stage of this version")]
pub struct UnknownName(pub String);

macro_rules! by_name {
    ($($kind:ident),+) => {$(
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $kind {
            type Err = UnknownName;
            fn from_str(name: &str) -> Result<Self, UnknownName> {
                $kind::ALL
                    .into_iter()
                    .find(|kind| kind.name() == name)
                    .ok_or_else(|| UnknownName(name.to_owned()))
            }
        }
    )+};
}

by_name!(Feed, Stage);
