use crate::id::{ItemId, ShopId};
use crate::money::cents;
use crate::reason::Reason;
use crate::record::{Item, ItemKind, Shop, StockRow, TaxCategory};
use crate::settings::{PricesIncludeTax, Settings};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;

/// The largest amount and quantity Optiply takes. A larger one is refused, never made smaller.
pub(super) const LIMIT: i64 = 9_999_999;

/// The longest name of a product, in characters.
const NAME_CHARS_MAX: usize = 255;

/// A product as Optiply should hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Product {
    /// The item it is.
    pub item_id: ItemId,
    /// Its name; never blank.
    pub name: String,
    /// The shop's own code, else the generated one.
    pub sku_code: Option<String>,
    /// Barcode: EAN, else UPC.
    pub ean_code: Option<String>,
    /// The item's id again, where planners can search for it; `None` where they keep their own.
    pub article_code: Option<String>,
    /// Net of VAT, two decimals.
    pub price: Option<Decimal>,
    /// Pieces in the chosen locations; `None` until the stock was read.
    pub stock_level: Option<i64>,
    /// Floors of the chosen locations together; `None` until the stock was read.
    pub minimum_stock: Option<i64>,
    /// Whether it is planned.
    pub status: ProductStatus,
    /// Whether it is composed of others.
    pub assembled: bool,
    /// When the item was created.
    pub created_at_remote: Option<DateTime<Utc>>,
}

/// Whether a product is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    /// It is.
    Enabled,
    /// It is not; products are disabled, never deleted.
    Disabled,
}

impl ProductStatus {
    /// The stored spelling.
    pub const fn name(self) -> &'static str {
        match self {
            ProductStatus::Enabled => "enabled",
            ProductStatus::Disabled => "disabled",
        }
    }

    /// The status of a stored spelling.
    pub fn from_name(name: &str) -> Option<ProductStatus> {
        [ProductStatus::Enabled, ProductStatus::Disabled]
            .into_iter()
            .find(|status| status.name() == name)
    }

    pub(super) const fn enabled_if(enabled: bool) -> ProductStatus {
        if enabled {
            ProductStatus::Enabled
        } else {
            ProductStatus::Disabled
        }
    }
}

/// What becomes of an item that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProductOutcome {
    /// This product.
    Desired(Product),
    /// None that Optiply would take.
    Rejected(Reason),
}

/// What a product is made of.
#[derive(Clone, Copy, Debug)]
pub struct ItemFacts<'a> {
    /// The item.
    pub id: ItemId,
    /// Its description as sent.
    pub description: &'a str,
    /// The shop's own code as typed.
    pub custom_sku: &'a str,
    /// The generated code.
    pub system_sku: &'a str,
    /// EAN as typed.
    pub ean: &'a str,
    /// UPC as typed.
    pub upc: &'a str,
    /// What kind of item it is.
    pub kind: &'a ItemKind,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether it is proven to be gone from the source.
    pub vanished: bool,
    /// Whether it is taxed.
    pub taxed: bool,
    /// Its tax class.
    pub tax_class: Option<i64>,
    /// Its default price as sent.
    pub price: Option<Decimal>,
    /// When it was created.
    pub created_at: Option<DateTime<Utc>>,
}

impl<'a> From<&'a Item> for ItemFacts<'a> {
    fn from(item: &'a Item) -> Self {
        Self {
            id: item.id,
            description: &item.description,
            custom_sku: &item.custom_sku,
            system_sku: &item.system_sku,
            ean: &item.ean,
            upc: &item.upc,
            kind: &item.kind,
            archived: item.archived,
            vanished: false,
            taxed: item.taxed,
            tax_class: item.tax_class,
            price: item.price,
            created_at: item.created_at,
        }
    }
}

/// The stock of an item in one shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockFact {
    /// The shop; `None` for the total row, which is never added.
    pub shop: Option<ShopId>,
    /// Pieces on hand.
    pub on_hand: i64,
    /// The floor.
    pub reorder_point: i64,
    /// Pieces on their way to this shop from another.
    pub transfer_in: i64,
}

impl From<&StockRow> for StockFact {
    fn from(row: &StockRow) -> Self {
        Self {
            shop: row.shop,
            on_hand: row.on_hand,
            reorder_point: row.reorder_point,
            transfer_in: row.transfer_in,
        }
    }
}

/// The shops of an account, as far as products need them.
#[derive(Clone, Debug, Default)]
pub struct ShopBook(BTreeMap<ShopId, ShopFacts>);

/// What products need to know of a shop.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShopFacts {
    /// Archived shops count 0 for stock and floor.
    pub archived: bool,
    /// How it taxes.
    pub tax: Option<TaxCategory>,
}

impl ShopBook {
    /// What is known of a shop.
    pub fn get(&self, shop: ShopId) -> Option<&ShopFacts> {
        self.0.get(&shop)
    }
}

impl FromIterator<(ShopId, ShopFacts)> for ShopBook {
    fn from_iter<I: IntoIterator<Item = (ShopId, ShopFacts)>>(shops: I) -> Self {
        Self(shops.into_iter().collect())
    }
}

