//! One call to the API: token, turn, sending, and what the status means.

use super::account::Account;
use super::auth::{Access, Tokens};
use super::error::{Doing, OptiplyError};
use super::message;
use super::pace::{Kind, Lane, Pace, Permit};
use super::resource::Resource;
use super::server_clock::ServerClock;
use crate::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use crate::http::{
    HeaderMap, HeaderValue, Method, Request, Response, Transport, bearer, excerpt, retry_after,
    server_date,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use pipeline::Clock;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long a write, or a read of one row, may take. Whoever sends under a lease must hold it for
/// longer than this.
pub const WRITE_LIMIT: Duration = Duration::from_secs(30);

/// How long a page may take.
pub const READ_LIMIT: Duration = Duration::from_secs(60);

/// How long one call may be kept waiting by 429s before the caller is told to come back.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Tokens tried for one call: the one at hand, one fetched by another call, one we fetched.
const MAX_TOKENS: u32 = 3;

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.api+json");
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("stockbridge/", env!("CARGO_PKG_VERSION")));

/// What an [`Optiply`] is made of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The way out.
    pub transport: Arc<dyn Transport>,
    /// The account's tokens.
    pub tokens: Arc<Tokens>,
    /// The account's pace.
    pub pace: Pace,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where the account's resources live.
    pub account: Account,
}

/// An Optiply account. Clones share everything.
#[derive(Clone, Debug)]
pub struct Optiply {
    parts: Parts,
    server: Arc<ServerClock>,
    lane: Lane,
}

/// What is asked.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Bytes,
    pub(super) resource: Resource,
    pub(super) kind: Kind,
    pub(super) doing: Doing,
}

/// An answer that is a success.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Bytes,
    pub(super) date: Option<DateTime<Utc>>,
    pub(super) latency: Duration,
    /// What it was asked with, so that it can be kept out of what is shown.
    access: Access,
}

impl Optiply {
    /// A client of these parts.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            server: Arc::default(),
            lane: Lane::default(),
        }
    }

    /// The same account for calls of another lane.
    #[must_use]
    pub const fn in_lane(mut self, lane: Lane) -> Self {
        self.lane = lane;
        self
    }

    /// The account it writes to.
    pub const fn account(&self) -> &Account {
        &self.parts.account
    }

    /// The pace it keeps to.
    pub const fn pace(&self) -> &Pace {
        &self.parts.pace
    }

    /// What time Optiply believes it is, by the newest answer; none before the first.
    pub fn server_now(&self) -> Option<DateTime<Utc>> {
        self.server.now(self.parts.clock.monotonic())
    }

    /// Sends a call, waiting out 429s up to [`PATIENCE`] and fetching another token once.
    ///
    /// Nothing else is repeated here. A future that is dropped leaves the outcome of a write open.
    #[tracing::instrument(name = "optiply.call", level = "debug", skip_all,
        fields(method = %call.method, resource = %call.resource))]
    pub(super) async fn send(&self, call: Call) -> Result<Answer, OptiplyError> {
        let parts = &self.parts;
        let resource = call.resource;
        let mut access = parts.tokens.access().await?;
        let mut tokens_tried = 1;
        let mut renewed = false;
        let mut waited = Duration::ZERO;
        loop {
            let permit = parts.pace.reserve(call.kind, self.lane).await;
            let (permit, response, latency) = self.once(&call, &access, permit).await?;
            if response.status.as_u16() == 429 {
                let asked = retry_after(&response.headers, parts.clock.now());
                let pause = permit.refused(asked);
                waited += pause;
                if waited > PATIENCE {
                    return Err(OptiplyError::RateLimited { after: pause });
                }
                // A token may end during a long pause.
                access = parts.tokens.access().await?;
                continue;
            }
            settle(permit, &response, latency);
            if response.status.as_u16() == 401 {
                if renewed || tokens_tried >= MAX_TOKENS {
                    return Err(OptiplyError::Unauthorized { resource });
                }
                access = parts.tokens.refused(access.generation).await?;
                renewed = access.renewed;
                tokens_tried += 1;
                continue;
            }
            if response.status.is_success() {
                return Ok(Answer {
                    status: response.status.as_u16(),
                    date: server_date(&response.headers),
                    body: response.body,
                    latency,
                    access,
                });
            }
            let said = message::read(&response.body, &parts.tokens.secrets(&access));
            let after = retry_after(&response.headers, parts.clock.now());
            return Err(refusal(&call, response.status.as_u16(), said, after));
        }
    }

    /// One request on its way and back.
    async fn once(
        &self,
        call: &Call,
        access: &Access,
        permit: Permit,
    ) -> Result<(Permit, Response, Duration), OptiplyError> {
        let parts = &self.parts;
        let (resource, doing) = (call.resource, call.doing);
        let Some(authorization) = bearer(&access.token) else {
            return Err(OptiplyError::Unauthorized { resource });
        };
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization);
        headers.insert(ACCEPT, MEDIA_TYPE);
        headers.insert(CONTENT_TYPE, MEDIA_TYPE);
        headers.insert(USER_AGENT, AGENT);
        let request = Request {
            method: call.method.clone(),
            url: call.url.clone(),
            headers,
            body: call.body.clone(),
        };
        let limit = match call.kind {
            Kind::List => READ_LIMIT,
            Kind::Read | Kind::Write => WRITE_LIMIT,
        };
        let sent = parts.clock.monotonic();
        let outcome = tokio::time::timeout(limit, parts.transport.send(request)).await;
        let latency = parts.clock.monotonic().saturating_sub(sent);
        let response = match outcome {
            Ok(Ok(response)) => response,
            Ok(Err(source)) => {
                permit.failed();
                return Err(OptiplyError::Lost {
                    resource,
                    source,
                    doing,
                });
            }
            Err(_) => {
                permit.failed();
                return Err(OptiplyError::TimedOut {
                    resource,
                    limit,
                    doing,
                });
            }
        };
        if let Some(date) = server_date(&response.headers) {
            self.server.heard(date, parts.clock.monotonic());
        }
        tracing::debug!(
            status = response.status.as_u16(),
            latency_ms = latency.as_millis(),
            "optiply answered"
        );
        Ok((permit, response, latency))
    }

    pub(super) fn unreadable(&self, call: (Resource, Doing), answer: &Answer) -> OptiplyError {
        OptiplyError::Unreadable {
            resource: call.0,
            doing: call.1,
            status: answer.status,
            // A success holds rows only, but what is no row may be anything.
            excerpt: excerpt(&answer.body, &self.parts.tokens.secrets(&answer.access)),
        }
    }
}

fn settle(permit: Permit, response: &Response, latency: Duration) {
    if matches!(response.status.as_u16(), 408 | 500..) {
        permit.failed();
    } else {
        permit.answered(latency);
    }
}

/// What a status that is no success means.
fn refusal(call: &Call, status: u16, message: String, after: Option<Duration>) -> OptiplyError {
    let (resource, doing) = (call.resource, call.doing);
    match status {
        400 | 422 if message.contains("is not a valid address") => {
            OptiplyError::InvalidEmail { message }
        }
        400 | 422 => OptiplyError::Invalid {
            resource,
            message,
            doing,
        },
        403 => OptiplyError::Forbidden { resource, message },
        404 | 410 => OptiplyError::Gone {
            resource,
            message,
            doing,
        },
        409 => OptiplyError::Conflict {
            resource,
            message,
            doing,
        },
        408 | 500.. => OptiplyError::Server {
            resource,
            status,
            message,
            after,
            doing,
        },
        _ => OptiplyError::Refused {
            resource,
            status,
            message,
            doing,
        },
    }
}
