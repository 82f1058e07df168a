//! Attributes in Optiply's spelling, in one canonical form: to be stored, compared and sent.

use super::entity::Entity;
use super::resource::Resource;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// The attribute that carries the lines of an order being made.
const LINES: &str = "orderLines";
/// The attribute that switches stock keeping off; said once, when a product is made.
const UNLIMITED: &str = "unlimitedStock";
/// The attribute that has a whole supplier refused when one address is bad.
const EMAILS: &str = "emails";

/// A payload that cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error("these are no attributes of {resource}")]
pub struct PayloadError {
    /// Of which resource they should be.
    pub resource: Resource,
    /// What is wrong.
    #[source]
    pub source: serde_json::Error,
}

/// Attributes of a resource. Two with the same meaning are equal and have the same text: names in
/// order, amounts with two decimals, instants in whole seconds of UTC.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    resource: Resource,
    /// The values as JSON texts, by name.
    values: BTreeMap<String, String>,
}

/// What must be sent so that one payload becomes another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Attributes that differ, with null for those that can be cleared.
    pub patch: Payload,
    /// Attributes that should be empty now and that Optiply is not known to clear.
    pub stuck: Vec<String>,
    /// Attributes that differ and say what the row hangs on: it must be deleted and made anew.
    pub moved: Vec<String>,
}

impl Changes {
    /// Whether there is nothing to do.
    pub fn is_none(&self) -> bool {
        self.patch.is_empty() && self.stuck.is_empty() && self.moved.is_empty()
    }
}

impl Payload {
    /// The given attributes of an entity.
    ///
    /// # Errors
    /// When a value cannot be written as JSON.
    pub fn of<E: Entity>(entity: &E) -> Result<Self, PayloadError> {
        let wrong = |source| PayloadError {
            resource: E::RESOURCE,
            source,
        };
        let text = serde_json::to_string(entity).map_err(wrong)?;
        Self::parse(E::RESOURCE, &text).map_err(wrong)
    }

    /// A payload as [`Payload::to_json`] wrote it.
    ///
    /// # Errors
    /// When the text is not an object.
    pub fn from_json(resource: Resource, text: &str) -> Result<Self, PayloadError> {
        Self::parse(resource, text).map_err(|source| PayloadError { resource, source })
    }

    fn parse(resource: Resource, text: &str) -> Result<Self, serde_json::Error> {
        let values: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text)?;
        let values = values
            .into_iter()
            .map(|(name, raw)| (name, raw.get().to_owned()))
            .collect();
        Ok(Self { resource, values })
    }

    /// No attributes at all.
    pub const fn empty(resource: Resource) -> Self {
        Self {
            resource,
            values: BTreeMap::new(),
        }
    }

    /// Which resource they belong to.
    pub const fn resource(&self) -> Resource {
        self.resource
    }

    /// Whether no attribute is given.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The names of the given attributes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// The JSON text of an attribute.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The canonical text: a JSON object.
    pub fn to_json(&self) -> String {
        let mut text = String::from("{");
        for (at, (name, value)) in self.values.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            // Names are Optiply's own, so they need no escapes; writing to a String cannot fail.
            let _ = write!(text, "{comma}\"{name}\":{value}");
        }
        text.push('}');
        text
    }

    /// The attributes as an entity.
    ///
    /// # Errors
    /// When a value is not of its kind.
    pub fn read<E: Entity>(&self) -> Result<E, PayloadError> {
        serde_json::from_str(&self.to_json()).map_err(|source| PayloadError {
            resource: self.resource,
            source,
        })
    }

    /// What must be sent so that a row holding `held` holds this, leaving alone what neither names.
    /// Lines inside an order are no attribute that can be changed.
    #[must_use]
    pub fn changes_from(&self, held: &Payload) -> Changes {
        let mut patch = Self::empty(self.resource);
        let (mut stuck, mut moved) = (Vec::new(), Vec::new());
        for (name, value) in &self.values {
            if name == LINES || held.value(name) == Some(value) {
                continue;
            }
            if self.resource.keys().contains(&name.as_str()) {
                moved.push(name.clone());
            } else {
                patch.values.insert(name.clone(), value.clone());
            }
        }
        for (name, value) in &held.values {
            let cleared = name != LINES && value != "null" && !self.values.contains_key(name);
            if cleared && self.resource.nullable().contains(&name.as_str()) {
                patch.values.insert(name.clone(), "null".to_owned());
            } else if cleared {
                stuck.push(name.clone());
            }
        }
        Changes {
            patch,
            stuck,
            moved,
        }
    }

    /// Which of these attributes a row shows otherwise: those to be set once more.
    #[must_use]
    pub fn differing_from(&self, shown: &Payload) -> Payload {
        let differs = |name: &String, value: &String| {
            name != LINES && shown.value(name).unwrap_or("null") != value
        };
        let values = self
            .values
            .iter()
            .filter(|(name, value)| differs(name, value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        Self {
            resource: self.resource,
            values,
        }
    }

    /// The part that may be set on a row somebody else made: without what it hangs on, and without
    /// what is only said when a row is made and belongs to the planners afterwards.
    #[must_use]
    pub fn for_adoption(mut self) -> Self {
        let keys = self.resource.keys();
        self.values
            .retain(|name, _| name != LINES && name != UNLIMITED && !keys.contains(&name.as_str()));
        self
    }

    /// These attributes without those that `others` names.
    #[must_use]
    pub fn without(mut self, others: &Payload) -> Self {
        self.values
            .retain(|name, _| !others.values.contains_key(name));
        self
    }

    /// These attributes after a patch was acknowledged.
    #[must_use]
    pub fn patched(mut self, patch: &Payload) -> Self {
        self.values.extend(patch.values.clone());
        self
    }

    /// The order without its lines, as it is acknowledged.
    #[must_use]
    pub fn without_lines(mut self) -> Self {
        self.values.remove(LINES);
        self
    }

    /// The supplier without its addresses, for the case that one of them is refused.
    #[must_use]
    pub fn without_emails(mut self) -> Self {
        self.values.remove(EMAILS);
        self
    }

    /// Whether it is an order that brings its lines along.
    pub fn has_lines(&self) -> bool {
        self.values.contains_key(LINES)
    }

    /// The document that is sent.
    pub(super) fn document(&self, id: Option<i64>) -> String {
        let id = id.map_or_else(String::new, |id| format!("\"id\":\"{id}\","));
        format!(
            "{{\"data\":{{\"type\":\"{}\",{id}\"attributes\":{}}}}}",
            self.resource,
            self.to_json()
        )
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.resource, self.to_json())
    }
}
