//! What Optiply should hold: objects computed from the current source records.
//!
//! One file per object. Nothing here adds to what was there before: an object is a function of the
//! records it is made of, so computing it twice is harmless.

mod product;
pub mod sell_order;
mod supplier;

pub use product::{
    ItemFacts, Product, ProductOutcome, ProductStatus, ShopBook, ShopFacts, StockFact, product,
};
pub use supplier::{Supplied, Supplier, is_email, supplier};
