//! Payloads have one text for one meaning, and changes name what differs and nothing else.

use super::support::{line, product, sell_order};
use connectors::optiply::{BuyOrder, Payload, Product, Resource, SellOrder, Supplier};

fn payload(resource: Resource, text: &str) -> Payload {
    Payload::from_json(resource, text).expect("a payload")
}

#[test]
fn the_text_is_canonical_and_comes_back() {
    let sent = sell_order(vec![line(5, "24.785")]);
    assert_eq!(
        sent.to_json(),
        r#"{"completed":"2026-01-06T14:03:22Z","orderLines":[{"productId":5,"quantity":2,"subtotalValue":24.79}],"placed":"2026-01-06T14:03:22Z","totalValue":41.30}"#
    );
    assert_eq!(payload(Resource::SellOrders, &sent.to_json()), sent);
    assert!(sent.has_lines() && !sent.clone().without_lines().has_lines());
    let read: SellOrder = sent.read().expect("attributes");
    assert_eq!(read.order_lines[0].subtotal_value, "24.79".parse().ok());
    assert!(Payload::from_json(Resource::Products, "[]").is_err());
}

#[test]
fn amounts_of_any_size_keep_their_cents() {
    for (amount, expected) in [
        ("999999999999999.99", "999999999999999.99"),
        ("0.1", "0.10"),
        ("0", "0.00"),
        ("1e3", "1000.00"),
        ("90071992547409.93", "90071992547409.93"),
    ] {
        let text = format!(r#"{{"totalValue":"{amount}"}}"#);
        let read: BuyOrder = payload(Resource::BuyOrders, &text).read().expect("read");
        let written = Payload::of(&read).expect("a payload");
        assert_eq!(written.value("totalValue"), Some(expected));
    }
}

#[test]
fn changes_hold_what_differs_and_clear_only_what_can_be_cleared() {
    let held = product("Mug");
    assert!(held.changes_from(&held).is_none());
    let mut wanted: Product = held.read().expect("attributes");
    wanted.stock_level = Some(8);
    wanted.article_code = None;
    let changes = Payload::of(&wanted).expect("a payload").changes_from(&held);
    assert_eq!(changes.patch.to_json(), r#"{"stockLevel":8}"#);
    assert_eq!(changes.stuck, ["articleCode"]);

    let held = payload(Resource::Suppliers, r#"{"deliveryTime":7,"name":"S"}"#);
    let wanted = payload(Resource::Suppliers, r#"{"name":"S"}"#);
    let changes = wanted.changes_from(&held);
    assert_eq!(changes.patch.to_json(), r#"{"deliveryTime":null}"#);
    let after = held.patched(&changes.patch);
    assert!(
        wanted.changes_from(&after).is_none(),
        "null is as good as absent"
    );
}

#[test]
fn lines_in_an_order_are_no_attribute() {
    let with = sell_order(vec![line(5, "1")]);
    assert!(with.changes_from(&with.clone().without_lines()).is_none());
    assert!(with.clone().without_lines().changes_from(&with).is_none());
    assert!(
        with.differing_from(&with.clone().without_lines())
            .is_empty()
    );
}

#[test]
fn addresses_can_be_left_out() {
    let sent = Payload::of(&Supplier {
        name: Some("S".to_owned()),
        emails: Some(vec!["nobody".to_owned()]),
        ..Supplier::default()
    })
    .expect("a payload");
    assert_eq!(sent.without_emails().to_json(), r#"{"name":"S"}"#);
    assert_eq!(Payload::empty(Resource::Products).to_json(), "{}");
}

#[test]
fn what_hangs_elsewhere_is_made_anew() {
    let held = payload(
        Resource::SellOrderLines,
        r#"{"productId":5,"quantity":2,"sellOrderId":9}"#,
    );
    let wanted = payload(
        Resource::SellOrderLines,
        r#"{"productId":6,"quantity":3,"sellOrderId":9}"#,
    );
    let changes = wanted.changes_from(&held);
    assert_eq!(changes.moved, ["productId"]);
    assert_eq!(changes.patch.to_json(), r#"{"quantity":3}"#);
    assert!(!changes.is_none());
}

#[test]
fn a_row_somebody_else_made_keeps_what_is_theirs() {
    let adopted = product("Mug").for_adoption();
    let names: Vec<&str> = adopted.names().collect();
    assert_eq!(names, ["articleCode", "name", "price", "stockLevel"]);
    let pair = payload(
        Resource::SupplierProducts,
        r#"{"name":"P","productId":5,"supplierId":9}"#,
    );
    assert_eq!(pair.for_adoption().to_json(), r#"{"name":"P"}"#);
}
