//! The attributes of each resource, named as we name them.
//!
//! Every attribute is optional: what is not given is not sent, so that a change touches nothing
//! else. What planners decide (service levels, maximum stock, reactions) has no field here.

mod buy;
mod product;
mod sell;
mod supplier;

pub use buy::{BuyOrder, BuyOrderLine, ReceiptLine};
pub use product::{Composition, Product, Status};
pub use sell::{OrderLine, SellOrder, SellOrderLine};
pub use supplier::{Supplier, SupplierProduct};

use super::resource::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A set of attributes of one resource.
pub trait Entity: Serialize + DeserializeOwned {
    /// The resource they belong to.
    const RESOURCE: Resource;
}
