//! Refusals, in the shape that the commands use too.

use crate::cli::{CliError, Failure};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A request that was not carried out, and why.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: String,
    message: String,
    remedy: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &str, message: &str, remedy: Option<&str>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
            remedy: remedy.map(str::to_owned),
        }
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        let failure = Failure::of(&error);
        let status = match failure.code {
            "no_such_connection" | "no_such_run" => StatusCode::NOT_FOUND,
            "draft" | "needs_reconnect" | "not_active" => StatusCode::CONFLICT,
            "database_busy" => StatusCode::SERVICE_UNAVAILABLE,
            _ => {
                tracing::error!(error = failure.message, "a request of the API failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self {
            status,
            code: failure.code.to_owned(),
            message: failure.message,
            remedy: failure.remedy,
        }
    }
}

impl From<storage::StoreError> for Refusal {
    fn from(error: storage::StoreError) -> Self {
        anyhow::Error::from(error).into()
    }
}

impl From<CliError> for Refusal {
    fn from(error: CliError) -> Self {
        anyhow::Error::from(error).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": {
            "code": self.code, "message": self.message, "remedy": self.remedy,
        }});
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
