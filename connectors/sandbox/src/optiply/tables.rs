//! The attributes of each resource, as far as they are documented.

use super::{
    attr::{
        Attr,
        Kind::{Choice, Dec, Emails, Exactly, Flag, Int, Text, Time},
    },
    resource::Resource,
};

/// The largest price and quantity; larger ones are said to be cut or refused (question 18).
const MOST: i64 = 9_999_999;
/// Whole part of a value of 17 digits.
const MOST_VALUE: i64 = 999_999_999_999_999;
const DAYS: Attr = Attr::new("deliveryTime", Int(1, 365)).nullable();
const STATUS: Attr = Attr::new("status", Choice(&["enabled", "disabled"])).indexed();
const SKU: Attr = Attr::new("skuCode", Text(255)).indexed();
const EAN: Attr = Attr::new("eanCode", Text(255)).indexed();
const ARTICLE: Attr = Attr::new("articleCode", Text(255)).indexed();
const NAME: Attr = Attr::new("name", Text(255)).required().indexed();
const REMOTE_ID: Attr = Attr::new("remoteId", Text(255)).coupled();
const SYNCED_TO: Attr = Attr::new("remoteDataSyncedToDate", Time).coupled();
const QUANTITY: Attr = Attr::new("quantity", Int(-MOST, MOST)).required();
const SUBTOTAL: Attr = Attr::new("subtotalValue", Dec(-MOST_VALUE, MOST_VALUE)).required();
const TOTAL: Attr = Attr::new("totalValue", Dec(-MOST_VALUE, MOST_VALUE)).required();
const PLACED: Attr = Attr::new("placed", Time).required().indexed();

pub(super) const ACCOUNTS: &[Attr] = &[Attr::new("name", Text(255)).read_only()];

pub(super) const PRODUCTS: &[Attr] = &[
    NAME,
    Attr::new("stockLevel", Int(-MOST, MOST)).required(),
    Attr::new("unlimitedStock", Flag).required(),
    SKU,
    EAN,
    ARTICLE,
    Attr::new("price", Dec(0, MOST)),
    STATUS,
    Attr::new("assembled", Flag),
    Attr::new("minimumStock", Int(0, MOST)),
    Attr::new("maximumStock", Int(0, MOST)),
    Attr::new("notBeingBought", Flag),
    // Sources disagree about its type, so nothing may rely on writing it.
    Attr::new("resumingPurchase", Text(255)).read_only(),
    Attr::new("ignored", Flag),
    Attr::new("manualServiceLevel", Dec(0, 100)),
    Attr::new("createdAtRemote", Time),
    Attr::new("stockMeasurementUnit", Text(10)),
    Attr::new("category", Text(255)).read_only(),
    Attr::new("novel", Flag).read_only(),
    REMOTE_ID,
    SYNCED_TO,
];

pub(super) const SUPPLIERS: &[Attr] = &[
    NAME,
    Attr::new("emails", Emails),
    DAYS,
    Attr::new("userReplenishmentPeriod", Int(1, 365)).nullable(),
    Attr::new("minimumOrderValue", Dec(0, MOST_VALUE)),
    Attr::new("fixedCosts", Dec(0, MOST_VALUE)),
    Attr::new("ignored", Flag),
    Attr::new("type", Choice(&["vendor", "producer"])),
    Attr::new("globalLocationNumber", Exactly(13)),
    Attr::new("reactingToLostSales", Flag),
    Attr::new("backorders", Flag),
    Attr::new("lostSalesReaction", Int(0, 1)),
    Attr::new("lostSalesMovReaction", Int(0, 1)),
    Attr::new("backordersReaction", Int(0, 1)),
    Attr::new("backorderThreshold", Int(0, 1)),
    Attr::new("maxLoadCapacity", Dec(0, MOST_VALUE)),
    Attr::new("containerVolume", Dec(0, MOST_VALUE)),
    REMOTE_ID,
    SYNCED_TO,
];

pub(super) const SUPPLIER_PRODUCTS: &[Attr] = &[
    Attr::new("name", Text(255)).required(),
    Attr::key("productId", Resource::Products),
    Attr::key("supplierId", Resource::Suppliers),
    SKU,
    EAN,
    ARTICLE,
    Attr::new("price", Dec(0, MOST)),
    Attr::new("minimumPurchaseQuantity", Int(1, MOST)).nullable(),
    Attr::new("lotSize", Int(1, MOST)).nullable(),
    DAYS,
    Attr::new("preferred", Flag),
    STATUS,
    Attr::new("freeStock", Int(0, MOST)),
    Attr::new("weight", Dec(0, MOST_VALUE)),
    Attr::new("volume", Dec(0, MOST_VALUE)),
    Attr::new("availability", Flag),
    Attr::new("availabilityDate", Time),
    Attr::new("notBeingBought", Flag).read_only(),
    Attr::new("resumingPurchase", Text(255)).read_only(),
    REMOTE_ID,
    SYNCED_TO,
];

pub(super) const SELL_ORDERS: &[Attr] = &[
    PLACED,
    TOTAL,
    Attr::new("completed", Time),
    REMOTE_ID,
    SYNCED_TO,
];

pub(super) const SELL_ORDER_LINES: &[Attr] = &[
    Attr::key("sellOrderId", Resource::SellOrders),
    Attr::key("productId", Resource::Products),
    QUANTITY,
    SUBTOTAL,
];

pub(super) const BUY_ORDERS: &[Attr] = &[
    PLACED,
    Attr::key("supplierId", Resource::Suppliers),
    TOTAL,
    Attr::new("expectedDeliveryDate", Time),
    Attr::new("completed", Time),
    Attr::new("assembly", Flag),
    REMOTE_ID,
    SYNCED_TO,
];

pub(super) const BUY_ORDER_LINES: &[Attr] = &[
    Attr::key("buyOrderId", Resource::BuyOrders),
    Attr::key("productId", Resource::Products),
    QUANTITY,
    SUBTOTAL,
    Attr::new("expectedDeliveryDate", Time),
];

pub(super) const RECEIPT_LINES: &[Attr] = &[
    Attr::key("buyOrderLineId", Resource::BuyOrderLines),
    QUANTITY,
    Attr::new("occurred", Time).required().indexed(),
    // The one resource on which these were seen to be taken without a coupling.
    Attr::new("remoteId", Text(255)),
    Attr::new("remoteDataSyncedToDate", Time),
];

pub(super) const PRODUCT_COMPOSITIONS: &[Attr] = &[
    Attr::key("composedProductId", Resource::Products),
    Attr::key("partProductId", Resource::Products),
    Attr::new("partQuantity", Int(1, MOST)).required(),
];

pub(super) const PROMOTIONS: &[Attr] = &[
    NAME,
    Attr::new("startDate", Time),
    Attr::new("endDate", Time),
    Attr::new("upliftType", Choice(&["absolute", "percentage"])),
    Attr::new("upliftIncrease", Dec(0, MOST)),
    Attr::new("enabled", Flag),
    Attr::new("entireShop", Flag),
];

pub(super) const PROMOTION_PRODUCTS: &[Attr] = &[
    Attr::key("promotionId", Resource::Promotions),
    Attr::key("productId", Resource::Products),
    Attr::new("specificUpliftType", Choice(&["absolute", "percentage"])),
    Attr::new("specificUpliftIncrease", Dec(0, MOST)),
];
