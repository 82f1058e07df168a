//! An Optiply client over a server of the test's choice.

use crate::support::clock::TokioClock;
use crate::support::router::InProcess;
use crate::support::script::reply;
use crate::support::world::{NOON, rng, virtual_sandbox};
use connectors::http::{Request, Response, Transport};
use connectors::optiply::{
    Account, BuyOrder, Login, Made, Optiply, OrderLine, Pace, PaceLimits, Parts, Payload, Product,
    SellOrder, Supplier, Tokens,
};
use pipeline::Clock;
use sandbox::Sandbox;
use std::sync::Arc;
use url::Url;

pub(crate) struct World {
    pub(crate) client: Optiply,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) clock: Arc<dyn Clock>,
}

pub(crate) fn login(given: &sandbox::OptiplyCredentials) -> Login {
    Login {
        client_id: given.client_id.as_str().into(),
        client_secret: given.client_secret.as_str().into(),
        username: given.username.as_str().into(),
        password: given.password.as_str().into(),
    }
}

/// Credentials that must never be seen again.
pub(crate) fn canaries() -> Login {
    Login {
        client_id: "id-canary".into(),
        client_secret: "secret-canary".into(),
        username: "user-canary".into(),
        password: "password-canary".into(),
    }
}

impl World {
    pub(crate) fn at(
        way: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        (base, token): (&str, &str),
        login: Login,
        limits: PaceLimits,
    ) -> Self {
        let url = |text: &str| Url::parse(text).expect("an address");
        let tokens = Tokens::new(way.clone(), url(token), login, clock.clone());
        let tokens = Arc::new(tokens.expect("a permitted address"));
        let client = Optiply::new(Parts {
            transport: way,
            tokens: tokens.clone(),
            pace: Pace::new(limits, clock.clone(), rng()),
            clock: clock.clone(),
            account: Account::new(url(base), 77, None).expect("a permitted address"),
        });
        Self {
            client,
            tokens,
            clock,
        }
    }

    /// Over a script, which also answers for the token endpoint.
    pub(crate) fn scripted(way: Arc<dyn Transport>) -> Self {
        let places = (
            "https://optiply.example.test/v1",
            "https://login.example.test/api/auth/oauth/token",
        );
        Self::at(
            way,
            TokioClock::at(NOON),
            places,
            canaries(),
            PaceLimits::default(),
        )
    }

    /// Over a sandbox in this process, on the same virtual clock.
    pub(crate) fn sandboxed() -> (Sandbox, Self) {
        Self::sandboxed_with(fast())
    }

    pub(crate) fn sandboxed_with(limits: PaceLimits) -> (Sandbox, Self) {
        let (sandbox, clock) = virtual_sandbox(|_| {});
        let way = Arc::new(InProcess(sandbox.router()));
        let world = Self::at(
            way,
            clock,
            (
                "http://127.0.0.1/v1",
                "http://127.0.0.1/api/auth/oauth/token",
            ),
            login(&sandbox.optiply().credentials()),
            limits,
        );
        (sandbox, world)
    }

    pub(crate) async fn product(&self, name: &str) -> i64 {
        self.make(&product(name)).await.row.id
    }

    pub(crate) async fn supplier(&self, name: &str) -> i64 {
        self.make(&supplier(name)).await.row.id
    }

    pub(crate) async fn make(&self, payload: &Payload) -> Made {
        self.client.create(payload).await.expect("a row")
    }
}

/// A pace that keeps tests about something else short.
pub(crate) fn fast() -> PaceLimits {
    PaceLimits {
        start_per_minute: 60_000,
        most_per_minute: 60_000,
        ..PaceLimits::default()
    }
}

pub(crate) fn granted(token: &str) -> Response {
    let body = serde_json::json!({
        "access_token": token, "refresh_token": "refresh-canary", "token_type": "bearer",
        "expires_in": 3599, "scope": "read write delete",
    });
    reply(200, body.to_string())
}

pub(crate) fn is_grant(request: &Request) -> bool {
    request.url.path().ends_with("/oauth/token")
}

/// One product, as the real one would show it.
pub(crate) fn document(id: i64) -> String {
    format!(
        r#"{{"data":{{"type":"products","id":"{id}","attributes":{{"name":"P","price":"8.26"}}}}}}"#
    )
}

pub(crate) fn product(name: &str) -> Payload {
    Payload::of(&Product {
        name: Some(name.to_owned()),
        stock_level: Some(7),
        unlimited_stock: Some(false),
        article_code: Some(format!("a-{name}")),
        price: Some("8.2".parse().expect("an amount")),
        ..Product::default()
    })
    .expect("a payload")
}

pub(crate) fn supplier(name: &str) -> Payload {
    Payload::of(&Supplier {
        name: Some(name.to_owned()),
        ..Supplier::default()
    })
    .expect("a payload")
}

pub(crate) fn line(product: i64, value: &str) -> OrderLine {
    OrderLine {
        product_id: Some(product),
        quantity: Some(2),
        subtotal_value: Some(value.parse().expect("an amount")),
        ..OrderLine::default()
    }
}

pub(crate) fn sell_order(lines: Vec<OrderLine>) -> Payload {
    let placed = "2026-01-06T14:03:22Z".parse().ok();
    Payload::of(&SellOrder {
        placed,
        completed: placed,
        total_value: Some("41.3".parse().expect("an amount")),
        order_lines: lines,
    })
    .expect("a payload")
}

pub(crate) fn buy_order(supplier: i64, lines: Vec<OrderLine>) -> Payload {
    Payload::of(&BuyOrder {
        placed: "2026-01-06T08:00:00Z".parse().ok(),
        supplier_id: Some(supplier),
        total_value: Some("120".parse().expect("an amount")),
        order_lines: lines,
        ..BuyOrder::default()
    })
    .expect("a payload")
}
