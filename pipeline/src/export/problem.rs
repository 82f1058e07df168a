//! Why a buy order is set aside, in words for whoever runs the shop.

use super::candidate::CandidateLine;
use super::facts::ProductFact;
use crate::reason::Reason;

/// One line that keeps a buy order from being exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its place in the buy order, from 1.
    pub place: usize,
    /// Why.
    pub reason: Reason,
    /// Which line, which product, and what to do.
    pub text: String,
}

impl Problem {
    pub(super) fn of(
        place: usize,
        line: &CandidateLine,
        fact: Option<&ProductFact>,
        reason: Reason,
    ) -> Self {
        let product = match fact {
            None => format!("product {}", line.product),
            Some(fact) => {
                let sku = match fact.sku.as_str() {
                    "" => String::new(),
                    sku => format!("SKU {sku}, "),
                };
                // Line breaks and rows of blanks are no help to anybody.
                let words: Vec<&str> = fact.name.split_whitespace().collect();
                format!("{:?} ({sku}item {})", words.join(" "), fact.item)
            }
        };
        let (what, remedy) = match reason {
            Reason::ExportUnknownProduct => (
                "does not come from Lightspeed",
                "order it there by hand, or take the line off the buy order in Optiply",
            ),
            Reason::ExportItemArchived => (
                "is archived in Lightspeed",
                "unarchive it there, or take the line off the buy order in Optiply",
            ),
            Reason::ExportItemNonInventory => (
                "is of type non-inventory in Lightspeed, which cannot be ordered for stock",
                "change its type there, or take the line off the buy order in Optiply",
            ),
            Reason::ExportItemGone => (
                "no longer exists in Lightspeed: it was merged or deleted",
                "take the line off the buy order in Optiply and order the item that replaced it",
            ),
            _ => (
                "is ordered with a quantity or value that cannot be ordered",
                "correct the line in Optiply: at least one whole piece, and no negative value",
            ),
        };
        Self {
            place,
            reason,
            text: format!("line {place}: {product} {what}; {remedy}"),
        }
    }
}

/// A buy order that is set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parking {
    /// The first reason.
    pub reason: Reason,
    /// What to say about it.
    pub detail: String,
}

impl Parking {
    pub(super) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }

    /// Of lines: all of them are told, so that a person need not come back for each.
    pub(super) fn of_lines(problems: &[Problem], of: usize) -> Option<Self> {
        let first = problems.first()?;
        let texts: Vec<&str> = problems.iter().map(|each| each.text.as_str()).collect();
        Some(Self::new(
            first.reason,
            format!(
                "{} of {of} lines cannot be ordered. {}.",
                problems.len(),
                texts.join(". ")
            ),
        ))
    }
}
