//! The control side for tests in another process, below `/sandbox`.

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    routing::get,
};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::{
    fault::Fault,
    history::Call,
    optiply::Weather,
    sandbox::{Credentials, Sandbox},
    truth::{Mode, PricesIncludeTax, Truth, View},
    writes::OrderWrite,
};

/// The view as query parameters; what is missing takes the default of a view over all shops.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    mode: String,
    #[serde(default)]
    shops: String,
    default_shop: Option<u64>,
    #[serde(default)]
    sync_all: bool,
    history_since: Option<DateTime<Utc>>,
    #[serde(default)]
    prices_include_tax: String,
    #[serde(default)]
    count_in_transit: bool,
    #[serde(default)]
    include_open_pos: bool,
    article_code: Option<bool>,
}

impl Asked {
    fn view(self) -> View {
        let mode = match self.mode.as_str() {
            "one" => Mode::One,
            "multiple" => Mode::Multiple(
                self.shops
                    .split(',')
                    .filter_map(|id| id.trim().parse().ok())
                    .collect(),
            ),
            _ => Mode::All,
        };
        View {
            mode,
            default_shop: self.default_shop.unwrap_or(1),
            sync_all: self.sync_all,
            history_since: self.history_since,
            prices_include_tax: match self.prices_include_tax.as_str() {
                "yes" => PricesIncludeTax::Yes,
                "no" => PricesIncludeTax::No,
                _ => PricesIncludeTax::Auto,
            },
            count_in_transit: self.count_in_transit,
            include_open_pos: self.include_open_pos,
            article_code: self.article_code.unwrap_or(true),
        }
    }
}

pub(super) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox/credentials", get(credentials))
        .route("/sandbox/truth", get(truth))
        .route("/sandbox/history", get(history).delete(clear_history))
        .route("/sandbox/writes", get(writes))
        .route("/sandbox/weather", axum::routing::post(set_weather))
        .route(
            "/sandbox/fault",
            axum::routing::post(set_fault).delete(clear_faults),
        )
}

async fn credentials(State(sandbox): State<Sandbox>) -> Json<Credentials> {
    Json(sandbox.credentials())
}

async fn truth(State(sandbox): State<Sandbox>, Query(asked): Query<Asked>) -> Json<Truth> {
    Json(sandbox.truth(&asked.view()))
}

async fn history(State(sandbox): State<Sandbox>) -> Json<Vec<Call>> {
    Json(sandbox.history())
}

async fn writes(State(sandbox): State<Sandbox>) -> Json<Vec<OrderWrite>> {
    Json(sandbox.writes())
}

async fn set_weather(State(sandbox): State<Sandbox>, Json(weather): Json<Weather>) -> StatusCode {
    sandbox.set_weather(weather);
    StatusCode::NO_CONTENT
}

async fn clear_history(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.clear_history();
    StatusCode::NO_CONTENT
}

async fn set_fault(State(sandbox): State<Sandbox>, Json(fault): Json<Fault>) -> StatusCode {
    sandbox.set_fault(fault);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.clear_faults();
    StatusCode::NO_CONTENT
}
