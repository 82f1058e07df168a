//! The pages of an account without a server, for tests that shuffle and repeat them.

use crate::account::Account;

use super::{pages, query, tables};

/// Feed, resource, and the relations it is walked with.
const FEEDS: [(&str, &str, &str); 9] = [
    (
        "shops",
        "Shop",
        r#"["TaxCategory","TaxCategory.TaxCategoryClasses"]"#,
    ),
    ("vendors", "Vendor", r#"["Contact"]"#),
    (
        "items",
        "Item",
        r#"["ItemShops","ItemVendorNums","ItemComponents"]"#,
    ),
    ("stock", "ItemShop", "[]"),
    ("sales", "Sale", r#"["SaleLines"]"#),
    ("sale_lines", "SaleLine", "[]"),
    ("orders", "Order", r#"["OrderLines"]"#),
    ("order_lines", "OrderLine", "[]"),
    ("shipments", "Shipment", r#"["OrderShipmentItems"]"#),
];

impl Account {
    /// The bodies that a walk over a feed by id gets, `limit` rows (1 to 100) a page, archived
    /// rows and all of the feed's relations included: byte for byte what the server sends, but for
    /// the host in the links. An unknown feed has no pages; a known one without rows has one.
    #[must_use]
    pub fn pages(&self, feed: &str, limit: usize) -> Vec<Vec<u8>> {
        let known = FEEDS.iter().find(|(name, ..)| *name == feed);
        let Some((table, relations)) =
            known.and_then(|(_, resource, relations)| Some((tables::find(resource)?, *relations)))
        else {
            return Vec::new();
        };
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("archived", "true");
        if relations != "[]" {
            query.append_pair("load_relations", relations);
        }
        let pairs = query::pairs(&query.finish());
        let bodies = pages::walk(self, table, &pairs, limit).unwrap_or_default();
        bodies.into_iter().map(String::into_bytes).collect()
    }
}
