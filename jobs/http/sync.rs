//! `POST /api/connections/{name}/sync`: bring a connection up to date now.

use super::Api;
use super::answer::Refusal;
use crate::cli::usable;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use pipeline::id::RunId;
use serde::Serialize;
use storage::Trigger;

/// What became of the request.
#[derive(Debug, Serialize)]
pub(super) struct Accepted {
    pub(super) connection: String,
    /// The run at work.
    pub(super) run: Address,
    /// Whether it was open already.
    pub(super) joined: bool,
    /// The run that follows it directly, because the first may have missed what was asked for.
    pub(super) again: Option<Address>,
}

/// Where to look at a run.
#[derive(Debug, Serialize)]
pub(super) struct Address {
    id: i64,
    href: String,
}

impl Address {
    pub(super) fn of(connection: &str, run: RunId) -> Self {
        Self {
            id: run.0,
            href: format!("/api/connections/{connection}/status?run={run}"),
        }
    }
}

pub(super) async fn post(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    let store = &api.deps.store;
    let connection = store.connection(&name).await?;
    usable(&connection)?;
    let requested = store.request_import(connection.id, Trigger::Manual).await?;
    Ok(accepted(Accepted {
        run: Address::of(&name, requested.run),
        joined: requested.joined,
        again: requested.again.map(|run| Address::of(&name, run)),
        connection: name,
    }))
}

/// The answer to a request that a worker carries out.
pub(super) fn accepted(accepted: Accepted) -> Response {
    // What the caller waits for is the fresh run, if there is one.
    let place = accepted
        .again
        .as_ref()
        .unwrap_or(&accepted.run)
        .href
        .clone();
    (
        StatusCode::ACCEPTED,
        [(header::LOCATION, place)],
        Json(accepted),
    )
        .into_response()
}
