//! What Optiply should hold: objects computed from the current source records.
//!
//! One file per object. Nothing here adds to what was there before: an object is a function of the
//! records it is made of, so computing it twice is harmless. The few facts that outlive records
//! (what was loaded before, what was checked in when) are parameters.

mod buy_order;
mod checked_in;
mod composition;
mod product;
mod purchase;
mod receipt;
pub mod sell_order;
mod supplier;
mod supplier_product;

pub use buy_order::{
    BuyOrder, BuyOrderLine, OrderFacts, OrderLineFacts, OrderOutcome, VendorState,
};
pub use checked_in::CheckedIn;
pub use composition::{Composition, Compositions, ParentFacts, PartFacts, PartSkip, compositions};
pub use product::{
    ItemFacts, Product, ProductOutcome, ProductStatus, ShopBook, ShopFacts, StockFact, product,
};
pub use purchase::{Purchase, PurchaseFacts, ShipmentOutcome, purchase, shipment_without_order};
pub use receipt::{Receipt, ShipmentFacts, ShipmentItemFacts};
pub use supplier::{Supplied, Supplier, is_email, supplier};
pub use supplier_product::{
    PairFacts, PairNote, Pairs, SupplierProduct, VendorFacts, supplier_products,
};
