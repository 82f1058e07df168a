//! What is derived from other rows: orders with their lines, expected dates, preference.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::value::RawValue;

use super::{
    refusal::Refusal,
    resource::Resource,
    store::Store,
    value::Value,
    write::{Attributes, Made, Pen},
};

/// The attribute that carries the lines of an order being made.
const LINES: &str = "orderLines";

impl Pen<'_> {
    /// Makes a row, an order together with its lines. `most` bounds how many of the lines are
    /// written before the server loses its mind.
    pub(super) fn make_all(
        &self,
        store: &mut Store,
        resource: Resource,
        mut attributes: Attributes,
        most: Option<usize>,
    ) -> Result<Made, (Refusal, Option<Made>)> {
        let lines = match (resource, attributes.remove(LINES)) {
            (Resource::SellOrders | Resource::BuyOrders, Some(raw)) => {
                read_lines(&raw).map_err(|refusal| (refusal, None))?
            }
            (_, Some(_)) => {
                return Err((Refusal::bad("orderLines is not an attribute"), None));
            }
            (_, None) => Vec::new(),
        };
        self.check_repeats(&lines).map_err(|bad| (bad, None))?;
        let id = self
            .make(store, resource, &attributes)
            .map_err(|refusal| (refusal, None))?;
        let mut made = Made {
            id,
            lines: Vec::new(),
        };
        let Some((child, key)) = resource.children() else {
            return Ok(made);
        };
        for mut line in lines.into_iter().take(most.unwrap_or(usize::MAX)) {
            let to_order = RawValue::from_string(id.to_string());
            line.extend(to_order.ok().map(|raw| (key.to_owned(), raw)));
            match self.make(store, child, &line) {
                Ok(id) => made.lines.push(id),
                Err(refusal) => {
                    let refusal = Refusal::bad(format!("orderLines: {}", refusal.message));
                    if self.behaviour.bad_line_leaves_a_partial_order {
                        return Err((refusal, Some(made)));
                    }
                    store.undo(resource, &made);
                    return Err((refusal, None));
                }
            }
        }
        Ok(made)
    }

    fn check_repeats(&self, lines: &[Attributes]) -> Result<(), Refusal> {
        let mut seen = BTreeSet::new();
        let repeated = lines
            .iter()
            .filter_map(|line| line.get("productId"))
            .any(|product| !seen.insert(product.get().trim_matches('"')));
        if repeated && self.behaviour.refuse_repeated_products {
            return Err(Refusal::bad("orderLines: each product may appear once"));
        }
        Ok(())
    }

    /// Fills in what the server computes.
    pub(super) fn derive(
        &self,
        store: &mut Store,
        resource: Resource,
        values: &mut [Value],
    ) -> Result<(), Refusal> {
        match resource {
            Resource::SupplierProducts => self.prefer_new(store, values),
            Resource::BuyOrders | Resource::BuyOrderLines => {
                expect(store, resource, values);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn prefer_new(&self, store: &mut Store, values: &mut [Value]) -> Result<(), Refusal> {
        let table = Resource::SupplierProducts;
        let (Some(preferred), Some(product)) = (table.place("preferred"), table.place("productId"))
        else {
            return Ok(());
        };
        if values[preferred] == Value::Null {
            values[preferred] = Value::Flag(false);
        } else if values[preferred] == Value::Flag(true) {
            if self.behaviour.preferred_when_made || !self.api {
                let product = values[product].int().unwrap_or_default();
                self.unprefer(store, product, None)?;
            } else {
                values[preferred] = Value::Flag(false);
            }
        }
        Ok(())
    }

    /// Before a row becomes the preferred one of its product.
    pub(super) fn move_preference(&self, store: &mut Store, id: i64) -> Result<(), Refusal> {
        let product = store.pair_of(Resource::SupplierProducts, id);
        self.unprefer(store, product.map_or(0, |(_, product)| product), Some(id))
    }

    fn unprefer(
        &self,
        store: &mut Store,
        product: i64,
        except: Option<i64>,
    ) -> Result<(), Refusal> {
        let table = Resource::SupplierProducts;
        let Some(place) = table.place("preferred") else {
            return Ok(());
        };
        for id in store.found(table, "productId", &product.to_string()) {
            let is = store
                .live(table, id)
                .is_some_and(|row| row.values[place] == Value::Flag(true));
            if is && Some(id) != except {
                if !self.behaviour.preferred_moves {
                    return Err(Refusal::bad("preferred is taken by another supplier"));
                }
                store.set(table, id, vec![(place, Value::Flag(false))], self.now);
            }
        }
        Ok(())
    }
}

impl Store {
    /// As if an order had never been written.
    fn undo(&mut self, resource: Resource, made: &Made) {
        if let Some((child, _)) = resource.children() {
            for line in &made.lines {
                self.remove(child, *line);
            }
        }
        self.remove(resource, made.id);
    }
}

/// A buy order is expected after its supplier's delivery time; a line with its order, else after
/// the delivery time of the pair.
fn expect(store: &Store, resource: Resource, values: &mut [Value]) {
    let place = |name| resource.place(name).unwrap_or_default();
    let expected = place("expectedDeliveryDate");
    if values[expected] != Value::Null {
        return;
    }
    let read = |table: Resource, id: i64, name: &str| -> Option<Value> {
        Some(store.live(table, id)?.values[table.place(name)?].clone())
    };
    let days_after = |placed: Option<Value>, days: Option<Value>| match (placed, days) {
        (Some(Value::Time(placed)), Some(Value::Int(days))) => {
            Some(Value::Time(placed + TimeDelta::days(days)))
        }
        _ => None,
    };
    let orders = Resource::BuyOrders;
    let derived = if resource == orders {
        let supplier = values[place("supplierId")].int().unwrap_or_default();
        let days = read(Resource::Suppliers, supplier, "deliveryTime");
        days_after(Some(values[place("placed")].clone()), days)
    } else {
        let order = values[place("buyOrderId")].int().unwrap_or_default();
        let product = values[place("productId")].int().unwrap_or_default();
        let supplier = read(orders, order, "supplierId").and_then(|value| value.int());
        let pairs = Resource::SupplierProducts;
        let pair = store
            .found(pairs, "productId", &product.to_string())
            .into_iter()
            .find(|id| store.pair_of(pairs, *id).map(|(of, _)| of) == supplier);
        read(orders, order, "expectedDeliveryDate")
            .filter(|value| *value != Value::Null)
            .or_else(|| {
                days_after(
                    read(orders, order, "placed"),
                    read(pairs, pair?, "deliveryTime"),
                )
            })
    };
    if let Some(derived) = derived {
        values[expected] = derived;
    }
}

/// Flat objects only; the nested form is refused by their attributes' names.
fn read_lines(raw: &RawValue) -> Result<Vec<Attributes>, Refusal> {
    serde_json::from_str(raw.get())
        .map_err(|_| Refusal::bad("orderLines must be a list of objects"))
}
