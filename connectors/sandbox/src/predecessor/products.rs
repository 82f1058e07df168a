//! Products, suppliers and what joins them.

use serde_json::{Value, json};

use super::{Left, first, make};
use crate::{Account, Item, Resource, optiply::Editor};

/// One in so many vendors was made twice.
const TWICE_VENDOR: u64 = 11;

/// One in so many items was made twice.
const TWICE_ITEM: u64 = 23;

pub(super) fn suppliers(editor: &mut Editor<'_>, account: &Account, left: &mut Left) {
    for vendor in account.vendors().values() {
        let name = vendor.name.trim();
        if vendor.hidden || name.is_empty() {
            continue;
        }
        let times = 1 + usize::from(vendor.id.is_multiple_of(TWICE_VENDOR));
        for _ in 0..times {
            let row = json!({"name": name, "deliveryTime": 9});
            if let Some(id) = make(editor, Resource::Suppliers, row) {
                left.suppliers.entry(vendor.id).or_default().push(id);
            }
        }
    }
}

pub(super) fn products(editor: &mut Editor<'_>, account: &Account, left: &mut Left) {
    for item in account.items().values() {
        // It asked for no archived ones; half of them it had before they were.
        let unseen = item.archived && item.id.is_multiple_of(2);
        if item.hidden || item.item_type == "non_inventory" || unseen {
            continue;
        }
        let times = 1 + usize::from(item.id.is_multiple_of(TWICE_ITEM));
        for _ in 0..times {
            if let Some(id) = make(editor, Resource::Products, row(account, item)) {
                left.products.entry(item.id).or_default().push(id);
            }
        }
    }
}

/// A product as one of several hands wrote it over the years.
fn row(account: &Account, item: &Item) -> Value {
    let stock: i64 = account
        .item_shops()
        .values()
        .filter(|row| row.item == item.id && row.shop != 0)
        .map(|row| row.qoh)
        .sum();
    let name = plain(item).unwrap_or_else(|| format!("No. {}", item.id));
    // With its tax, and of a day when there was more of it.
    let mut row = json!({
        "name": name, "stockLevel": stock + 3, "unlimitedStock": false, "status": "enabled",
        "maximumStock": 40,
    });
    if let Some(price) = item.prices.first() {
        row["price"] = json!(price.amount.max(rust_decimal::Decimal::ZERO).to_string());
    }
    let sku = [&item.custom_sku, &item.system_sku]
        .into_iter()
        .map(|sku| sku.trim())
        .find(|sku| !sku.is_empty());
    let ean = Some(item.ean.trim()).filter(|ean| !ean.is_empty());
    match (item.id % 6, sku, ean) {
        (0, ..) | (_, None, _) => row["articleCode"] = json!(item.id.to_string()),
        (2, _, Some(ean)) => row["eanCode"] = json!(ean),
        // Told by nothing but its name.
        (3, ..) if plain(item).is_some() => {}
        (4, Some(sku), _) => {
            row["skuCode"] = json!(sku);
            row["articleCode"] = json!(format!("ART-{}", item.id));
        }
        (5, Some(sku), _) => {
            row["skuCode"] = json!(sku);
            row["name"] = json!(format!("OLD {name}"));
        }
        (_, Some(sku), _) => row["skuCode"] = json!(sku),
    }
    row
}

/// A description that needs no cleaning.
fn plain(item: &Item) -> Option<String> {
    let name = item.description.trim();
    let clean = !name.is_empty() && name.len() <= 255 && !name.contains(char::is_control);
    clean.then(|| name.to_owned())
}

/// Default vendors only, with what planners typed; and the recipes of what is composed.
pub(super) fn pairs(editor: &mut Editor<'_>, account: &Account, left: &Left) {
    for item in account.items().values() {
        let Some(product) = first(&left.products, item.id) else {
            continue;
        };
        if let Some(supplier) = first(&left.suppliers, item.default_vendor) {
            let pair = json!({
                "name": format!("{} (bought)", item.id), "productId": product,
                "supplierId": supplier, "lotSize": 6, "minimumPurchaseQuantity": 12,
                "deliveryTime": 5,
            });
            make(editor, Resource::SupplierProducts, pair);
        }
        for part in item.components.iter().filter(|part| part.group == 0) {
            let Some(part_product) = first(&left.products, part.part) else {
                continue;
            };
            let made = json!({
                "composedProductId": product, "partProductId": part_product, "partQuantity": 1,
            });
            make(editor, Resource::ProductCompositions, made);
        }
    }
}
