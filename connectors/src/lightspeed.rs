//! A Lightspeed Retail (R-Series) account: pages of its feeds, within what the API permits.
//!
//! The walk of one page: [`Query`] says what is wanted, [`Lightspeed`] takes a valid token from
//! [`Tokens`] and room from [`Budget`], sends, settles the budget by the answer's headers, and
//! hands back a [`Page`] whose envelope was proven and whose next link was checked.
//!
//! Architecture invariants:
//!
//! - No answer is ever taken for "no more rows" unless its envelope says so.
//! - A token is sent to the configured base only, wherever a link may point.
//! - A 429 pauses the whole account and costs nothing else; it is never a failure.

mod account;
pub mod auth;
pub mod budget;
pub mod client;
pub mod error;
pub mod orders;
pub mod pages;
pub mod probe;
pub mod query;
mod trail;

pub use account::Account;
pub use auth::{Access, Held, NewPair, TokenError, TokenPair, TokenStore, TokenStoreError, Tokens};
pub use budget::{Budget, BudgetState, Drips, Permit, Priority};
pub use client::{Lightspeed, Parts};
pub use error::SourceError;
pub use orders::{Effect, OrderWrite, Ready, WRITE_LIMIT, WriteError, Written};
pub use pages::{NextLink, Page, Walk};
pub use probe::{AccountInfo, Session, clock_offset};
pub use query::{IdRange, Narrow, Order, Query, Relations, Since, TimeField};
pub use trail::{Trail, TrailPage};
