//! The real transport against a server on loopback.

use crate::support::world::url;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use connectors::http::{Method, Options, Request, ReqwestTransport, Transport, TransportError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// A server that writes these bytes to whoever connects, then closes.
async fn says(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut asked = [0; 4096];
            let _read = socket.read(&mut asked).await;
            let _written = socket.write_all(bytes).await;
        }
    });
    format!("http://{address}")
}

fn transport(options: Options) -> ReqwestTransport {
    ReqwestTransport::new(options).expect("a client")
}

fn quick() -> Options {
    Options {
        total_timeout: Duration::from_millis(300),
        ..Options::default()
    }
}

#[tokio::test]
async fn it_says_who_it_is_and_carries_bodies_and_headers() {
    let echo = |headers: HeaderMap, body: String| async move {
        let of = |name: &str| {
            headers
                .get(name)
                .and_then(|v| v.to_str().ok())
                .unwrap_or("")
                .to_owned()
        };
        (
            StatusCode::CREATED,
            [("x-seen", of("x-sent"))],
            format!("{} | {} | {body}", of("user-agent"), of("accept-encoding")),
        )
    };
    let base = serve(Router::new().route("/echo", post(echo))).await;
    let mut request = Request::get(url(&format!("{base}/echo")));
    request.method = Method::POST;
    request.body = "form=1".into();
    request
        .headers
        .insert("x-sent", "here".parse().expect("a value"));
    let response = transport(Options::default())
        .send(request)
        .await
        .expect("an answer");
    assert_eq!(response.status.as_u16(), 201);
    assert_eq!(response.headers["x-seen"], "here");
    let body = String::from_utf8(response.body.to_vec()).expect("text");
    assert!(
        body.starts_with("stockbridge/") && body.contains("gzip") && body.ends_with("| form=1"),
        "{body}"
    );
}

#[tokio::test]
async fn redirects_are_answers_like_any_other() {
    let router = Router::new()
        .route("/from", get(|| async { Redirect::temporary("/to") }))
        .route("/to", get(|| async { "followed" }));
    let base = serve(router).await;
    let response = transport(quick())
        .send(Request::get(url(&format!("{base}/from"))))
        .await
        .expect("an answer");
    assert_eq!(response.status.as_u16(), 307);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_not_read() {
    let router = Router::new().route(
        "/",
        get(|| async { Body::from(vec![b'x'; 100_000]).into_response() }),
    );
    let base = serve(router).await;
    let at = |body_limit| Options {
        body_limit,
        ..Options::default()
    };
    let request = Request::get(url(&base));
    assert_eq!(
        transport(at(100_000))
            .send(request.clone())
            .await
            .expect("it fits")
            .body
            .len(),
        100_000
    );
    let error = transport(at(99_999))
        .send(request)
        .await
        .expect_err("too large");
    assert!(
        matches!(error, TransportError::TooLarge { limit: 99_999, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_body_that_ends_early_is_an_error_and_not_a_short_answer() {
    let base = says(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"@attributes\"").await;
    let error = transport(quick())
        .send(Request::get(url(&base)))
        .await
        .expect_err("cut");
    assert!(matches!(error, TransportError::Broken { .. }), "{error:?}");
    let base = says(b"").await;
    let error = transport(quick())
        .send(Request::get(url(&base)))
        .await
        .expect_err("closed");
    assert!(matches!(error, TransportError::Broken { .. }), "{error:?}");
}

#[tokio::test]
async fn silence_and_absence_are_told_apart_and_addresses_stay_out() {
    let router = Router::new().route(
        "/slow",
        get(|| async { std::future::pending::<String>().await }),
    );
    let base = serve(router).await;
    let asked = url(&format!("{base}/slow?canary=query"));
    let error = transport(quick())
        .send(Request::get(asked))
        .await
        .expect_err("silence");
    assert!(matches!(error, TransportError::Timeout { .. }), "{error:?}");
    assert!(
        !format!("{error:?} {error}").contains("canary"),
        "{error:?}"
    );

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let closed = format!(
        "http://{}/?canary=query",
        listener.local_addr().expect("an address")
    );
    drop(listener);
    let error = transport(quick())
        .send(Request::get(url(&closed)))
        .await
        .expect_err("absence");
    assert!(matches!(error, TransportError::Connect { .. }), "{error:?}");
    assert!(
        !format!("{error:?} {error}").contains("canary"),
        "{error:?}"
    );
}
