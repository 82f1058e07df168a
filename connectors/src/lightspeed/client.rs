//! One call to the API: token, room, sending, settling, and what the status means.

use super::account::Account;
use super::auth::{Access, TokenError, Tokens};
use super::budget::{Budget, Drips, Priority};
use super::error::SourceError;
use super::pages::{self, Asked, NextLink, Page};
use super::query::{self, Query};
use crate::http::header::{ACCEPT, AUTHORIZATION};
use crate::http::{
    HeaderMap, HeaderValue, Request, Response, StatusCode, Transport, TransportError, bearer,
    error_json, excerpt,
};
use pipeline::Clock;
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use url::Url;

/// How long one call may be kept waiting by 429s before the caller is told to come back.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Tokens tried for one call: the one at hand, one renewed by somebody else, one we renewed.
const MAX_TOKENS: u32 = 3;

/// What a [`Lightspeed`] is made of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The way out.
    pub transport: Arc<dyn Transport>,
    /// The connection's tokens.
    pub tokens: Arc<Tokens>,
    /// The budget of this (account, client).
    pub budget: Budget,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where the account's resources live.
    pub account: Account,
    /// Whose calls these are.
    pub priority: Priority,
}

/// A Lightspeed account, read within its budget. Clones share everything.
#[derive(Clone, Debug)]
pub struct Lightspeed {
    parts: Parts,
    /// What the last write cost, in thousandths of a drip.
    write_cost: Arc<AtomicI64>,
}

/// What a write costs under the documented model; the headers decide.
const WRITE_COST_MILLI: i64 = 1_000;

/// A successful answer.
pub(super) struct Answer {
    pub(super) response: Response,
    pub(super) latency: Duration,
    pub(super) cost: Drips,
    access: Access,
}

impl Answer {
    /// What it says, if it is not what was asked for.
    pub(super) fn excerpt(&self) -> String {
        excerpt(&self.response.body, &[self.token()])
    }

    /// What it was asked with, so that it can be kept out of what is shown.
    pub(super) fn token(&self) -> &str {
        self.access.token.expose_secret()
    }
}

