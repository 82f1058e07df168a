//! What deliveries are called, what each hangs on, and whose turn comes first.

use chrono::DateTime;
use pipeline::deliver::{BuyOrderWish, Desired, Entity, Key, Lane};
use pipeline::id::{ItemId, OrderId, OrderLineId, SaleId, VendorId};
use pipeline::load::sell_order::{SellOrder, SellOrderLine};
use pipeline::load::{BuyOrder, BuyOrderLine, Product, ProductStatus, Receipt};
use rust_decimal::Decimal;

fn product(stock_level: Option<i64>) -> Desired {
    Desired::Product(Product {
        item_id: ItemId(7),
        name: "Bell".to_owned(),
        sku_code: None,
        ean_code: None,
        article_code: None,
        price: None,
        stock_level,
        minimum_stock: stock_level,
        status: ProductStatus::Enabled,
        assembled: false,
        created_at_remote: None,
    })
}

#[test]
fn a_key_reads_back_as_it_was_written() {
    for key in [
        Key::product(ItemId(7)),
        Key::supplier_product(ItemId(7), VendorId(3)),
        Key::buy_order_line(OrderId(4), OrderLineId(9)),
        Key::receipt(OrderId(4), "12:9"),
    ] {
        assert_eq!(key.to_string().parse::<Key>().expect("a key"), key);
    }
    for wrong in ["", "product", "product:7", "sale:7:", "product:x:"] {
        assert!(wrong.parse::<Key>().is_err(), "{wrong}");
    }
    for entity in Entity::ALL {
        assert_eq!(entity.name().parse::<Entity>().expect("a kind"), entity);
    }
}

#[test]
fn no_product_is_made_before_its_stock_is_known() {
    assert!(!product(None).may_be_made());
    assert!(product(Some(0)).may_be_made());
}

#[test]
fn orders_hang_on_their_products_and_lines_on_their_order() {
    let sale = Desired::SellOrder(SellOrder {
        sale_id: SaleId(5),
        placed: DateTime::UNIX_EPOCH,
        completed: None,
        total_value: Decimal::ONE,
        lines: [7, 8]
            .map(|item| SellOrderLine {
                item_id: ItemId(item),
                quantity: 1,
                subtotal_value: Decimal::ONE,
            })
            .to_vec(),
    });
    assert_eq!(
        sale.needs(),
        [Key::product(ItemId(7)), Key::product(ItemId(8))]
    );
    let lines = sale.lines();
    assert_eq!(lines[1].key, Key::sell_order_line(SaleId(5), ItemId(8)));
    assert_eq!(lines[1].key.order(), Some(Key::sell_order(SaleId(5))));
    assert_eq!(
        lines[1].line.needs(),
        [Key::sell_order(SaleId(5)), Key::product(ItemId(8))]
    );

    let order = Desired::BuyOrder(BuyOrderWish {
        order: BuyOrder {
            order_id: OrderId(4),
            vendor_id: VendorId(3),
            placed: DateTime::UNIX_EPOCH,
            completed: None,
            expected_delivery_date: None,
            total_value: Decimal::ONE,
            lines: vec![BuyOrderLine {
                order_line_id: OrderLineId(9),
                item_id: ItemId(7),
                quantity: 1,
                subtotal_value: Decimal::ONE,
            }],
        },
        receipts_open: true,
    });
    assert_eq!(
        order.needs(),
        [Key::supplier(VendorId(3)), Key::product(ItemId(7))]
    );
    let receipt = Desired::Receipt(Receipt {
        order_id: OrderId(4),
        order_line_id: OrderLineId(9),
        key: "12:9".to_owned(),
        quantity: 1,
        occurred: DateTime::UNIX_EPOCH,
    });
    assert_eq!(
        receipt.needs(),
        [Key::buy_order_line(OrderId(4), OrderLineId(9))]
    );
}

#[test]
fn what_others_name_goes_first() {
    let lanes: Vec<Lane> = Entity::ALL.into_iter().map(Entity::lane).collect();
    assert!(lanes.is_sorted());
    assert!(Lane::Stock < lanes[0]);
    for entity in Entity::ALL {
        if let Some(order) = entity.order() {
            assert_eq!(order.line(), Some(entity));
            assert_eq!(order.feed(), entity.feed());
        }
    }
}
