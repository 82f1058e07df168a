//! `POST /api/connections/{name}/export`: bring buy orders to Lightspeed now.

use super::Api;
use super::answer::Refusal;
use super::sync::{Accepted, Address, accepted};
use crate::cli::usable;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use storage::Trigger;

pub(super) async fn post(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    let store = &api.deps.store;
    let connection = store.connection(&name).await?;
    usable(&connection)?;
    if !store.delivers(connection.id).await? {
        return Err(Refusal::new(
            StatusCode::CONFLICT,
            "no_optiply",
            "the connection holds no credentials of Optiply, so there are no buy orders to export",
            Some("give it the credentials with `stockbridge connect`"),
        ));
    }
    let asked = store.request_export(connection.id, Trigger::Manual).await?;
    Ok(accepted(Accepted {
        run: Address::of(&name, asked.run),
        joined: asked.joined,
        again: None,
        connection: name,
    }))
}
