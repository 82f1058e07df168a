use super::StockRow;
use crate::id::{ItemId, VendorId};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An item, parsed whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// What it is called; may be blank or hold line breaks.
    pub description: String,
    /// The shop's own code, as typed.
    pub custom_sku: String,
    /// The generated code.
    pub system_sku: String,
    /// The manufacturer's code.
    pub manufacturer_sku: String,
    /// EAN as typed.
    pub ean: String,
    /// UPC as typed.
    pub upc: String,
    /// What kind of item it is.
    pub kind: ItemKind,
    /// Whether single pieces carry serial numbers.
    pub serialized: bool,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether it is taxed at all.
    pub taxed: bool,
    /// Its tax class, if any.
    pub tax_class: Option<i64>,
    /// The price of level "Default", as sent: gross or net depends on the shop.
    pub price: Option<Decimal>,
    /// What it usually costs.
    pub default_cost: Option<Decimal>,
    /// The vendor it is usually bought from.
    pub default_vendor: Option<VendorId>,
    /// The matrix it is a variant of, if any.
    pub matrix: Option<i64>,
    /// When it was created.
    pub created_at: Option<DateTime<Utc>>,
    /// When the record last changed; does not move with stock.
    pub changed_at: Option<DateTime<Utc>>,
    /// Numbers under which vendors sell it.
    pub vendor_numbers: Vec<VendorNumber>,
    /// What it is made of, or what is made of it.
    pub components: Vec<Component>,
    /// Its stock rows, when they were asked for; `None` says nothing about stock.
    pub stock: Option<Vec<StockRow>>,
}

/// The kinds of items (`mapping.md` 4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// An ordinary item, and the deprecated `serialized`.
    Default,
    /// Labour, fees: no stock is kept of it.
    NonInventory,
    /// A container of singles.
    Box,
    /// Built from components.
    Assembly,
    /// Built from components, deprecated, still met.
    SerializedAssembly,
    /// A kind we do not know: kept as text and treated as an ordinary item.
    Other(String),
}

impl ItemKind {
    /// The stored spelling.
    pub fn name(&self) -> &str {
        match self {
            ItemKind::Default => "default",
            ItemKind::NonInventory => "non_inventory",
            ItemKind::Box => "box",
            ItemKind::Assembly => "assembly",
            ItemKind::SerializedAssembly => "serialized_assembly",
            ItemKind::Other(other) => other,
        }
    }

    /// The kind of a spelling; never fails, see [`ItemKind::Other`].
    pub fn from_name(name: &str) -> ItemKind {
        match name {
            "" | "default" => ItemKind::Default,
            "non_inventory" => ItemKind::NonInventory,
            "box" => ItemKind::Box,
            "assembly" => ItemKind::Assembly,
            "serialized_assembly" => ItemKind::SerializedAssembly,
            other => ItemKind::Other(other.to_owned()),
        }
    }

    /// Whether Optiply should know it as a composed product (DESIGN 13.5).
    pub fn assembled(&self) -> bool {
        matches!(
            self,
            ItemKind::Box | ItemKind::Assembly | ItemKind::SerializedAssembly
        )
    }
}

/// A number under which a vendor sells an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VendorNumber {
    /// The row's id.
    pub id: i64,
    /// The vendor.
    pub vendor: Option<VendorId>,
    /// The vendor's code for the item, as typed.
    pub number: String,
    /// The vendor's cost, in the vendor's currency; 0 when that feature is off.
    pub cost: Option<Decimal>,
}

/// A component row: so many of `part` in one `assembly`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// The row's id.
    pub id: i64,
    /// The composed item.
    pub assembly: Option<ItemId>,
    /// The item it contains.
    pub part: Option<ItemId>,
    /// How many; kept as sent, judged when compositions are loaded.
    pub quantity: i64,
    /// 0 for an assembly's recipe; a group per single for a box.
    pub group: i64,
}
