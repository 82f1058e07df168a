//! An answer before it becomes a response, and the bodies of errors.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};
use serde_json::json;

use crate::limits::Admission;

/// The status the history shows, and callers within the process get, when a connection is cut.
pub(crate) const CUT: u16 = 599;

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=UTF-8";

/// What is sent back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body ends in the middle.
    pub(crate) truncated: bool,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &'static str, body: String) -> Answer {
        Answer {
            status,
            content_type,
            body,
            headers: Vec::new(),
            truncated: false,
        }
    }

    pub(crate) fn ok(body: String) -> Answer {
        Answer::new(200, JSON, body)
    }

    /// The connection is cut without an answer.
    pub(crate) fn cut() -> Answer {
        Answer::new(CUT, HTML, String::new())
    }

    pub(crate) fn html(status: u16, body: String) -> Answer {
        Answer::new(status, HTML, body)
    }

    pub(crate) fn xml(name: &str) -> Answer {
        let body = format!("<?xml version=\"1.0\"?>\n<{name}s/>");
        Answer::new(200, "application/vnd.merchantos.pos-v1+xml", body)
    }

    /// An error of the API proper.
    pub(crate) fn error(status: u16, message: &str, class: &str) -> Answer {
        let reason = StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("Error");
        let body = json!({
            "httpCode": status.to_string(),
            "httpMessage": reason,
            "message": message,
            "errorClass": class,
        });
        // JSON labelled as HTML is what the real one sends for some of its errors.
        let content_type = if status == 404 { HTML } else { JSON };
        Answer::new(status, content_type, body.to_string())
    }

    /// An error of the OAuth family.
    pub(crate) fn oauth_error(status: u16, error: &str, description: &str, hint: &str) -> Answer {
        let body = json!({ "error": error, "error_description": description, "hint": hint });
        Answer::new(status, JSON, body.to_string())
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl ToString) -> Answer {
        self.headers.push((name, value.to_string()));
        self
    }

    /// The numbers of the limiters, and on a block which one blocked and for how long.
    pub(crate) fn limit_headers(self, admission: &Admission) -> Answer {
        self.header(
            "X-LS-Api-Bucket-Level",
            format!("{}/{}", admission.level, admission.size),
        )
        .header(
            "X-LS-API-Burst-Level",
            format!("{}/{}", admission.burst, admission.burst_size),
        )
        .header("X-LS-Api-Drip-Rate", admission.drip)
        .header("X-LS-API-Request-Cost", admission.cost)
    }

    pub(crate) fn into_response(self, date: DateTime<Utc>) -> Response<Body> {
        let length = self.body.len();
        let body = if self.truncated {
            let half = Bytes::from(self.body.into_bytes()).slice(..length / 2);
            // The pause lets the half be sent before the connection breaks.
            let broken = async {
                tokio::task::yield_now().await;
                Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
            };
            Body::from_stream(stream::iter([Ok(half)]).chain(stream::once(broken)))
        } else {
            Body::from(self.body)
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(self.content_type),
        );
        if self.truncated {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let own = [("Date", date)];
        for (name, value) in own.into_iter().chain(self.headers) {
            if let (Ok(name), Ok(value)) = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_str(&value),
            ) {
                headers.insert(name, value);
            }
        }
        response
    }
}
