//! The HTTP API: what a dashboard, a load balancer and a monitor ask of the worker.

mod answer;
mod auth;
mod events;
mod export;
mod metrics;
mod status;
mod sync;
mod text;

pub use auth::{Guard, must_have_token};

use crate::deps::Deps;
use answer::Refusal;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use secrecy::SecretString;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::TcpListener;

/// What the handlers are given.
#[derive(Clone, Debug)]
pub struct Api {
    deps: Deps,
    guard: Arc<Guard>,
    /// Whether this process is the worker.
    ready: Arc<AtomicBool>,
}

impl Api {
    /// An API over this database. Callers must show the token, if there is one.
    pub fn new(deps: Deps, token: Option<&SecretString>, ready: Arc<AtomicBool>) -> Self {
        Self {
            deps,
            guard: Arc::new(Guard::new(token)),
            ready,
        }
    }

    /// The routes.
    pub fn router(self) -> Router {
        let guarded = Router::new()
            .route("/api/connections/{name}/sync", post(sync::post))
            .route("/api/connections/{name}/export", post(export::post))
            .route("/api/connections/{name}/status", get(status::get))
            .route("/metrics", get(metrics::get))
            .fallback(nowhere)
            .method_not_allowed_fallback(wrong_method)
            .layer(middleware::from_fn_with_state(self.clone(), auth::check));
        Router::new()
            .route("/healthz", get(healthy))
            .route("/readyz", get(ready))
            .merge(guarded)
            .with_state(self)
    }
}

/// Serves the API until this process is asked to stop.
pub(crate) async fn serve(api: Api, listener: TcpListener) {
    let shutdown = api.deps.shutdown.clone();
    let served = axum::serve(listener, api.router())
        .with_graceful_shutdown(async move { shutdown.cancelled().await });
    if let Err(error) = served.await {
        tracing::error!(%error, "the HTTP API ended");
    }
}

/// The process lives.
async fn healthy() -> Response {
    axum::Json(json!({"status": "ok"})).into_response()
}

/// It is the worker, and the database answers.
async fn ready(State(api): State<Api>) -> Response {
    let worker = api.ready.load(Ordering::Relaxed);
    let database = api.deps.store.pulse().await.is_ok();
    let status = if worker && database {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({"ready": worker && database, "worker": worker, "database": database});
    (status, axum::Json(body)).into_response()
}

async fn nowhere() -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "there is nothing at this address",
        Some("the addresses are listed in docs/operations.md"),
    )
}

async fn wrong_method() -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method",
        "this address does not take this method",
        Some("POST …/sync and …/export, GET everything else"),
    )
}
