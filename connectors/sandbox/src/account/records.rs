//! The records of an account, in plain typed form; how they look on the wire is `http`'s matter.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// A shop (stock location).
#[derive(Debug, Clone, PartialEq)]
pub struct Shop {
    /// shopID
    pub id: u64,
    /// Name, as typed by its owner (blanks at the ends included).
    pub name: String,
    /// Time zone name.
    pub time_zone: String,
    /// Whether it was closed.
    pub archived: bool,
    /// taxCategoryID
    pub tax_category: u64,
    /// Registers standing in it.
    pub registers: u32,
    /// Last change.
    pub stamp: DateTime<Utc>,
}

/// A tax category (what a shop's sales are taxed by).
#[derive(Debug, Clone, PartialEq)]
pub struct TaxCategory {
    /// taxCategoryID
    pub id: u64,
    /// Name of the first tax.
    pub tax1_name: String,
    /// Name of the second tax, may be blank.
    pub tax2_name: String,
    /// First rate where no class says otherwise.
    pub tax1: Decimal,
    /// Second rate where no class says otherwise.
    pub tax2: Decimal,
    /// Whether prices hold the tax.
    pub inclusive: bool,
    /// Rates by tax class.
    pub classes: Vec<TaxClassRate>,
    /// Last change.
    pub stamp: DateTime<Utc>,
}

/// The rates of one tax class within a category.
#[derive(Debug, Clone, PartialEq)]
pub struct TaxClassRate {
    /// taxCategoryClassID
    pub id: u64,
    /// taxClassID
    pub class: u64,
    /// First rate.
    pub tax1: Decimal,
    /// Second rate.
    pub tax2: Decimal,
}

/// A vendor.
#[derive(Debug, Clone, PartialEq)]
pub struct Vendor {
    /// vendorID
    pub id: u64,
    /// Name, may be blank.
    pub name: String,
    /// Whether it was archived.
    pub archived: bool,
    /// Our account number with them.
    pub account_number: String,
    /// Contact e-mail addresses as typed, good or bad.
    pub emails: Vec<String>,
    /// Code of the currency they sell in; blank = not told.
    pub currency: String,
    /// Whether it has vanished: no longer returned by anything.
    pub hidden: bool,
    /// Last change.
    pub stamp: DateTime<Utc>,
}

/// An item.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// itemID
    pub id: u64,
    /// systemSku
    pub system_sku: String,
    /// customSku
    pub custom_sku: String,
    /// manufacturerSku
    pub manufacturer_sku: String,
    /// upc
    pub upc: String,
    /// ean
    pub ean: String,
    /// description
    pub description: String,
    /// itemType
    pub item_type: String,
    /// Whether serial numbers are kept.
    pub serialized: bool,
    /// Whether it is taxed.
    pub tax: bool,
    /// Whether it was archived.
    pub archived: bool,
    /// Whether it has vanished (merged away): no longer returned by anything.
    pub hidden: bool,
    /// taxClassID
    pub tax_class: u64,
    /// itemMatrixID, 0 = none
    pub matrix: u64,
    /// defaultVendorID, 0 = none
    pub default_vendor: u64,
    /// defaultCost
    pub default_cost: Decimal,
    /// Prices; may be empty.
    pub prices: Vec<Price>,
    /// Supplier numbers.
    pub vendor_numbers: Vec<VendorNumber>,
    /// Components.
    pub components: Vec<Component>,
    /// createTime
    pub created: DateTime<Utc>,
    /// timeStamp: changes of the item itself, not of its stock.
    pub stamp: DateTime<Utc>,
}

/// A price of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct Price {
    /// amount
    pub amount: Decimal,
    /// useTypeID
    pub use_type_id: u64,
    /// useType: Default, MSRP, Online.
    pub use_type: String,
}

