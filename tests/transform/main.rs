//! The rules, tested from outside: a page goes in, and what we make of it is compared with a
//! reviewed snapshot.
//!
//! Each fixture is a page of `fixtures/lightspeed/<feed>/<quirk>.json`, as small as its quirk
//! allows, with invented values. [`door::check`] is the only place that knows the crate's functions.

mod adopt;
mod compositions;
mod content;
mod deliver;
mod door;
mod examples;
mod export;
mod fields;
mod filters;
mod hostile;
mod instants;
mod items;
mod lifecycle;
mod malformed;
mod meaning;
mod orders;
mod pages;
mod products;
mod properties;
mod purchases;
mod recorded;
mod rules;
mod sales;
mod sell_orders;
mod shipments;
mod shops;
mod stock;
mod supplier_products;
mod vendors;
