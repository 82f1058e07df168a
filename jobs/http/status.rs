//! `GET /api/connections/{name}/status`: where a connection, or one of its runs, stands.

use super::answer::Refusal;
use super::{Api, events};
use crate::cli::{CliError, overview, overview_of_run};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use pipeline::id::RunId;
use serde::Deserialize;
use storage::{Connection, Run, StoreError};

/// Runs that are shown of a connection.
const RUNS: u32 = 3;

/// What may be asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    /// One run only.
    run: Option<i64>,
}

pub(super) async fn get(
    State(api): State<Api>,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let connection = api.deps.store.connection(&name).await?;
    let run = match wanted.run {
        Some(id) => Some(run_of(&api, &connection, RunId(id)).await?),
        None => None,
    };
    if wants_events(&headers) {
        return Ok(events::stream(api, connection, run).into_response());
    }
    Ok(match run {
        Some(run) => Json(overview_of_run(&api.deps, run).await?).into_response(),
        None => Json(overview(&api.deps, connection, RUNS).await?).into_response(),
    })
}

async fn run_of(api: &Api, connection: &Connection, id: RunId) -> Result<Run, Refusal> {
    match api.deps.store.run(id).await {
        Ok(run) if run.connection == connection.id => Ok(run),
        Ok(_) | Err(StoreError::NotFound { .. }) => Err(CliError::usage(
            "no_such_run",
            format!("connection {:?} has no run {id}", connection.name),
            "the status without `run` lists the newest ones",
        )
        .into()),
        Err(error) => Err(error.into()),
    }
}

fn wants_events(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/event-stream"))
}
