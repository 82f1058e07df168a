//! What the employee who connected us must be allowed to do, and what for.
//!
//! Which names a session lists is not documented in full, so a missing name is a warning; what
//! counts is whether a feed can be read.

use connectors::lightspeed::Session;
use serde::Serialize;

/// What is needed: any one of the names, and what for.
const NEEDED: [(&[&str], &str); 5] = [
    (
        &["register", "register_read", "reports", "admin"],
        "reading sales",
    ),
    (
        &["inventory_base", "inventory", "inventory_read", "admin"],
        "reading items and stock",
    ),
    (
        &["product_cost", "admin"],
        "reading stock rows and purchase prices",
    ),
    (&["vendors", "purchase_orders", "admin"], "reading vendors"),
    (
        &["purchase_orders", "admin"],
        "reading and writing purchase orders",
    ),
];

/// A right that seems to be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct MissingRight {
    /// The name of the right that is asked for.
    pub(super) right: &'static str,
    /// What it is for.
    pub(super) needed_for: &'static str,
}

/// The rights that a session does not name. A session that names none tells nothing.
pub(super) fn missing(session: &Session) -> Vec<MissingRight> {
    if session.rights.is_empty() {
        return Vec::new();
    }
    NEEDED
        .into_iter()
        .filter(|(names, _)| !names.iter().any(|name| session.rights.contains(*name)))
        .filter_map(|(names, needed_for)| {
            Some(MissingRight {
                right: names.first()?,
                needed_for,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_rights_are_named_with_their_use() {
        let mut session = Session::default();
        assert!(missing(&session).is_empty());
        session.rights = ["register", "inventory_base", "vendors"]
            .map(str::to_owned)
            .into();
        let names: Vec<&str> = missing(&session).iter().map(|m| m.right).collect();
        assert_eq!(names, ["product_cost", "purchase_orders"]);
        session.rights = ["admin".to_owned()].into();
        assert!(missing(&session).is_empty());
    }
}
