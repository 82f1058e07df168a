use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{Fault, Garbage, View, When};

use super::{Client, Got};

#[tokio::test]
async fn faults_strike_when_told() {
    let client = Client::new().await;
    let sandbox = &client.sandbox;
    sandbox.set_fault(Fault::status(502, When::nth(2).on("sales")));
    assert_eq!(client.list("Sale.json").await.status, 200);
    assert_eq!(client.list("Shop.json").await.status, 200);
    assert_eq!(client.list("Sale.json").await.status, 502);
    assert_eq!(client.list("Sale.json").await.status, 200);

    sandbox.set_fault(Fault::GarbageRecord {
        feed: "sales".to_owned(),
        id: Some(2),
        kind: Garbage::Text,
        at: When::always(),
    });
    assert_eq!(client.list("Sale.json").await.json()["Sale"][1], "garbage");
    sandbox.clear_faults();

    sandbox.set_fault(Fault::AlwaysFails {
        feed: "sales".to_owned(),
        id: 3,
    });
    assert_eq!(client.list("Sale.json?limit=10").await.status, 504);
    assert_eq!(client.list("Sale.json?saleID=%3E%2C3").await.status, 200);
    assert_eq!(client.list("Sale/3.json").await.status, 504);
    sandbox.clear_faults();

    sandbox.set_fault(Fault::UpdatetimeRefused);
    assert_eq!(client.list("Sale.json?sort=updatetime").await.status, 400);
    sandbox.clear_faults();

    sandbox.set_fault(Fault::Storm429 {
        calls: 1,
        retry_after: Some(7),
    });
    assert_eq!(client.list("Sale.json").await.header("retry-after"), "7");
    sandbox.set_fault(Fault::Forbidden {
        resource: "SaleVoid".to_owned(),
    });
    assert_eq!(client.list("SaleVoid.json").await.status, 403);
    sandbox.set_fault(Fault::ResetBefore { at: When::next() });
    assert_eq!(client.list("Sale.json").await.status, 599);
    sandbox.set_fault(Fault::TruncatedBody { at: When::next() });
    assert_eq!(client.list("Sale.json").await.text, "");
    sandbox.set_fault(Fault::TokenRevoked);
    assert_eq!(client.list("Sale.json").await.status, 401);
}

#[tokio::test]
async fn links_and_pages_can_lie() {
    let client = Client::new().await;
    let sandbox = &client.sandbox;
    let next = |got: Got| {
        got.json()["@attributes"]["next"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    sandbox.set_fault(Fault::NextToOtherHost { at: When::next() });
    assert!(next(client.list("Sale.json").await).starts_with("http://elsewhere.example/"));
    sandbox.set_fault(Fault::NextLoops { at: When::next() });
    assert!(next(client.list("Sale.json?limit=9").await).ends_with("/Sale.json?limit=9"));
    sandbox.set_fault(Fault::DuplicatePage { at: When::nth(2) });
    let every: Vec<u64> = sandbox.account().sales().keys().copied().collect();
    let mut walked = client
        .walk("Sale.json?archived=true", "Sale", "saleID")
        .await;
    assert_eq!(walked.len(), every.len() + 50);
    walked.sort_unstable();
    walked.dedup();
    assert_eq!(walked, every);
}

#[tokio::test]
async fn the_control_side() {
    let client = Client::new().await;
    let truth = client
        .get("/sandbox/truth?mode=one&default_shop=1&sync_all=false")
        .await
        .json();
    let one = View {
        mode: crate::Mode::One,
        ..View::all(1)
    };
    assert_eq!(
        truth,
        serde_json::to_value(client.sandbox.truth(&one)).unwrap()
    );
    let fault = r#"{"fault":"status","status":503,"at":{"resource":"items","times":2}}"#;
    let request = Request::post("/sandbox/fault")
        .header("content-type", "application/json")
        .body(Body::from(fault))
        .unwrap();
    assert_eq!(client.send(request).await.status, 204);
    assert_eq!(client.list("Item.json").await.status, 503);
    let history = client.get("/sandbox/history").await.json();
    assert_eq!(history[1]["fault"], "status");
    let own = client.get("/sandbox/credentials").await.json();
    assert_eq!(
        own["refresh_token"],
        client.sandbox.credentials().refresh_token.as_str()
    );
}

#[tokio::test]
async fn over_a_socket_connections_are_really_cut() {
    let client = Client::new().await;
    let served = client
        .sandbox
        .serve(([127, 0, 0, 1], 0).into())
        .await
        .unwrap();
    let path = format!(
        "/API/V3/Account/{}/Sale.json",
        client.sandbox.credentials().account_id
    );
    let ask = async || {
        let mut stream = tokio::net::TcpStream::connect(served.addr()).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\naccept: application/json\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
            served.addr(),
            client.token
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A reset may show as an error after what was read.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    };
    let whole = ask().await;
    assert!(whole.starts_with("HTTP/1.1 200 OK"), "{whole}");
    assert!(whole.contains(&format!("http:\\/\\/{}\\/API\\/V3", served.addr())));
    client
        .sandbox
        .set_fault(Fault::ResetAfter { at: When::next() });
    assert_eq!(ask().await, "");
    client
        .sandbox
        .set_fault(Fault::TruncatedBody { at: When::next() });
    let half = ask().await;
    assert!(half.starts_with("HTTP/1.1 200 OK") && half.len() < whole.len() * 2 / 3);
    let last = client.sandbox.history().pop().unwrap();
    assert_eq!(last.fault.as_deref(), Some("truncated_body"));
    assert!(served.api_base().ends_with("/API/V3") && served.auth_base().ends_with("/auth/oauth"));
    assert_eq!(StatusCode::from_u16(last.status).unwrap(), StatusCode::OK);
}
