//! A row as Optiply holds it.

use super::entity::{
    BuyOrder, BuyOrderLine, Composition, Entity, Product, ReceiptLine, SellOrder, SellOrderLine,
    Supplier, SupplierProduct,
};
use super::payload::{Payload, PayloadError};
use super::resource::Resource;
use super::scalar::{instant, int};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A row as Optiply holds it, its attributes as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// What it is.
    pub resource: Resource,
    /// Its id in paths.
    pub id: i64,
    /// Its other id, which a later version of the API will use.
    pub uuid: Option<String>,
    /// When it was made, by Optiply's clock.
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed, by Optiply's clock.
    pub updated_at: Option<DateTime<Utc>>,
    /// Whether it was made through the API, by us or by another integration.
    pub created_from_public_api: Option<bool>,
    /// The attributes, a JSON object.
    attributes: String,
}

#[derive(Deserialize)]
struct Object {
    #[serde(rename = "type")]
    kind: String,
    #[serde(with = "int")]
    id: Option<i64>,
    attributes: Box<RawValue>,
}

#[derive(Deserialize)]
struct Document {
    data: Object,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Object>,
    #[serde(default)]
    links: Links,
}

#[derive(Default, Deserialize)]
struct Links {
    #[serde(default)]
    next: Option<String>,
}

/// What every resource shows beside its own attributes. Read leniently: none of it is needed to
/// know that a write happened.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Common {
    uuid: Option<String>,
    #[serde(with = "instant")]
    created_at: Option<DateTime<Utc>>,
    #[serde(with = "instant")]
    updated_at: Option<DateTime<Utc>>,
    created_from_public_api: Option<bool>,
}

impl Stored {
    /// The row of a document, if it is one of this resource.
    pub(super) fn one(resource: Resource, body: &[u8]) -> Option<Self> {
        let document: Document = serde_json::from_slice(body).ok()?;
        Self::of(resource, document.data)
    }

    /// The rows of a list and whether it says that more follow.
    pub(super) fn many(resource: Resource, body: &[u8]) -> Option<(Vec<Self>, bool)> {
        let list: List = serde_json::from_slice(body).ok()?;
        let rows: Option<Vec<Self>> = list
            .data
            .into_iter()
            .map(|object| Self::of(resource, object))
            .collect();
        Some((rows?, list.links.next.is_some_and(|next| !next.is_empty())))
    }

    fn of(resource: Resource, object: Object) -> Option<Self> {
        if object.kind != resource.name() {
            return None;
        }
        let attributes = object.attributes.get().to_owned();
        let common: Common = serde_json::from_str(&attributes).unwrap_or_default();
        Some(Self {
            resource,
            id: object.id?,
            uuid: common.uuid,
            created_at: common.created_at,
            updated_at: common.updated_at,
            created_from_public_api: common.created_from_public_api,
            attributes,
        })
    }

    /// Its attributes as an entity.
    ///
    /// # Errors
    /// When a value is not of its kind.
    pub fn read<E: Entity>(&self) -> Result<E, PayloadError> {
        serde_json::from_str(&self.attributes).map_err(|source| PayloadError {
            resource: self.resource,
            source,
        })
    }

    /// Its attributes as far as we write them, in canonical form.
    ///
    /// # Errors
    /// When a value is not of its kind.
    pub fn payload(&self) -> Result<Payload, PayloadError> {
        match self.resource {
            Resource::Products => Payload::of(&self.read::<Product>()?),
            Resource::Suppliers => Payload::of(&self.read::<Supplier>()?),
            Resource::SupplierProducts => Payload::of(&self.read::<SupplierProduct>()?),
            Resource::ProductCompositions => Payload::of(&self.read::<Composition>()?),
            Resource::SellOrders => Payload::of(&self.read::<SellOrder>()?),
            Resource::SellOrderLines => Payload::of(&self.read::<SellOrderLine>()?),
            Resource::BuyOrders => Payload::of(&self.read::<BuyOrder>()?),
            Resource::BuyOrderLines => Payload::of(&self.read::<BuyOrderLine>()?),
            Resource::ReceiptLines => Payload::of(&self.read::<ReceiptLine>()?),
        }
    }

    /// The attributes as received.
    pub fn attributes(&self) -> &str {
        &self.attributes
    }
}