/// A vendor's number for an item.
#[derive(Debug, Clone, PartialEq)]
pub struct VendorNumber {
    /// itemVendorNumID
    pub id: u64,
    /// The number.
    pub value: String,
    /// vendorID
    pub vendor: u64,
    /// cost, 0 unless the feature is on
    pub cost: Decimal,
    /// Last change.
    pub stamp: DateTime<Utc>,
}

/// A part of a composed item.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// itemComponentID
    pub id: u64,
    /// Pieces of the part.
    pub quantity: Decimal,
    /// 0 = recipe of an assembly, above = a box.
    pub group: u64,
    /// assemblyItemID
    pub assembly: u64,
    /// componentItemID
    pub part: u64,
}

/// The stock of an item in a shop; shop 0 is the account's total.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemShop {
    /// itemShopID
    pub id: u64,
    /// itemID
    pub item: u64,
    /// shopID, 0 = total
    pub shop: u64,
    /// On hand, may be negative.
    pub qoh: i64,
    /// reorderPoint
    pub reorder_point: i64,
    /// reorderLevel
    pub reorder_level: i64,
    /// backorder
    pub backorder: i64,
    /// onTransferIn: sent by another shop, not arrived yet.
    pub transfer_in: i64,
    /// Last change of this row.
    pub stamp: DateTime<Utc>,
}

/// A sale.
#[derive(Debug, Clone, PartialEq)]
pub struct Sale {
    /// saleID
    pub id: u64,
    /// shopID
    pub shop: u64,
    /// Whether it was completed.
    pub completed: bool,
    /// Whether it was discarded.
    pub archived: bool,
    /// Whether it was voided after completion.
    pub voided: bool,
    /// quoteID, 0 = none
    pub quote: u64,
    /// customerID, 0 = none
    pub customer: u64,
    /// Whether prices held the tax.
    pub inclusive: bool,
    /// tax1Rate
    pub rate1: Decimal,
    /// tax2Rate
    pub rate2: Decimal,
    /// createTime; old records have none.
    pub created: Option<DateTime<Utc>>,
    /// updatetime; old records have none.
    pub updated: Option<DateTime<Utc>>,
    /// completeTime
    pub finished: Option<DateTime<Utc>>,
    /// timeStamp: last change, or the completion once completed.
    pub stamp: Option<DateTime<Utc>>,
    /// Its lines.
    pub lines: Vec<SaleLine>,
}

/// A line of a sale.
#[derive(Debug, Clone, PartialEq)]
pub struct SaleLine {
    /// saleLineID
    pub id: u64,
    /// itemID, 0 = miscellaneous
    pub item: u64,
    /// shopID, 0 = that of the sale
    pub shop: u64,
    /// unitQuantity, negative on refunds
    pub quantity: Decimal,
    /// unitPrice
    pub unit_price: Decimal,
    /// calcLineDiscount
    pub line_discount: Decimal,
    /// calcTransactionDiscount
    pub transaction_discount: Decimal,
    /// calcSubtotal
    pub subtotal: Decimal,
    /// calcTax1
    pub tax1: Decimal,
    /// calcTax2
    pub tax2: Decimal,
    /// calcTotal
    pub total: Decimal,
    /// tax1Rate
    pub rate1: Decimal,
    /// tax2Rate
    pub rate2: Decimal,
    /// parentSaleLineID, 0 = none
    pub parent: u64,
    /// lineType
    pub line_type: &'static str,
    /// itemFeeID, 0 = none
    pub item_fee: u64,
    /// isSpecialOrder
    pub special_order: bool,
    /// createTime; old records have none.
    pub created: Option<DateTime<Utc>>,
    /// timeStamp
    pub stamp: DateTime<Utc>,
}

/// An entry of the void journal.
#[derive(Debug, Clone, PartialEq)]
pub struct SaleVoid {
    /// saleVoidID
    pub id: u64,
    /// saleID
    pub sale: u64,
    /// shopID
    pub shop: u64,
    /// Why.
    pub reason: String,
    /// When.
    pub created: DateTime<Utc>,
}
