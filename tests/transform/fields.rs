//! What objects hold, and what they must never hold because planners type it into Optiply.

use pipeline::id::{ItemId, VendorId};
use pipeline::load::{
    ItemFacts, PairFacts, ProductOutcome, VendorFacts, product, supplier, supplier_products,
};
use pipeline::record::{ItemKind, Vendor};
use serde::Serialize;
use std::collections::HashMap;

use crate::door::{chosen, shops};

fn keys(object: &impl Serialize) -> Vec<String> {
    let value = serde_json::to_value(object).expect("an object");
    let object = value.as_object().expect("an object");
    object.keys().cloned().collect()
}

fn item() -> ItemFacts<'static> {
    ItemFacts {
        id: ItemId(40),
        description: "Chain",
        custom_sku: "",
        system_sku: "",
        ean: "",
        upc: "",
        kind: &ItemKind::Default,
        archived: false,
        vanished: false,
        taxed: false,
        tax_class: None,
        price: None,
        created_at: None,
    }
}

#[test]
fn a_product_holds_nothing_that_planners_own() {
    let ProductOutcome::Desired(product) = product(&item(), None, &shops(), &chosen()) else {
        panic!("no product");
    };
    assert_eq!(
        keys(&product),
        [
            "article_code",
            "assembled",
            "created_at_remote",
            "ean_code",
            "item_id",
            "minimum_stock",
            "name",
            "price",
            "sku_code",
            "status",
            "stock_level",
        ]
    );
}

#[test]
fn a_supplier_and_its_products_hold_nothing_that_planners_own() {
    let vendor = Vendor {
        id: VendorId(3),
        name: String::new(),
        archived: false,
        emails: vec![],
        currency: None,
        changed_at: None,
    };
    assert_eq!(
        keys(&supplier(&vendor, false).supplier),
        ["emails", "ignored", "name", "vendor_id"]
    );
    let facts = PairFacts {
        item: item(),
        in_model: true,
        manufacturer_sku: "",
        default_vendor: Some(VendorId(3)),
        default_cost: None,
        numbers: &[],
    };
    let known = VendorFacts {
        in_model: true,
        ..VendorFacts::default()
    };
    let vendors = HashMap::from([(VendorId(3), known)]);
    let pairs = supplier_products(&facts, &vendors, None, &[]);
    assert_eq!(
        keys(&pairs.desired[0]),
        [
            "article_code",
            "ean_code",
            "item_id",
            "name",
            "preferred",
            "price",
            "sku_code",
            "status",
            "vendor_id",
        ]
    );
}
