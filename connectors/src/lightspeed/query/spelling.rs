//! How the source spells feeds, their ids and their relations.

use super::Relations;
use pipeline::Feed;
use pipeline::page::payload_key;

/// The name of a feed's resource, as addresses and messages have it. Rows of shipments stand under another key than that.
pub const fn resource(feed: Feed) -> &'static str {
    match feed {
        Feed::Shipments => "Shipment",
        _ => payload_key(feed),
    }
}

/// The name of a feed's primary id.
pub const fn primary_key(feed: Feed) -> &'static str {
    match feed {
        Feed::Shops => "shopID",
        Feed::Vendors => "vendorID",
        Feed::Items => "itemID",
        Feed::Stock => "itemShopID",
        Feed::Sales => "saleID",
        Feed::Orders => "orderID",
        Feed::Shipments => "orderShipmentID",
    }
}

pub(super) const fn relations(feed: Feed, wanted: Relations) -> &'static [&'static str] {
    match (feed, wanted) {
        (_, Relations::None) | (Feed::Stock, _) => &[],
        (Feed::Shops, _) => &["TaxCategory", "TaxCategory.TaxCategoryClasses"],
        (Feed::Vendors, _) => &["Contact"],
        (Feed::Items, Relations::Own) => &["ItemVendorNums", "ItemComponents"],
        (Feed::Items, Relations::WithStock) => &["ItemVendorNums", "ItemComponents", "ItemShops"],
        (Feed::Sales, _) => &["SaleLines"],
        (Feed::Orders, _) => &["OrderLines"],
        (Feed::Shipments, _) => &["OrderShipmentItems"],
    }
}
