//! The control side for tests in another process, below `/sandbox/optiply`.

use axum::{
    Json, Router,
    extract::{Path, State as Held},
    http::StatusCode,
    routing::get,
};

use crate::{
    optiply::{
        Behaviour, OptiplyCall, OptiplyCredentials, OptiplyFault, OptiplyRow, OptiplyWrite,
        Weather, resource::Resource,
    },
    sandbox::Sandbox,
};

pub(super) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox/optiply/credentials", get(credentials))
        .route("/sandbox/optiply/history", get(history).delete(forget))
        .route("/sandbox/optiply/writes", get(writes))
        .route("/sandbox/optiply/rows/{resource}", get(rows))
        .route(
            "/sandbox/optiply/fault",
            axum::routing::post(set_fault).delete(clear_faults),
        )
        .route("/sandbox/optiply/weather", axum::routing::post(set_weather))
        .route(
            "/sandbox/optiply/behaviour",
            axum::routing::post(set_behaviour),
        )
}

async fn credentials(Held(sandbox): Held<Sandbox>) -> Json<OptiplyCredentials> {
    Json(sandbox.optiply().credentials())
}

async fn history(Held(sandbox): Held<Sandbox>) -> Json<Vec<OptiplyCall>> {
    Json(sandbox.optiply().history())
}

async fn writes(Held(sandbox): Held<Sandbox>) -> Json<Vec<OptiplyWrite>> {
    Json(sandbox.optiply().writes())
}

async fn forget(Held(sandbox): Held<Sandbox>) -> StatusCode {
    sandbox.optiply().clear_history();
    StatusCode::NO_CONTENT
}

async fn rows(
    Held(sandbox): Held<Sandbox>,
    Path(name): Path<String>,
) -> Result<Json<Vec<OptiplyRow>>, StatusCode> {
    let resource = Resource::from_name(&name).ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(sandbox.optiply().rows(resource)))
}

async fn set_fault(Held(sandbox): Held<Sandbox>, Json(fault): Json<OptiplyFault>) -> StatusCode {
    sandbox.optiply().set_fault(fault);
    StatusCode::NO_CONTENT
}

async fn clear_faults(Held(sandbox): Held<Sandbox>) -> StatusCode {
    sandbox.optiply().clear_faults();
    StatusCode::NO_CONTENT
}

async fn set_weather(Held(sandbox): Held<Sandbox>, Json(weather): Json<Weather>) -> StatusCode {
    sandbox.optiply().set_weather(weather);
    StatusCode::NO_CONTENT
}

async fn set_behaviour(Held(sandbox): Held<Sandbox>, Json(wanted): Json<Behaviour>) -> StatusCode {
    sandbox.optiply().behave(|behaviour| *behaviour = wanted);
    StatusCode::NO_CONTENT
}
