//! An honest imitation of Lightspeed Retail (R-Series, API V3) on loopback.
//!
//! A [`Sandbox`] holds a seeded account, answers the API over it with the limits and quirks the
//! documentation describes, can be told to misbehave ([`Fault`]), keeps a history of what it was
//! asked ([`Call`]) and computes, independently of any connector, what a correct one must produce
//! ([`Truth`]). It knows none of our other crates, so that it cannot share their mistakes.

mod account;
mod clock;
mod config;
mod fault;
mod history;
mod http;
mod limits;
mod sandbox;
mod seed;
mod tokens;
mod truth;

pub use account::{
    Account, Component, Item, ItemShop, NewLine, NewSale, Price, Sale, SaleLine, SaleVoid, Shop,
    TaxCategory, TaxClassRate, Vendor, VendorNumber,
};
pub use clock::{Now, base_instant, seeded_now, tokio_now};
pub use config::{Config, Limits, Size};
pub use fault::{Fault, Garbage, When};
pub use history::{Call, Limited};
pub use http::Served;
pub use sandbox::{Credentials, Sandbox};
pub use truth::{FeedTruth, Mode, PricesIncludeTax, Truth, View};
