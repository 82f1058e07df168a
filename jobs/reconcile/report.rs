//! What a comparison tells.

use pipeline::deliver::Entity;
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use storage::Checklist;

/// What a comparison found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether nothing differs and nothing is unsettled.
    pub clean: bool,
    /// Per kind.
    pub entities: Vec<OfEntity>,
    /// Some of the differences.
    pub differences: Vec<Difference>,
    /// By what a cut-over is accepted.
    pub checklist: Accepted,
    /// Kinds of which so much is not shown that it is not made again unasked.
    pub held_back: Vec<Entity>,
    /// Whether what differs was marked, to be sent again.
    pub repaired: bool,
}

/// What was found of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfEntity {
    /// The kind.
    pub entity: Entity,
    /// Objects in the model, and exported buy orders.
    pub in_model: i64,
    /// Rows that Optiply is known to hold of them.
    pub delivered: i64,
    /// Rows that Optiply shows.
    pub in_optiply: i64,
    /// Delivered, and not shown.
    pub missing: i64,
    /// Shown with other values than were acknowledged.
    pub different: i64,
    /// Made in Optiply's own screens: not ours.
    pub not_ours: i64,
    /// Made through the API, but not by this connection.
    pub by_others: i64,
    /// Repeats a row of ours in everything, and was made since we deliver.
    pub duplicates: i64,
    /// On their way, or waiting for their turn.
    pub unsettled: i64,
    /// Refused or set aside: `stockbridge rejected` tells why.
    pub parked: i64,
}

/// A difference.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// `missing`, `different`, `duplicate` or `by_others`.
    pub kind: &'static str,
    /// The kind of row.
    pub entity: Entity,
    /// Item, vendor, sale or order; null for a row that is not ours.
    pub record: Option<i64>,
    /// Vendor, part, item, order line or receipt.
    pub part: Option<String>,
    /// What Optiply calls the row.
    pub optiply_id: Option<i64>,
    /// Of a different row: each attribute as it should be and as it is.
    pub attributes: BTreeMap<String, Values>,
}

/// An attribute on both sides.
#[derive(Clone, Debug, Serialize)]
pub struct Values {
    /// What was acknowledged.
    pub ours: Box<RawValue>,
    /// What is shown.
    pub theirs: Option<Box<RawValue>>,
}

/// By what a cut-over is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// Every product of the model is at Optiply, as it should be.
    pub products: bool,
    /// Every stock level is what it should be.
    pub stock: bool,
    /// Every sell order of the model is at Optiply, as it should be, with its lines.
    pub sell_orders: bool,
    /// What the model alone tells.
    #[serde(flatten)]
    pub model: Checklist,
}

impl OfEntity {
    /// Whether both sides hold the same. What is not ours is nobody's fault.
    pub fn is_clean(&self) -> bool {
        self.missing + self.different + self.by_others + self.duplicates == 0
            && self.unsettled + self.parked == 0
            && self.in_model == self.delivered
    }
}
