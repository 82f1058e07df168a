use axum::{body::Body, http::Request};
use serde_json::json;

use super::{Client, sandbox};

#[tokio::test]
async fn tokens_are_short_lived_and_end_each_other() {
    let mut client = Client::new().await;
    assert_eq!(client.get("products").await.status, 200);
    let first = client.token.clone();
    client.login().await;
    let second = std::mem::replace(&mut client.token, first);
    assert_eq!(client.get("products").await.status, 401);
    client.token = second;
    assert_eq!(client.get("products").await.status, 200);
    client.pass(601);
    assert_eq!(client.get("products").await.status, 401);
}

#[tokio::test]
async fn grants_want_the_client_in_the_header_and_the_right_password() {
    let client = Client::new().await;
    let own = client.optiply().credentials();
    let right = format!(
        "grant_type=password&username={}&password={}",
        own.username, own.password
    );
    let got = client.grant("Basic bm9ib2R5", &right).await;
    assert_eq!(got.status, 401);
    let wrong = "grant_type=password&username=x&password=y";
    let got = client.grant(&own.basic(), wrong).await;
    assert_eq!(got.status, 401);
    assert!(got.text.contains("UserDetailsService returned null"));
    let got = client.grant(&own.basic(), "grant_type=magic").await;
    assert_eq!(got.status, 400);
    let pair = client.grant(&own.basic(), &right).await.json();
    let refresh = format!(
        "grant_type=refresh_token&refresh_token={}",
        pair["refresh_token"].as_str().unwrap()
    );
    assert_eq!(client.grant(&own.basic(), &refresh).await.status, 200);
    assert_eq!(client.grant(&own.basic(), &refresh).await.status, 400);
}

#[tokio::test]
async fn every_request_carries_its_media_types_and_an_agent() {
    let client = Client::new().await;
    let media = "application/vnd.api+json";
    for (content, accept, agent, expected) in [
        (None, Some(media), "x/1", 415),
        (Some("application/json"), Some(media), "x/1", 415),
        (Some(media), None, "x/1", 406),
        (Some(media), Some("*/*"), "x/1", 406),
        (Some(media), Some(media), "", 400),
        (Some(media), Some(media), "x/1", 200),
    ] {
        let mut request = Request::get("/v1/products")
            .header("authorization", format!("Bearer {}", client.token))
            .header("user-agent", agent);
        if let Some(content) = content {
            request = request.header("content-type", content);
        }
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        let got = client.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(got.status, expected, "{content:?} {accept:?} {agent}");
        assert!(got.headers.contains_key("date"));
    }
}

#[tokio::test]
async fn writes_name_their_account() {
    let client = Client::new().await;
    let body = json!({"data": {"type": "suppliers", "attributes": {"name": "S"}}});
    for (query, expected) in [
        ("", 400),
        ("?accountId=78", 403),
        ("?accountId=77&couplingId=5", 403),
        ("?accountId=77", 201),
    ] {
        let path = format!("suppliers{query}");
        let got = client.call("POST", &path, Some(body.clone())).await;
        assert_eq!(got.status, expected, "{query}: {}", got.text);
    }
    assert_eq!(client.call("PUT", "suppliers/9001", None).await.status, 405);
    assert_eq!(client.delete("accounts", 77).await.status, 405);
    assert_eq!(client.get("accounts/77").await.status, 200);
    assert_eq!(client.get("nothings").await.status, 404);
    assert_eq!(client.get("products/nan").await.status, 500);
}

#[tokio::test]
async fn both_sides_live_on_one_address() {
    let (sandbox, _) = sandbox();
    let served = sandbox.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = served.addr().to_string();
    assert_eq!(served.optiply_api_base(), format!("http://{address}/v1"));
    assert_eq!(
        served.optiply_token_url(),
        format!("http://{address}/api/auth/oauth/token")
    );
}
