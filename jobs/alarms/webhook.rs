//! Messages to webhooks: signed, sent until they arrive, remembered over restarts.

use crate::backoff::backoff;
use crate::deps::Deps;
use anyhow::Context as _;
use bytes::Bytes;
use chrono::TimeDelta;
use connectors::http::{HeaderMap, HeaderValue, Method, Request, check_base_url, header};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use storage::{Message, StoreError};
use url::Url;

/// How often to look for messages that are due.
const LOOK: Duration = Duration::from_secs(2);

/// Messages sent in one go.
const BATCH: i64 = 20;

/// When a message has lost its point.
const STALE: TimeDelta = TimeDelta::days(3);

/// Checks an address: https, or http on this computer.
///
/// # Errors
/// When it is no address, or what is sent there could be read on the way.
pub fn check_url(text: &str) -> anyhow::Result<Url> {
    let url = Url::parse(text.trim()).context("the webhook's address")?;
    let mut base = url.clone();
    // Keys of such addresses stand in their query, too.
    base.set_query(None);
    check_base_url(&base).context("the webhook's address")?;
    Ok(url)
}

/// The signature of a message: HMAC-SHA256 over the time, a dot and the body, as hex.
pub fn signature(secret: &SecretString, timestamp: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    let tag = hmac::sign(&key, format!("{timestamp}.{body}").as_bytes());
    tag.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Sends messages as they become due, until this process is asked to stop. Without a secret they
/// cannot be signed, and wait.
pub async fn run(deps: Deps, secret: Option<SecretString>) {
    let mut told = false;
    while !deps.shutdown.is_cancelled() {
        let sent = match &secret {
            Some(secret) => send_due(&deps, secret).await,
            None => waiting(&deps, &mut told).await,
        };
        if let Err(error) = sent {
            tracing::warn!(%error, "messages to webhooks could not be looked at");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = deps.shutdown.cancelled() => {}
        }
    }
}

async fn waiting(deps: &Deps, told: &mut bool) -> Result<(), StoreError> {
    if !*told && !deps.store.due_messages(1).await?.is_empty() {
        let variable = crate::config::variable::WEBHOOK_SECRET;
        tracing::warn!("alarms wait for {variable}, with which messages to webhooks are signed");
        *told = true;
    }
    Ok(())
}

/// Sends what is due.
///
/// # Errors
/// When the database fails.
pub async fn send_due(deps: &Deps, secret: &SecretString) -> Result<(), StoreError> {
    for message in deps.store.due_messages(BATCH).await? {
        let (store, now) = (&deps.store, deps.clock.now());
        match send(deps, secret, &message).await {
            Ok(()) => store.message_delivered(message.id).await?,
            Err(error) => {
                let cause = format!("{error:#}");
                tracing::warn!(message.id, cause, "a message to a webhook did not arrive");
                if now - message.created_at > STALE {
                    store.message_given_up(message.id, &cause).await?;
                } else {
                    let wait = backoff(message.attempts, &mut deps.rng());
                    store.message_failed(message.id, now + wait, &cause).await?;
                }
            }
        }
    }
    Ok(())
}

async fn send(deps: &Deps, secret: &SecretString, message: &Message) -> anyhow::Result<()> {
    let url = deps.store.webhook_url(message.connection).await?;
    let url = check_url(url.context("no address")?.expose_secret())?;
    let timestamp = deps.clock.now().timestamp();
    let signed = signature(secret, timestamp, &message.body);
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert("x-stockbridge-delivery", HeaderValue::from(message.id));
    headers.insert("x-stockbridge-timestamp", HeaderValue::from(timestamp));
    headers.insert(
        "x-stockbridge-signature",
        HeaderValue::from_str(&format!("sha256={signed}"))?,
    );
    let answer = deps
        .transport
        .send(Request {
            method: Method::POST,
            url,
            headers,
            body: Bytes::from(message.body.clone()),
        })
        .await?;
    anyhow::ensure!(
        answer.status.is_success(),
        "the webhook answered {}",
        answer.status.as_u16()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_every_other_implementation() {
        // RFC 4231, test case 2, with the message split at a dot that it does not have.
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"Jefe");
        let tag = hmac::sign(&key, b"what do ya want for nothing?");
        let hex: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        assert!(hex.starts_with("5bdcc146bf60754e6a042426089575c7"), "{hex}");
        let secret = SecretString::from("Jefe");
        assert_eq!(signature(&secret, 1, "a"), signature(&secret, 1, "a"));
        assert_ne!(signature(&secret, 1, "a"), signature(&secret, 2, "a"));
    }

    #[test]
    fn messages_are_not_sent_where_others_can_read_them() {
        assert!(check_url("https://hooks.example/x?key=1").is_ok());
        assert!(check_url("http://127.0.0.1:9/x").is_ok());
        assert!(check_url("http://hooks.example/x").is_err());
        assert!(check_url("hooks").is_err());
    }
}
