//! What is delivered: the objects of the model as Optiply knows them, and what each hangs on.
//!
//! A delivery is one row at Optiply. Its key is ours and never changes; what Optiply calls it is
//! learned when it is made. Nothing here knows how a row is sent.

mod desired;
mod entity;
mod key;

pub use desired::{BuyOrderWish, Desired, OrderLineWish};
pub use entity::{Entity, Lane};
pub use key::{Key, TO_BE_MATCHED, UnreadableKey, receipts_of, stock_of};