impl<'a> FromIterator<&'a Shop> for ShopBook {
    fn from_iter<I: IntoIterator<Item = &'a Shop>>(shops: I) -> Self {
        let facts = |shop: &Shop| ShopFacts {
            archived: shop.archived,
            tax: shop.tax.clone(),
        };
        shops
            .into_iter()
            .map(|shop| (shop.id, facts(shop)))
            .collect()
    }
}

/// The product of an item (`mapping.md` 4, 4.1, 5).
///
/// `stock` is `None` while the stock of the item is not known; an empty slice is a proven nothing.
pub fn product(
    item: &ItemFacts<'_>,
    stock: Option<&[StockFact]>,
    shops: &ShopBook,
    settings: &Settings,
) -> ProductOutcome {
    let levels = match stock.map(|rows| levels(rows, shops, settings)) {
        // Of what is not there any more there is no stock, whatever was last heard of it.
        _ if item.vanished => (Some(0), Some(0)),
        None => (None, None),
        Some(Some((stock, floor))) => (Some(stock), Some(floor)),
        Some(None) => return ProductOutcome::Rejected(Reason::OutOfRange),
    };
    let price = match item.price.map(|amount| net(amount, item, shops, settings)) {
        None => None,
        Some(Some(price)) if price.abs() <= Decimal::from(LIMIT) => Some(price),
        Some(_) => return ProductOutcome::Rejected(Reason::OutOfRange),
    };
    ProductOutcome::Desired(Product {
        item_id: item.id,
        name: item.name(),
        sku_code: item.sku_code(),
        ean_code: item.ean_code(),
        article_code: settings.article_code.then(|| item.id.to_string()),
        price,
        stock_level: levels.0,
        minimum_stock: levels.1,
        status: ProductStatus::enabled_if(item.live()),
        assembled: item.kind.assembled(),
        created_at_remote: item.created_at,
    })
}

impl ItemFacts<'_> {
    /// What the product is called; never blank.
    pub(super) fn name(&self) -> String {
        name(self.description)
            .or_else(|| self.sku_code().as_deref().and_then(name))
            .unwrap_or_else(|| format!("Item {}", self.id))
    }

    /// The shop's own code, else the generated one.
    fn sku_code(&self) -> Option<String> {
        first_filled([self.custom_sku, self.system_sku])
    }

    /// Its barcode.
    pub(super) fn ean_code(&self) -> Option<String> {
        first_filled([self.ean, self.upc])
    }

    /// Whether it is planned at all.
    pub fn live(&self) -> bool {
        !self.archived && !self.vanished && *self.kind != ItemKind::NonInventory
    }
}

fn name(text: &str) -> Option<String> {
    let line: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    Some(line.trim().chars().take(NAME_CHARS_MAX).collect())
        .filter(|name: &String| !name.is_empty())
}

fn first_filled(codes: [&str; 2]) -> Option<String> {
    codes
        .into_iter()
        .map(str::trim)
        .find(|code| !code.is_empty())
        .map(str::to_owned)
}

/// Stock and floor over the chosen shops that are open; `None` when Optiply would not take them.
fn levels(rows: &[StockFact], shops: &ShopBook, settings: &Settings) -> Option<(i64, i64)> {
    let open = |shop: ShopId| !shops.get(shop).is_some_and(|shop| shop.archived);
    let (mut stock, mut floor) = (0_i64, 0_i64);
    for row in rows {
        if row
            .shop
            .is_some_and(|shop| settings.selects(shop) && open(shop))
        {
            stock = stock.checked_add(row.on_hand)?;
            if settings.count_in_transit {
                stock = stock.checked_add(row.transfer_in)?;
            }
            floor = floor.checked_add(row.reorder_point)?;
        }
    }
    let fits = |level: i64| level.unsigned_abs() <= LIMIT.unsigned_abs();
    (fits(stock) && fits(floor)).then_some((stock, floor))
}

/// The price without VAT; `None` when it cannot be held.
fn net(
    amount: Decimal,
    item: &ItemFacts<'_>,
    shops: &ShopBook,
    settings: &Settings,
) -> Option<Decimal> {
    let tax = shops
        .get(settings.default_location)
        .and_then(|shop| shop.tax.as_ref());
    let gross = match settings.prices_include_tax {
        PricesIncludeTax::Yes => true,
        PricesIncludeTax::No => false,
        PricesIncludeTax::Auto => item.taxed && tax.is_some_and(|tax| tax.inclusive),
    };
    match tax {
        Some(tax) if gross => {
            let class = tax
                .classes
                .iter()
                .find(|class| Some(class.class) == item.tax_class);
            let (rate1, rate2) =
                class.map_or((tax.rate1, tax.rate2), |class| (class.rate1, class.rate2));
            let share = Decimal::ONE.checked_add(rate1)?.checked_add(rate2)?;
            amount.checked_div(share).map(cents)
        }
        _ => Some(cents(amount)),
    }
}
