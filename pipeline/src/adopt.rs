//! Adoption: which rows that somebody else made are ours.
//!
//! Products and suppliers are told by what they are called, with the surest rule first; pairs by
//! their two parents; orders by their second and what stands on them. What may be several rows is
//! nobody's to guess: a person decides.

mod orders;

pub use orders::{Matches, OrderFacts, OrderLineFacts, match_orders};

/// By what a product is known again; the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The row's article code is the id of the item.
    ArticleCodeIsId = 1,
    /// The row has our article code.
    ArticleCode = 2,
    /// The row has our SKU.
    Sku = 3,
    /// The row has our barcode.
    Ean = 4,
    /// The row has our name, and no code of it says that it is another.
    Name = 5,
}

impl Rule {
    /// All of them, the surest first.
    pub const ALL: [Rule; 5] = [
        Rule::ArticleCodeIsId,
        Rule::ArticleCode,
        Rule::Sku,
        Rule::Ean,
        Rule::Name,
    ];
}