impl Lightspeed {
    /// A client of these parts.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            write_cost: Arc::new(AtomicI64::new(WRITE_COST_MILLI)),
        }
    }

    pub(super) const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// What to expect of a write, in thousandths: what the last one cost.
    pub(super) fn write_cost(&self) -> i64 {
        self.write_cost.load(Ordering::Relaxed)
    }

    pub(super) fn note_write_cost(&self, cost: Drips) {
        self.write_cost.store(cost.as_milli(), Ordering::Relaxed);
    }

    /// The account it reads.
    pub const fn account_space(&self) -> &Account {
        &self.parts.account
    }

    /// The budget it keeps to.
    pub const fn budget(&self) -> &Budget {
        &self.parts.budget
    }

    /// The same account for calls of another priority.
    #[must_use]
    pub fn with_priority(mut self, priority: Priority) -> Self {
        self.parts.priority = priority;
        self
    }

    /// Renews the tokens although they are valid, so that those of an idle connection do not lapse.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn renew(&self) -> Result<(), TokenError> {
        self.parts.tokens.renew().await.map(drop)
    }

    /// The first page of a query.
    ///
    /// # Errors
    /// See [`SourceError`]; nothing that was not proven comes back as a page.
    pub async fn first(&self, query: &Query) -> Result<Page, SourceError> {
        let url = query.url(&self.parts.account);
        let answer = self
            .get(&url, query::resource(query.feed), query.expected_cost())
            .await?;
        self.page(&Asked::by(query, &url), answer)
    }

    /// The page a link leads to; expect it to cost what the page before did.
    ///
    /// Ask a [`super::Walk`] first whether the link is new.
    ///
    /// # Errors
    /// See [`SourceError`].
    pub async fn follow(&self, link: &NextLink, expected: Drips) -> Result<Page, SourceError> {
        let answer = self
            .get(link.url(), query::resource(link.feed()), expected)
            .await?;
        self.page(&Asked::by_link(link), answer)
    }

    fn page(&self, asked: &Asked<'_>, answer: Answer) -> Result<Page, SourceError> {
        pages::read(asked, &self.parts.account, answer)
    }

    /// Reads `url`, waiting out 429s up to [`PATIENCE`] and renewing a refused token once.
    #[tracing::instrument(name = "lightspeed.get", level = "debug", skip_all, fields(resource))]
    pub(super) async fn get(
        &self,
        url: &Url,
        resource: &str,
        cost: Drips,
    ) -> Result<Answer, SourceError> {
        let parts = &self.parts;
        let mut access = parts.tokens.access().await?;
        let mut tokens_tried = 1;
        let mut renewed = false;
        let mut waited = Duration::ZERO;
        loop {
            let permit = parts.budget.reserve(cost, parts.priority).await;
            let Some(authorization) = bearer(&access.token) else {
                return Err(SourceError::Unauthorized {
                    resource: resource.to_owned(),
                });
            };
            let mut request = Request::get(url.clone());
            request.headers.insert(AUTHORIZATION, authorization);
            request
                .headers
                .insert(ACCEPT, HeaderValue::from_static("application/json"));
            let sent = parts.clock.monotonic();
            let outcome = parts.transport.send(request).await;
            let latency = parts.clock.monotonic().saturating_sub(sent);
            // Without an answer the permit is dropped unsettled and keeps its cost.
            let response = outcome.map_err(|error| lost(resource, error))?;
            log(resource, &response, latency);

            if response.status == StatusCode::TOO_MANY_REQUESTS {
                let pause = permit.refused(&response.headers);
                tracing::debug!(
                    resource,
                    pause_ms = pause.as_millis(),
                    "the account is paused"
                );
                waited += pause;
                if waited > PATIENCE {
                    return Err(SourceError::RateLimited { after: pause });
                }
                continue;
            }
            let cost = permit.settle(&response.headers);
            if response.status == StatusCode::UNAUTHORIZED {
                if renewed || tokens_tried >= MAX_TOKENS {
                    return Err(SourceError::Unauthorized {
                        resource: resource.to_owned(),
                    });
                }
                access = parts.tokens.refused(access.generation).await?;
                renewed = access.renewed;
                tokens_tried += 1;
                continue;
            }
            if response.status.is_success() {
                return Ok(Answer {
                    response,
                    latency,
                    cost,
                    access,
                });
            }
            let said = parts.tokens.excerpt(&response.body, &access).await;
            return Err(refusal(resource, response.status.as_u16(), said));
        }
    }
}

/// What an answer that is no success says, without any secret.
pub(super) async fn excerpt_of(
    client: &Lightspeed,
    response: &Response,
    access: &Access,
) -> String {
    // Only what it says, if it says it in the documented way.
    let body = error_json(&response.body).unwrap_or_default();
    let said = body["message"].as_str().map(str::as_bytes);
    let said = said.unwrap_or(&response.body);
    client.parts.tokens.excerpt(said, access).await
}

fn lost(resource: &str, source: TransportError) -> SourceError {
    let resource = resource.to_owned();
    match source {
        TransportError::Timeout { .. } | TransportError::TooLarge { .. } => {
            SourceError::TooHeavy { resource, source }
        }
        TransportError::Connect { .. }
        | TransportError::Broken { .. }
        | TransportError::Setup(_) => SourceError::Transport { resource, source },
    }
}

/// What a status that is no success means.
fn refusal(resource: &str, status: u16, message: String) -> SourceError {
    let resource = resource.to_owned();
    match status {
        403 => SourceError::Forbidden { resource, message },
        408 | 500..=599 => SourceError::Overloaded { resource, status },
        409 => SourceError::TryLater { resource, status },
        400 if message.contains("Please try again later.") => {
            SourceError::TryLater { resource, status }
        }
        300..=399 => SourceError::Refused {
            resource,
            status,
            message: "redirects are not followed".to_owned(),
        },
        _ => SourceError::Refused {
            resource,
            status,
            message,
        },
    }
}

fn log(resource: &str, response: &Response, latency: Duration) {
    let header = |name: &str| text(&response.headers, name);
    tracing::debug!(
        method = "GET",
        resource,
        status = response.status.as_u16(),
        latency_ms = latency.as_millis(),
        cost = header("x-ls-api-request-cost"),
        level = header("x-ls-api-bucket-level"),
        cf_ray = header("cf-ray"),
        "lightspeed answered"
    );
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    // Short values only: what a header may hold is not ours to trust.
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .filter(|text| text.len() <= 64)
        .unwrap_or("")
}
