//! Writes: checked, then applied.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use super::{
    attr::{Access, Attr, Kind},
    behaviour::Behaviour,
    refusal::Refusal,
    resource::Resource,
    store::Store,
    value::{self, Value},
};

/// Attributes as they stood in a request.
pub(super) type Attributes = BTreeMap<String, Box<RawValue>>;

/// Who writes, when and under which rules.
#[derive(Clone, Copy)]
pub(super) struct Pen<'a> {
    pub(super) behaviour: &'a Behaviour,
    pub(super) now: DateTime<Utc>,
    /// Through the API; Optiply's own screens may write more.
    pub(super) api: bool,
}

/// What a write made.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) id: i64,
    pub(super) lines: Vec<i64>,
}

impl Pen<'_> {
    /// Makes a row without lines.
    pub(super) fn make(
        &self,
        store: &mut Store,
        resource: Resource,
        attributes: &Attributes,
    ) -> Result<i64, Refusal> {
        let mut values = vec![Value::Null; resource.attrs().len()];
        for (place, value) in self.read(resource, attributes, true)? {
            values[place] = value;
        }
        if let Some(missing) = resource
            .attrs()
            .iter()
            .zip(&values)
            .find(|(attr, value)| attr.required && **value == Value::Null)
        {
            return Err(Refusal::bad(format!("{} is required", missing.0.name)));
        }
        self.check_keys(store, resource, &values)?;
        self.check_pair(store, resource, &values)?;
        self.derive(store, resource, &mut values)?;
        let visible = if self.api {
            let delay = chrono::TimeDelta::from_std(self.behaviour.visible_after);
            self.now + delay.unwrap_or_default()
        } else {
            self.now
        };
        Ok(store.insert(resource, values, self.now, visible, self.api))
    }

    /// Changes the given attributes of a row.
    pub(super) fn change(
        &self,
        store: &mut Store,
        resource: Resource,
        id: i64,
        attributes: &Attributes,
    ) -> Result<(), Refusal> {
        if store.live(resource, id).is_none() {
            return Err(Refusal::gone());
        }
        let changes = self.read(resource, attributes, false)?;
        let preferred = resource.place("preferred").filter(|place| {
            resource == Resource::SupplierProducts
                && changes
                    .iter()
                    .any(|(at, value)| at == place && *value == Value::Flag(true))
        });
        if preferred.is_some() {
            self.move_preference(store, id)?;
        }
        store.set(resource, id, changes, self.now);
        Ok(())
    }

    /// Deletes a row, for the API a final act.
    pub(super) fn delete(
        &self,
        store: &mut Store,
        resource: Resource,
        id: i64,
    ) -> Result<(), Refusal> {
        if store.live(resource, id).is_none() {
            return Err(Refusal::gone());
        }
        store.delete(resource, id, self.now);
        Ok(())
    }

    fn read(
        &self,
        resource: Resource,
        attributes: &Attributes,
        making: bool,
    ) -> Result<Vec<(usize, Value)>, Refusal> {
        let mut read = Vec::with_capacity(attributes.len());
        for (name, raw) in attributes {
            // Sent by some clients beside the query parameter, and harmless.
            if resource == Resource::BuyOrders && name == "accountId" {
                continue;
            }
            let Some(place) = resource.place(name) else {
                if self.behaviour.ignore_unknown_attributes {
                    continue;
                }
                return Err(Refusal::bad(format!("{name} is not an attribute")));
            };
            let attr = &resource.attrs()[place];
            self.check_access(attr, making)?;
            read.push((place, self.value(attr, raw)?));
        }
        Ok(read)
    }

    fn check_access(&self, attr: &Attr, making: bool) -> Result<(), Refusal> {
        let open = match attr.access {
            Access::Always => true,
            Access::Made => making,
            Access::Never => !self.api,
            Access::Coupled => !self.api || self.behaviour.coupling.is_some(),
        };
        if open {
            Ok(())
        } else {
            Err(Refusal::bad(format!("{} cannot be set", attr.name)))
        }
    }

    fn value(&self, attr: &Attr, raw: &RawValue) -> Result<Value, Refusal> {
        let bad = |what: &str| Refusal::bad(format!("{} {what}", attr.name));
        if raw.get() == "null" {
            let taken = attr.nullable || (self.behaviour.null_clears_anything && !attr.required);
            return if taken {
                Ok(Value::Null)
            } else {
                Err(bad("must not be null"))
            };
        }
        let value = value::read(attr, raw).map_err(|what| bad(&what))?;
        let odd = match (&value, attr.name) {
            (Value::Int(quantity), "quantity") => *quantity < 1,
            (Value::Dec(amount), "subtotalValue" | "totalValue") => amount.is_sign_negative(),
            _ => false,
        };
        if odd && !self.behaviour.take_odd_quantities {
            return Err(bad("must be positive"));
        }
        Ok(value)
    }

    fn check_keys(
        &self,
        store: &Store,
        resource: Resource,
        values: &[Value],
    ) -> Result<(), Refusal> {
        for (attr, value) in resource.attrs().iter().zip(values) {
            let (Kind::Key(of), Value::Int(id)) = (attr.kind, value) else {
                continue;
            };
            if store.live(of, *id).is_none() {
                let status = match resource {
                    Resource::ReceiptLines => 404,
                    _ => self.behaviour.missing_parent_status,
                };
                return Err(Refusal::new(status, format!("{} not found", attr.name)));
            }
        }
        Ok(())
    }

    fn check_pair(
        &self,
        store: &Store,
        resource: Resource,
        values: &[Value],
    ) -> Result<(), Refusal> {
        let Some((first, second)) = resource.pair() else {
            return Ok(());
        };
        let value = |name| resource.place(name).and_then(|place| values[place].int());
        let (Some(first), Some(second)) = (value(first), value(second)) else {
            return Ok(());
        };
        let deleted_count = self.behaviour.deleted_pairs_stay_taken;
        if store.pair_taken(resource, (first, second), deleted_count) {
            return Err(Refusal::new(409, "Conflict"));
        }
        if resource == Resource::ProductCompositions && store.contains(second, first) {
            let status = self.behaviour.cycle_status;
            return Err(Refusal::new(status, "could not execute statement"));
        }
        Ok(())
    }
}
