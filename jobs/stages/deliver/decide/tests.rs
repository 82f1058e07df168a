use super::*;
use pipeline::id::{ItemId, SaleId, VendorId};
use pipeline::load::sell_order::{SellOrder, SellOrderLine};
use pipeline::load::{Product, ProductStatus, Supplier, SupplierProduct};
use rust_decimal::Decimal;
use storage::HeldLine;

fn look(desired: Option<Desired>, key: Key, acknowledged: Option<&str>) -> Look {
    Look {
        key,
        touched: 3,
        remote_id: acknowledged.map(|_| 501),
        acknowledged: acknowledged.map(str::to_owned),
        attempts: 0,
        recreated: 0,
        without_emails: false,
        unmatched: None,
        unseen: None,
        desired,
        lines: Vec::new(),
    }
}

fn links(held: &[(Key, i64)]) -> HashMap<Key, Link> {
    let link = |id: i64| Link {
        remote_id: Some(id),
        held: true,
    };
    held.iter()
        .map(|(key, id)| (key.clone(), link(*id)))
        .collect()
}

fn plan(look: &Look, links: &HashMap<Key, Link>) -> Plan {
    let now = DateTime::UNIX_EPOCH;
    decide(look, links, &mut HashSet::new(), now).expect("a plan")
}

fn product(stock_level: Option<i64>) -> Desired {
    Desired::Product(plain_product(stock_level))
}

fn plain_product(stock_level: Option<i64>) -> Product {
    Product {
        item_id: ItemId(7),
        name: "Bell".to_owned(),
        sku_code: None,
        ean_code: None,
        article_code: Some("7".to_owned()),
        price: Some(Decimal::new(825, 2)),
        stock_level,
        minimum_stock: Some(0),
        status: ProductStatus::Enabled,
        assembled: false,
        created_at_remote: None,
    }
}

fn pair() -> Desired {
    Desired::SupplierProduct(SupplierProduct {
        item_id: ItemId(7),
        vendor_id: VendorId(3),
        name: "Bell".to_owned(),
        sku_code: None,
        ean_code: None,
        article_code: None,
        price: None,
        preferred: None,
        status: ProductStatus::Enabled,
    })
}

fn sale(quantities: &[(i64, i64)]) -> Desired {
    Desired::SellOrder(SellOrder {
        sale_id: SaleId(5),
        placed: DateTime::UNIX_EPOCH,
        completed: None,
        total_value: Decimal::TEN,
        lines: quantities
            .iter()
            .map(|(item, quantity)| SellOrderLine {
                item_id: ItemId(*item),
                quantity: *quantity,
                subtotal_value: Decimal::ONE,
            })
            .collect(),
    })
}

