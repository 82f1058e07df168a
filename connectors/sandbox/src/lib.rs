//! An honest imitation of Lightspeed Retail (R-Series, API V3) and of Optiply's public API (v1) on
//! loopback.
//!
//! A [`Sandbox`] holds a seeded account, answers the API over it with the limits and quirks the
//! documentation describes, can be told to misbehave ([`Fault`]), keeps a history of what it was
//! asked ([`Call`]) and computes, independently of any connector, what a correct one must produce
//! ([`Truth`]). Its other half, the [`Optiply`] account, keeps what it is told and judges by its own
//! list of accepted writes. It knows none of our other crates, so that it cannot share their mistakes.

#![forbid(unsafe_code)]

mod account;
mod clock;
mod config;
mod fault;
mod history;
mod http;
mod limits;
mod optiply;
mod predecessor;
mod sandbox;
mod seed;
mod tokens;
mod truth;
mod writes;

pub use account::{
    Account, Component, Item, ItemShop, NewLine, NewOrder, NewOrderLine, NewSale, Order, OrderLine,
    Price, Sale, SaleLine, SaleVoid, Shipment, ShipmentItem, Shop, TaxCategory, TaxClassRate,
    Vendor, VendorNumber,
};
pub use clock::{Now, base_instant, seeded_now, tokio_now};
pub use config::{Config, Limits, Size};
pub use fault::{Fault, Garbage, When};
pub use history::{Call, Limited};
pub use http::Served;
pub use optiply::{
    Behaviour, Editor, Optiply, OptiplyCall, OptiplyCredentials, OptiplyFault, OptiplyRow,
    OptiplyWrite, Resource, Weather, Writer,
};
pub use predecessor::{Left, SaleTimes};
pub use sandbox::{Credentials, Sandbox};
pub use seed::RandomHistory;
pub use truth::{Before, FeedTruth, Mode, Pair, PricesIncludeTax, Truth, View};
pub use writes::OrderWrite;
