//! An Optiply account: one resource a call, at a pace that adapts, and never in doubt in silence.
//!
//! The walk of one write: [`Payload`] holds the attributes in Optiply's spelling, [`Optiply`] takes
//! a valid token from [`Tokens`] and room from [`Pace`], sends, and either hands back what Optiply
//! now holds or an [`OptiplyError`] whose [`Effect`] says whether the write may have happened.
//!
//! Architecture invariants:
//!
//! - A call is sent again by itself only when the server refused it unread (401, 429). Whatever
//!   leaves the outcome open is told, never repeated.
//! - A row is taken for an answer to a filter only if it fulfils it.
//! - Money is decimal text from end to end.

mod account;
pub mod auth;
pub mod client;
pub mod entity;
pub mod error;
pub mod find;
mod made;
mod marks;
mod message;
pub mod pace;
pub mod payload;
mod reads;
pub mod resource;
mod scalar;
mod server_clock;
pub mod stored;
mod writes;

pub use account::Account;
pub use auth::{Access, Login, TokenError, Tokens};
pub use client::{Optiply, Parts, READ_LIMIT, WRITE_LIMIT};
pub use entity::{
    BuyOrder, BuyOrderLine, Composition, Entity, OrderLine, Product, ReceiptLine, SellOrder,
    SellOrderLine, Status, Supplier, SupplierProduct,
};
pub use error::{Doing, Effect, OptiplyError};
pub use find::{By, Find};
pub use marks::Marks;
pub use pace::{Lane, Pace, PaceLimits, PaceState};
pub use payload::{Changes, Payload, PayloadError};
pub use reads::Page;
pub use resource::Resource;
pub use stored::Stored;
pub use writes::{Deleted, Made, Written};
