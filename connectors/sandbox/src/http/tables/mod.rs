//! The resources: one table each. A further resource is one more file and one more line here.

mod item;
mod item_shop;
mod order;
mod order_line;
mod sale;
mod sale_line;
mod sale_void;
mod shipment;
mod shop;
mod vendor;

use std::ops::RangeInclusive;

use rust_decimal::Decimal;

use crate::account::Account;

use super::json::Obj;

/// What kind of value a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Id,
    Number,
    Flag,
    Time,
    Text,
}

/// A field that can be filtered on.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) sortable: bool,
}

/// A relation that can be asked for.
#[derive(Debug)]
pub(crate) struct Relation {
    pub(crate) name: &'static str,
    pub(crate) many: bool,
}

/// A field's value in a record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Id(u64),
    Number(Decimal),
    Flag(bool),
    Time(i64),
    Text(&'a str),
}

/// The relations a request asked for.
#[derive(Debug, Default)]
pub(crate) struct Wants(pub(crate) Vec<&'static str>);

impl Wants {
    /// Whether a relation, or one nested in it, was asked for.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0
            .iter()
            .any(|each| each.split('.').next() == Some(name))
    }
}

/// A listable resource.
pub(crate) trait Table: Sync {
    /// As it stands in paths.
    fn name(&self) -> &'static str;

    /// As it stands in envelopes.
    fn key(&self) -> &'static str {
        self.name()
    }

    /// The fields, the primary id first.
    fn fields(&self) -> &'static [Field];

    /// The relations.
    fn relations(&self) -> &'static [Relation] {
        &[]
    }

    /// The visible ids within a range, in order.
    fn ids<'a>(
        &self,
        account: &'a Account,
        range: RangeInclusive<u64>,
    ) -> Box<dyn DoubleEndedIterator<Item = u64> + 'a>;

    /// Whether lists leave the record out by default.
    fn archived(&self, _account: &Account, _id: u64) -> bool {
        false
    }

    /// A field's value.
    fn value<'a>(&self, account: &'a Account, id: u64, field: &str) -> Value<'a>;

    /// Writes the record's fields and the relations asked for.
    fn write(&self, account: &Account, id: u64, wants: &Wants, obj: &mut Obj<'_>);
}

/// Every resource.
pub(crate) static TABLES: [&dyn Table; 10] = [
    &shop::Shops,
    &vendor::Vendors,
    &item::Items,
    &item_shop::ItemShops,
    &sale::Sales,
    &sale_line::SaleLines,
    &sale_void::SaleVoids,
    &order::Orders,
    &order_line::OrderLines,
    &shipment::Shipments,
];

/// The table of a path's resource.
pub(crate) fn find(name: &str) -> Option<&'static dyn Table> {
    TABLES.iter().copied().find(|table| table.name() == name)
}

const fn id(name: &'static str) -> Field {
    Field {
        name,
        kind: Kind::Id,
        sortable: false,
    }
}

const fn primary(name: &'static str) -> Field {
    Field {
        name,
        kind: Kind::Id,
        sortable: true,
    }
}

const fn number(name: &'static str) -> Field {
    Field {
        name,
        kind: Kind::Number,
        sortable: false,
    }
}

const fn flag(name: &'static str) -> Field {
    Field {
        name,
        kind: Kind::Flag,
        sortable: false,
    }
}

const fn text(name: &'static str) -> Field {
    Field {
        name,
        kind: Kind::Text,
        sortable: false,
    }
}

const fn time(name: &'static str) -> Field {
    Field {
        name,
        kind: Kind::Time,
        sortable: false,
    }
}

const fn sortable(field: Field) -> Field {
    Field {
        name: field.name,
        kind: field.kind,
        sortable: true,
    }
}

const fn one(name: &'static str) -> Relation {
    Relation { name, many: false }
}

const fn many(name: &'static str) -> Relation {
    Relation { name, many: true }
}

fn at(time: Option<chrono::DateTime<chrono::Utc>>) -> Value<'static> {
    time.map_or(Value::Null, |time| Value::Time(time.timestamp()))
}
