use crate::feed::Feed;

/// The relations that a request of ours asked for, to be told to
/// [`normalize`](super::normalize()): every page of a feed asks for the same ones, except that
/// items may be asked for without their stock.
pub fn relations(feed: Feed, request: &str) -> &'static [&'static str] {
    match feed {
        Feed::Items if request.contains("ItemShops") => {
            &["ItemVendorNums", "ItemComponents", "ItemShops"]
        }
        Feed::Items => &["ItemVendorNums", "ItemComponents"],
        Feed::Sales => &["SaleLines"],
        Feed::Orders => &["OrderLines"],
        Feed::Shipments => &["OrderShipmentItems"],
        Feed::Vendors => &["Contact"],
        Feed::Shops => &["TaxCategory"],
        Feed::Stock => &[],
    }
}