#[test]
fn a_product_waits_for_its_stock_and_is_made_with_it() {
    let key = Key::product(ItemId(7));
    let none = links(&[]);
    let waits = plan(&look(Some(product(None)), key.clone(), None), &none);
    assert_eq!(waits.decided.step, Step::Wait("stock:7:".to_owned()));
    let made = plan(&look(Some(product(Some(0))), key, None), &none);
    let Step::Send {
        op,
        payload,
        natural_key,
        ..
    } = made.decided.step
    else {
        panic!("{made:?}");
    };
    assert_eq!(op, Op::Create);
    assert!(payload.contains(r#""stockLevel":0"#), "{payload}");
    assert!(payload.contains(r#""unlimitedStock":false"#), "{payload}");
    assert_eq!(natural_key.as_deref(), Some(r#"products "7""#));
}

#[test]
fn only_what_differs_from_what_is_acknowledged_is_sent() {
    let held = r#"{"articleCode":"7","assembled":false,"minimumStock":0,"name":"Bell","price":8.25,"status":"enabled","stockLevel":4,"unlimitedStock":false}"#;
    let key = Key::product(ItemId(7));
    let change = |stock| {
        let look = look(Some(product(Some(stock))), key.clone(), Some(held));
        plan(&look, &links(&[])).decided.step
    };
    assert_eq!(change(4), Step::Rest { warning: None });
    let Step::Send { op, payload, .. } = change(5) else {
        panic!("a change");
    };
    assert_eq!((op, payload.as_str()), (Op::Patch, r#"{"stockLevel":5}"#));
}

#[test]
fn what_it_names_must_be_there_and_a_row_that_moves_is_made_anew() {
    let (item, vendor) = (Key::product(ItemId(7)), Key::supplier(VendorId(3)));
    let key = Key::supplier_product(ItemId(7), VendorId(3));
    let waits = plan(
        &look(Some(pair()), key.clone(), None),
        &links(&[(item.clone(), 70)]),
    );
    assert_eq!(waits.decided.step, Step::Wait(vendor.to_string()));
    let there = links(&[(item, 71), (vendor, 30)]);
    let held = r#"{"name":"Bell","productId":70,"status":"enabled","supplierId":30}"#;
    let moved = plan(&look(Some(pair()), key, Some(held)), &there);
    assert!(matches!(
        moved.decided.step,
        Step::Send { op: Op::Delete, .. }
    ));
}

#[test]
fn one_creation_of_a_key_is_on_its_way_at_a_time() {
    let supplier = |vendor: i64| {
        let desired = Desired::Supplier(Supplier {
            vendor_id: VendorId(vendor),
            name: "Twin".to_owned(),
            emails: Vec::new(),
            ignored: false,
        });
        look(Some(desired), Key::supplier(VendorId(vendor)), None)
    };
    let (mut in_flight, none) = (HashSet::new(), links(&[]));
    let mut step = |vendor| {
        let plan = decide(
            &supplier(vendor),
            &none,
            &mut in_flight,
            DateTime::UNIX_EPOCH,
        );
        plan.expect("a plan").decided.step
    };
    assert!(matches!(step(1), Step::Send { op: Op::Create, .. }));
    assert!(matches!(step(2), Step::PutOff(_)));
}

#[test]
fn lines_of_an_order_that_differ_have_their_own_turn() {
    let held_line = |item: i64, quantity: i64| HeldLine {
        key: Key::sell_order_line(SaleId(5), ItemId(item)),
        remote_id: None,
        acknowledged: Some(format!(
            r#"{{"productId":{},"quantity":{quantity},"sellOrderId":501,"subtotalValue":1.00}}"#,
            item * 10
        )),
    };
    let held = r#"{"placed":"1970-01-01T00:00:00Z","totalValue":10.00}"#;
    let desired = sale(&[(7, 2), (8, 1), (9, 1)]);
    let mut look = look(Some(desired), Key::sell_order(SaleId(5)), Some(held));
    look.lines = vec![held_line(7, 2), held_line(8, 4), held_line(6, 1)];
    let named = [7, 8, 9].map(|item| (Key::product(ItemId(item)), item * 10));
    let plan = plan(&look, &links(&named));
    assert_eq!(plan.decided.step, Step::Rest { warning: None });
    let mut lines = [6, 8, 9].map(|item| Key::sell_order_line(SaleId(5), ItemId(item)));
    lines.sort_unstable();
    assert_eq!(plan.decided.lines, lines);
}

#[test]
fn a_line_whose_name_is_not_known_is_asked_for_before_it_is_deleted() {
    let order = Key::sell_order(SaleId(5));
    let line = r#"{"productId":70,"quantity":1,"sellOrderId":501,"subtotalValue":1.00}"#;
    let key = Key::sell_order_line(SaleId(5), ItemId(7));
    let mut look = look(None, key, Some(line));
    look.remote_id = None;
    let asked = plan(&look, &links(&[(order.clone(), 501)]));
    assert_eq!(asked.learn, Some(order));
    assert!(matches!(asked.decided.step, Step::PutOff(_)));
    // It went with its order.
    let gone = plan(&look, &links(&[]));
    assert_eq!((gone.decided.step, gone.learn), (Step::Forget, None));
}

#[test]
fn what_others_may_have_made_before_is_matched_first() {
    let ended = DateTime::from_timestamp(1_000, 0).expect("an instant");
    let supplier = Desired::Supplier(Supplier {
        vendor_id: VendorId(3),
        name: "Bikes & Co".to_owned(),
        emails: Vec::new(),
        ignored: false,
    });
    let key = Key::supplier(VendorId(3));
    let mut look = look(Some(supplier), key, None);
    assert!(matches!(step(&look), Step::Send { op: Op::Create, .. }));
    look.unseen = Some(ended);
    assert_eq!(step(&look), Step::Wait(TO_BE_MATCHED.to_owned()));

    let mut younger = Product {
        created_at_remote: Some(ended),
        ..plain_product(Some(1))
    };
    let mut of = |created: Option<DateTime<Utc>>| {
        younger.created_at_remote = created;
        look.key = Key::product(younger.item_id);
        look.desired = Some(Desired::Product(younger.clone()));
        step(&look)
    };
    assert!(matches!(of(Some(ended)), Step::Send { .. }));
    let before = ended - TimeDelta::seconds(1);
    assert_eq!(of(Some(before)), Step::Wait(TO_BE_MATCHED.to_owned()));
    assert_eq!(of(None), Step::Wait(TO_BE_MATCHED.to_owned()));
}

fn step(look: &Look) -> Step {
    plan(look, &HashMap::new()).decided.step
}
