use serde_json::json;

use super::Client;
use crate::{
    When,
    optiply::{OptiplyFault, Resource, Weather},
};

const CUT: u16 = 599;

#[tokio::test]
async fn each_fault_says_whether_the_write_happened() {
    for (fault, status, happened) in [
        (OptiplyFault::ResetBefore { at: When::next() }, CUT, false),
        (OptiplyFault::ResetAfter { at: When::next() }, CUT, true),
        (OptiplyFault::status(503, When::next()), 503, false),
        (
            OptiplyFault::StatusAfter {
                status: 504,
                at: When::next(),
            },
            504,
            true,
        ),
        (OptiplyFault::TruncatedBody { at: When::next() }, 201, true),
        (OptiplyFault::EmptyBody { at: When::next() }, 201, true),
        (
            OptiplyFault::TooMany {
                retry_after: Some(7),
                at: When::next(),
            },
            429,
            false,
        ),
        (
            OptiplyFault::TooMany {
                retry_after: None,
                at: When::next().on("POST suppliers"),
            },
            429,
            false,
        ),
        (
            OptiplyFault::Forbidden {
                resource: "suppliers".into(),
            },
            403,
            false,
        ),
        (OptiplyFault::TokensRefused, 401, false),
    ] {
        let client = Client::new().await;
        let optiply = client.optiply();
        optiply.set_fault(fault.clone());
        let got = client.post("suppliers", json!({"name": "S"})).await;
        assert_eq!(got.status, status, "{fault:?}");
        assert_eq!(
            !client.live(Resource::Suppliers).is_empty(),
            happened,
            "{fault:?}"
        );
        let writes = optiply.writes();
        assert_eq!(writes.len(), usize::from(happened), "{fault:?}");
        if let Some(write) = writes.first() {
            assert_eq!(write.status, status);
        }
        let waits = matches!(
            fault,
            OptiplyFault::TooMany {
                retry_after: Some(_),
                ..
            }
        );
        assert_eq!(got.headers.contains_key("retry-after"), waits, "{fault:?}");
    }
}

#[tokio::test]
async fn half_an_order_is_left_by_a_gateway() {
    let client = Client::new().await;
    let product = client.product("P").await;
    client.optiply().set_fault(OptiplyFault::PartialOrder {
        lines: 1,
        at: When::next(),
    });
    let line = json!({"productId": product, "quantity": 1, "subtotalValue": 1});
    let order =
        json!({"placed": "2026-01-06T14:03:22Z", "totalValue": 2, "orderLines": [line, line]});
    assert_eq!(client.post("sellOrders", order.clone()).await.status, 504);
    assert_eq!(client.live(Resource::SellOrderLines).len(), 1);
    assert_eq!(client.post("sellOrders", order).await.status, 201);
    assert_eq!(client.live(Resource::SellOrderLines).len(), 3);
}

#[tokio::test]
async fn limits_and_weather() {
    let client = Client::new().await;
    let optiply = client.optiply();
    optiply.behave(|rules| rules.requests_per_second = Some(3));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(client.get("products").await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
    optiply.behave(|rules| rules.requests_per_second = None);
    optiply.set_weather(Weather::storm());
    for n in 0..2_000 {
        client
            .post("suppliers", json!({"name": format!("S{n}")}))
            .await;
    }
    let calls = optiply.history();
    let count = |status: u16| calls.iter().filter(|call| call.status == status).count();
    assert!((60..=140).contains(&count(429)), "{}", count(429));
    assert!((50..=110).contains(&count(CUT)), "{}", count(CUT));
    let lost = optiply
        .writes()
        .iter()
        .filter(|write| write.status == CUT)
        .count();
    assert!((20..=60).contains(&lost), "{lost}");
    assert_eq!(
        optiply.writes().len(),
        client.live(Resource::Suppliers).len()
    );
}
