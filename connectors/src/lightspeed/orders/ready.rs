//! The right to send one write: token and room are at hand, so that it goes at once.

use super::super::auth::Access;
use super::super::budget::{Drips, Permit};
use super::super::client::{Lightspeed, excerpt_of};
use super::error::WriteError;
use super::held::id;
use super::write::{OrderWrite, Verb, Written};
use crate::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use crate::http::{HeaderValue, Method, Request, Response, TransportError, bearer};
use bytes::Bytes;
use serde_json::Value;
use std::time::Duration;

/// How long a write may take. Whoever sends under a lease must hold it for longer than this.
pub const WRITE_LIMIT: Duration = Duration::from_secs(30);

/// The right to send one write. Dropped unused, its cost stays spent.
#[derive(Debug)]
#[must_use = "what is ready and not sent has spent its cost for nothing"]
pub struct Ready {
    client: Lightspeed,
    access: Access,
    permit: Permit,
}

impl Lightspeed {
    /// Waits until a write may be sent: for a valid token, and for room.
    ///
    /// # Errors
    /// When no token could be had.
    pub async fn ready(&self) -> Result<Ready, WriteError> {
        let access = self.parts().tokens.access().await?;
        let cost = Drips::milli(self.write_cost());
        let permit = self.budget().reserve(cost, self.parts().priority).await;
        Ok(Ready {
            client: self.clone(),
            access,
            permit,
        })
    }
}

impl Ready {
    /// Sends a write, once. Nothing is ever repeated here.
    ///
    /// # Errors
    /// See [`WriteError`], whose [`WriteError::effect`] tells what may have been left behind. A
    /// future that is dropped leaves that open.
    #[tracing::instrument(name = "lightspeed.write", level = "debug", skip_all,
        fields(resource = write.resource()))]
    pub async fn send(self, write: &OrderWrite<'_>) -> Result<Written, WriteError> {
        let Self {
            client,
            access,
            permit,
        } = self;
        let Some(authorization) = bearer(&access.token) else {
            return Err(WriteError::TokenRefused);
        };
        let mut request = request(&client, write);
        request.headers.insert(AUTHORIZATION, authorization);
        let parts = client.parts();
        let sent = tokio::time::timeout(WRITE_LIMIT, parts.transport.send(request)).await;
        let response = match sent {
            Err(_) => {
                return Err(WriteError::Unknown {
                    why: format!("no answer within {} s", WRITE_LIMIT.as_secs()),
                });
            }
            Ok(Err(source @ (TransportError::Connect { .. } | TransportError::Setup(_)))) => {
                return Err(WriteError::NotSent { source });
            }
            Ok(Err(other)) => {
                return Err(WriteError::Unknown {
                    why: other.to_string(),
                });
            }
            Ok(Ok(response)) => response,
        };
        tracing::debug!(
            method = write.verb().method().as_str(),
            resource = write.resource(),
            status = response.status.as_u16(),
            "lightspeed answered"
        );
        if response.status.as_u16() == 429 {
            let after = permit.refused(&response.headers);
            return Err(WriteError::RateLimited { after });
        }
        client.note_write_cost(permit.settle(&response.headers));
        match response.status.as_u16() {
            200..=299 => written(write, &response),
            401 => {
                // Whoever tries next finds another token at hand.
                parts.tokens.refused(access.generation).await?;
                Err(WriteError::TokenRefused)
            }
            status => {
                let message = excerpt_of(&client, &response, &access).await;
                Err(refusal(status, message))
            }
        }
    }
}

fn request(client: &Lightspeed, write: &OrderWrite<'_>) -> Request {
    let space = client.account_space();
    let url = match write.record() {
        None => space.list(write.resource()),
        Some(id) => space.record(write.resource(), id),
    };
    let mut request = Request::get(url);
    request.method = write.verb().method();
    let json = HeaderValue::from_static("application/json");
    request.headers.insert(ACCEPT, json.clone());
    if let Some(body) = write.body() {
        request.headers.insert(CONTENT_TYPE, json);
        request.body = Bytes::from(body.to_string());
    }
    request
}

impl Verb {
    const fn method(&self) -> Method {
        match self {
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
            Self::Delete => Method::DELETE,
        }
    }
}

/// A success whose body names what was written; without that nobody knows.
fn written(write: &OrderWrite<'_>, response: &Response) -> Result<Written, WriteError> {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let shown = id(&body[write.resource()], write.key()).or(write.record());
    let proven = body.is_object();
    match shown.filter(|_| proven) {
        Some(id) => Ok(Written { id }),
        None => Err(WriteError::Unknown {
            why: "the answer says neither yes nor no".to_owned(),
        }),
    }
}

fn refusal(status: u16, message: String) -> WriteError {
    match status {
        403 => WriteError::Forbidden { message },
        404 => WriteError::Gone { message },
        409 => WriteError::TryLater { status },
        408 | 500..=599 => WriteError::Unknown {
            why: format!("status {status}"),
        },
        400 if message.contains("Please try again later.") => WriteError::TryLater { status },
        _ => WriteError::Refused { status, message },
    }
}
