//! Every shape of an error body, and every kind of error at the server that makes it.

use super::support::{World, document, granted, is_grant, product, supplier};
use crate::support::script::{Script, header, reply, with};
use connectors::optiply::{
    Effect, OptiplyError, Payload, Product, ReceiptLine, Resource, Supplier, SupplierProduct,
};
use pipeline::Class;
use sandbox::{OptiplyFault, When, Writer};
use std::time::Duration;

async fn said(status: u16, body: &'static str) -> OptiplyError {
    let server = Script::new(move |_, request| {
        if is_grant(request) {
            granted("issued-token")
        } else {
            reply(status, body)
        }
    });
    let world = World::scripted(server);
    let outcome = world.client.create(&product("P")).await;
    outcome.expect_err("an error")
}

#[tokio::test(start_paused = true)]
async fn every_shape_of_a_body_is_read() {
    for body in [
        r#"{"errors":[{"status":"400","meta":{"message":"stockLevel must be a number"}}]}"#,
        r#"{"errors":[{"detail":"stockLevel must be a number"}]}"#,
        r#"{"errors":[{"message":"stockLevel must be a number"}]}"#,
        r#"{"message":"stockLevel must be a number"}"#,
        r#"{"error":"stockLevel must be a number"}"#,
        "stockLevel must be a number",
    ] {
        let OptiplyError::Invalid { message, .. } = said(400, body).await else {
            panic!("{body}")
        };
        assert_eq!(message, "stockLevel must be a number");
    }
    let error = said(400, "").await;
    assert!(matches!(error, OptiplyError::Invalid { message, .. } if message == "(empty)"));
    let error = said(502, "<html><h1>Bad gateway</h1></html>").await;
    assert!(error.to_string().contains("an HTML page"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn statuses_have_their_class() {
    for (status, class) in [
        (400, Class::Fail),
        (401, Class::Reauthorize),
        (403, Class::Fail),
        (404, Class::Fail),
        (405, Class::Fail),
        (408, Class::Retry),
        (409, Class::Fail),
        (410, Class::Fail),
        (422, Class::Fail),
        (500, Class::Retry),
        (501, Class::Retry),
        (502, Class::Retry),
        (503, Class::Retry),
        (504, Class::Retry),
        (302, Class::Fail),
    ] {
        let error = said(status, "").await;
        assert_eq!(error.class(), class, "{status}: {error:?}");
    }
    let server = Script::new(|_, request| {
        if is_grant(request) {
            granted("issued-token")
        } else {
            with(reply(503, ""), "retry-after", "40")
        }
    });
    let world = World::scripted(server);
    let error = world.client.create(&product("P")).await.expect_err("busy");
    assert_eq!(error.class(), Class::RetryAfter(Duration::from_secs(40)));
}

#[tokio::test(start_paused = true)]
async fn a_bad_address_is_told_apart_and_the_rest_can_be_sent() {
    let (_sandbox, world) = World::sandboxed();
    for _ in 0..6 {
        let sent = Payload::of(&Supplier {
            name: Some("S".to_owned()),
            emails: Some(vec!["nobody".to_owned()]),
            ..Supplier::default()
        })
        .expect("a payload");
        let error = world.client.create(&sent).await.expect_err("a bad address");
        assert!(
            matches!(&error, OptiplyError::InvalidEmail { message } if message.contains("nobody"))
        );
        assert_eq!(error.effect(), Effect::Nothing);
        world.make(&sent.without_emails()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn conflicts_and_absences_are_told_apart() {
    let (sandbox, world) = World::sandboxed();
    let (product, supplier) = (world.product("P").await, world.supplier("S").await);
    let pair = Payload::of(&SupplierProduct {
        name: Some("P".to_owned()),
        product_id: Some(product),
        supplier_id: Some(supplier),
        ..SupplierProduct::default()
    })
    .expect("a payload");
    world.make(&pair).await;
    for _ in 0..3 {
        let error = world.client.create(&pair).await.expect_err("a conflict");
        assert!(matches!(error, OptiplyError::Conflict { .. }), "{error:?}");
        assert_eq!(
            (error.class(), error.effect()),
            (Class::Fail, Effect::Nothing)
        );
    }
    sandbox
        .optiply()
        .mutate(Writer::Planner, |account| {
            account.delete(sandbox::Resource::Products, product)
        })
        .expect("deleted");
    let change = Payload::of(&Product {
        stock_level: Some(1),
        ..Product::default()
    })
    .expect("a payload");
    let error = world
        .client
        .patch(product, &change)
        .await
        .expect_err("gone");
    assert!(matches!(error, OptiplyError::Gone { .. }), "{error:?}");
    let receipt = Payload::of(&ReceiptLine {
        buy_order_line_id: Some(1),
        quantity: Some(1),
        occurred: "2026-01-12T09:30:00Z".parse().ok(),
    })
    .expect("a payload");
    let error = world.client.create(&receipt).await.expect_err("no line");
    assert!(matches!(error, OptiplyError::Gone { .. }), "{error:?}");
    let gone = world.client.get(Resource::Products, product).await;
    assert_eq!(gone.expect("an answer"), None);
}

#[tokio::test(start_paused = true)]
async fn one_refused_record_hurts_no_other() {
    let (sandbox, world) = World::sandboxed();
    let bad = Payload::of(&Product {
        name: Some("x".repeat(256)),
        stock_level: Some(1),
        unlimited_stock: Some(false),
        ..Product::default()
    })
    .expect("a payload");
    let error = world.client.create(&bad).await.expect_err("too long");
    assert!(matches!(error, OptiplyError::Invalid { .. }));
    world.make(&product("fine")).await;
    sandbox.optiply().set_fault(OptiplyFault::Forbidden {
        resource: "suppliers".to_owned(),
    });
    let error = world
        .client
        .create(&supplier("S"))
        .await
        .expect_err("closed");
    assert!(matches!(error, OptiplyError::Forbidden { .. }));
    world.make(&product("still fine")).await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_because_of_load_is_waited_out_and_sent_once_more() {
    let (sandbox, world) = World::sandboxed();
    for retry_after in [Some(3), None] {
        sandbox.optiply().set_fault(OptiplyFault::TooMany {
            retry_after,
            at: When::times(2).on("POST"),
        });
        world.make(&product("P")).await;
    }
    assert_eq!(sandbox.optiply().writes().len(), 2);
    sandbox.optiply().set_fault(OptiplyFault::TooMany {
        retry_after: Some(500),
        at: When::always(),
    });
    let error = world.client.create(&product("P")).await.expect_err("a ban");
    assert!(matches!(error.class(), Class::RetryAfter(after) if after >= Duration::from_secs(500)));
    assert_eq!(error.effect(), Effect::Nothing);
}

#[tokio::test(start_paused = true)]
async fn every_request_says_who_it_is_and_for_whom() {
    let server = Script::new(|_, request| {
        if is_grant(request) {
            granted("issued-token")
        } else {
            reply(200, document(5))
        }
    });
    let world = World::scripted(server.clone());
    world.client.patch(5, &product("P")).await.expect("done");
    world
        .client
        .get(Resource::Products, 5)
        .await
        .expect("a row");
    let requests = server.requests();
    assert_eq!(requests[1].url.query(), Some("accountId=77"));
    for request in &requests[1..] {
        assert_eq!(header(request, "content-type"), "application/vnd.api+json");
        assert_eq!(header(request, "accept"), "application/vnd.api+json");
        assert!(header(request, "user-agent").starts_with("stockbridge/"));
    }
    assert!(requests[0].url.query().is_none(), "secrets go in the body");
}
