//! Who may ask, and the tokens given out.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

/// What a person would type to connect this Optiply account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OptiplyCredentials {
    /// The account (webshop).
    pub account_id: i64,
    /// OAuth client id.
    pub client_id: String,
    /// OAuth client secret.
    pub client_secret: String,
    /// The API user.
    pub username: String,
    /// Its password.
    pub password: String,
}

impl OptiplyCredentials {
    pub(super) fn of(key: &[u8; 32], account_id: i64) -> OptiplyCredentials {
        let secret = |purpose: &str| secret(key, purpose);
        OptiplyCredentials {
            account_id,
            client_id: secret("optiply client id"),
            client_secret: secret("optiply client secret"),
            username: format!("api_user_{account_id}"),
            password: secret("optiply password"),
        }
    }

    /// The value of the Authorization header of a grant.
    pub(super) fn basic(&self) -> String {
        let pair = format!("{}:{}", self.client_id, self.client_secret);
        format!("Basic {}", STANDARD.encode(pair))
    }
}

fn secret(key: &[u8; 32], purpose: &str) -> String {
    blake3::keyed_hash(key, purpose.as_bytes()).to_hex()[..40].to_owned()
}

/// A granted pair.
pub(super) struct Granted {
    pub(super) access: String,
    pub(super) refresh: String,
}

/// The tokens that are good.
#[derive(Debug)]
pub(super) struct Grants {
    key: [u8; 32],
    number: u64,
    live: Vec<(String, DateTime<Utc>)>,
    refresh: Option<String>,
}

impl Grants {
    pub(super) fn new(key: [u8; 32]) -> Grants {
        Grants {
            key,
            number: 0,
            live: Vec::new(),
            refresh: None,
        }
    }

    pub(super) fn grant(&mut self, seconds: u32, ends_old: bool, now: DateTime<Utc>) -> Granted {
        self.number += 1;
        if ends_old {
            self.live.clear();
        }
        self.live.retain(|(_, ends)| *ends > now);
        let granted = Granted {
            // The instant is in it, so that a restarted server never repeats itself.
            access: secret(
                &self.key,
                &format!("access {} {}", self.number, now.timestamp_millis()),
            ),
            refresh: secret(
                &self.key,
                &format!("refresh {} {}", self.number, now.timestamp_millis()),
            ),
        };
        let ends = now + TimeDelta::seconds(i64::from(seconds));
        self.live.push((granted.access.clone(), ends));
        self.refresh = Some(granted.refresh.clone());
        granted
    }

    pub(super) fn is_refresh(&self, token: &str) -> bool {
        self.refresh.as_deref() == Some(token)
    }

    pub(super) fn is_good(&self, token: &str, now: DateTime<Utc>) -> bool {
        self.live
            .iter()
            .any(|(live, ends)| live == token && *ends > now)
    }
}
