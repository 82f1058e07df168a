//! The table of rules in the documentation: no rule is missing and every test in it exists.

use std::collections::BTreeSet;
use std::path::Path;

/// Every rule of the mapping that the rules of this crate decide, by section.
const RULES: &[&str] = &[
    "4.id",
    "4.name",
    "4.skuCode",
    "4.eanCode",
    "4.articleCode",
    "4.price",
    "4.stockLevel",
    "4.minimumStock",
    "4.unlimitedStock",
    "4.status",
    "4.assembled",
    "4.createdAtRemote",
    "4.planner_fields",
    "4.1.net",
    "4.1.rates",
    "4.1.reference_shop",
    "4.1.setting",
    "4.2.default",
    "4.2.non_inventory",
    "4.2.serialized",
    "4.2.matrix_variant",
    "4.2.archived_never_loaded",
    "4.2.archived_later",
    "4.2.unarchived",
    "4.2.vanished",
    "5.sum",
    "5.total_row",
    "5.negative",
    "5.sellable",
    "5.reserved",
    "5.special_order",
    "5.in_transit",
    "5.boxes",
    "5.missing_row",
    "5.limit",
    "5.archived_shop",
    "6.composedProductId",
    "6.partProductId",
    "6.partQuantity",
    "6.key",
    "6.group",
    "6.same_pair",
    "6.removed",
    "6.non_inventory_part",
    "6.missing_part",
    "6.archived_part",
    "6.own_stock",
    "6.not_exploded",
    "7.1.id",
    "7.1.name",
    "7.1.emails",
    "7.1.ignored",
    "7.1.planner_fields",
    "7.1.unused_vendor",
    "7.2.vendors",
    "7.2.parents",
    "7.2.name",
    "7.2.skuCode",
    "7.2.eanCode",
    "7.2.articleCode",
    "7.2.price",
    "7.2.preferred",
    "7.2.status",
    "7.2.planner_fields",
    "7.2.one_row",
    "8.1.placed",
    "8.1.completed",
    "8.1.totalValue",
    "8.1.productId",
    "8.1.quantity",
    "8.1.subtotalValue",
    "8.2.completed",
    "8.2.open",
    "8.2.voided",
    "8.2.archived",
    "8.2.location",
    "8.2.no_line",
    "8.3.no_item",
    "8.3.fee",
    "8.3.non_inventory",
    "8.3.reservation",
    "8.3.positive",
    "8.3.negative",
    "8.3.zero",
    "8.3.rebate",
    "8.3.composed",
    "8.4.same_sale",
    "8.4.parent",
    "8.4.no_parent",
    "8.4.voided_refund",
    "8.4.setting",
    "8.5.lines",
    "8.5.time",
    "8.5.stops_counting",
    "8.5.counts_again",
    "8.5.merged_item",
    "8.6.unknown_item",
    "8.6.archived_item",
    "8.6.gone_item",
    "8.7.history",
    "9.placed",
    "9.supplierId",
    "9.expectedDeliveryDate",
    "9.completed",
    "9.totalValue",
    "9.lines",
    "9.quantity",
    "9.subtotalValue",
    "9.lineExpectedDeliveryDate",
    "9.draft",
    "9.location",
    "9.history",
    "9.first_seen_complete",
    "9.archived",
    "9.other_vendor",
    "9.line_deleted",
    "9.quantity_changed",
    "9.reopened",
    "9.unknown_item",
    "9.first_rule",
    "10.key",
    "10.line",
    "10.quantity",
    "10.occurred",
    "10.checked_in",
    "10.decrease",
    "10.num_received",
    "10.over_delivery",
    "10.order_unknown",
    "13.4.fraction",
    "15.sale",
    "15.refund",
    "15.stock",
];

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of the table: a rule and its tests.
fn rows(markdown: &str) -> Vec<(String, Vec<String>)> {
    let ticked = |cell: &str| -> Vec<String> {
        let parts = cell.split('`').skip(1).step_by(2);
        parts.map(str::to_owned).collect()
    };
    markdown
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| {
            let (rule, rest) = line.split_once('`')?;
            let tests = rest.rsplit('|').nth(1)?;
            Some((rule.to_owned(), ticked(tests)))
        })
        .collect()
}

/// Whether the sources hold a test of this name that is really one.
fn exists(test: &str) -> bool {
    let Some((file, name)) = test.split_once("::") else {
        return false;
    };
    let source = text(&format!("tests/transform/{file}.rs"));
    let Some(at) = source.find(&format!("fn {name}(")) else {
        return false;
    };
    source[..at].trim_end().ends_with("#[test]")
}

#[test]
fn every_rule_has_a_row_and_every_row_a_rule() {
    let rows = rows(&text("docs/rules.md"));
    let described: Vec<&str> = rows.iter().map(|(rule, _)| rule.as_str()).collect();
    assert_eq!(described, RULES);
    let once: BTreeSet<&&str> = RULES.iter().collect();
    assert_eq!(once.len(), RULES.len());
}

#[test]
fn every_test_of_the_table_exists() {
    for (rule, tests) in rows(&text("docs/rules.md")) {
        assert!(!tests.is_empty(), "{rule} has no test");
        for test in tests {
            assert!(exists(&test), "{rule} names {test}, which is no test");
        }
    }
}

#[test]
fn a_test_that_is_none_is_found() {
    assert!(exists("rules::a_test_that_is_none_is_found"));
    assert!(!exists("rules::exists"));
    assert!(!exists("rules::never_written"));
    assert!(!exists("rules"));
    assert_eq!(
        rows("| `1.a` | With `code` in words. | `x::y`, `z::w` |"),
        [("1.a".to_owned(), vec!["x::y".to_owned(), "z::w".to_owned()])]
    );
}
