//! The rules, tested from outside: a page goes in, and what we make of it is compared with a
//! reviewed snapshot.
//!
//! Each fixture is a page of `fixtures/lightspeed/<feed>/<quirk>.json`, as small as its quirk
//! allows, with invented values. [`door::check`] is the only place that knows the crate's functions.

mod content;
mod door;
mod filters;
mod items;
mod pages;
mod products;
mod properties;
mod recorded;
mod sales;
mod sell_orders;
mod shops;
mod stock;
mod vendors;
