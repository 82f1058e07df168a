//! What an item and a vendor become.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::account::{Account, Item, Vendor};

use super::{PricesIncludeTax, View};

/// Longest name the target takes.
const NAME_CHARS_MAX: usize = 255;

pub(super) fn name(item: &Item) -> String {
    let cleaned: String = item
        .description
        .chars()
        .filter(|c| !matches!(c, '\r' | '\n'))
        .collect();
    let cut: String = cleaned.trim().chars().take(NAME_CHARS_MAX).collect();
    if !cut.is_empty() {
        return cut;
    }
    sku_code(item).unwrap_or_else(|| format!("Item {}", item.id))
}

pub(super) fn sku_code(item: &Item) -> Option<String> {
    first_filled(&item.custom_sku, &item.system_sku)
}

pub(super) fn ean_code(item: &Item) -> Option<String> {
    first_filled(&item.ean, &item.upc)
}

fn first_filled(first: &str, second: &str) -> Option<String> {
    [first, second]
        .into_iter()
        .map(str::trim)
        .find(|text| !text.is_empty())
        .map(str::to_owned)
}

/// The default price net of tax, or none if the item has no such price.
pub(super) fn price(account: &Account, view: &View, item: &Item) -> Option<Decimal> {
    let amount = item
        .prices
        .iter()
        .find(|price| price.use_type == "Default")?
        .amount;
    let category = account
        .shops
        .get(&view.default_shop)
        .and_then(|shop| account.tax_categories.get(&shop.tax_category));
    let divide = match view.prices_include_tax {
        PricesIncludeTax::Yes => true,
        PricesIncludeTax::No => false,
        PricesIncludeTax::Auto => category.is_some_and(|category| category.inclusive) && item.tax,
    };
    let mut net = amount;
    if let (true, Some(category)) = (divide, category) {
        let class = category
            .classes
            .iter()
            .find(|class| class.class == item.tax_class);
        let rates = match class {
            Some(class) => class.tax1 + class.tax2,
            None => category.tax1 + category.tax2,
        };
        net = amount / (Decimal::ONE + rates);
    }
    Some(half_up(net))
}

pub(super) fn half_up(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// Exactly two decimals, as money is written in the dump.
pub(super) fn money(amount: Decimal) -> String {
    let mut rounded = half_up(amount);
    rounded.rescale(2);
    rounded.to_string()
}

pub(super) fn supplier_name(vendor: &Vendor) -> String {
    let name = vendor.name.trim();
    if name.is_empty() {
        format!("Vendor {}", vendor.id)
    } else {
        name.to_owned()
    }
}

/// Whether an address has the shape of one: something, one at sign, a dotted domain, no blanks.
pub(super) fn is_email(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else {
        return false;
    };
    let labels: Vec<&str> = domain.split('.').collect();
    !local.is_empty()
        && !address.contains(char::is_whitespace)
        && !domain.contains('@')
        && labels.len() >= 2
        && labels.iter().all(|label| !label.is_empty())
}
