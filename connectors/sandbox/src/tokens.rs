//! Token pairs: issued by generation, derived from the seed, rotated with deferred revocation.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Life of an access token in seconds.
pub(crate) const ACCESS_SECONDS: i64 = 1_800;
/// Refreshes allowed within a minute.
const ATTEMPTS_PER_MINUTE: usize = 5;
/// Days after which a refresh token nobody used is dead.
const IDLE_DAYS: i64 = 30;

/// What an access token says about itself.
#[derive(Serialize, Deserialize)]
struct Claims {
    jti: String,
    acct: u64,
    generation: u64,
    iat: serde_json::Number,
    exp: serde_json::Number,
}

/// Why an access token was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Not ours, or expired.
    Unverified,
    /// Rotated away or taken back.
    Revoked,
}

/// A freshly issued pair.
pub(crate) struct Pair {
    pub(crate) generation: u64,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// The token state of the one connection.
///
/// `chain` runs from the refresh token that is certainly alive to the newest one issued: a refresh
/// may be repeated from any of them until the newest access token is first used, which leaves
/// only its own generation.
#[derive(Debug)]
pub(crate) struct Tokens {
    key: [u8; 32],
    account: u64,
    chain: Vec<(u64, DateTime<Utc>)>,
    highest: u64,
    attempts: Vec<DateTime<Utc>>,
}

impl Tokens {
    pub(crate) fn new(key: [u8; 32], account: u64, now: DateTime<Utc>) -> Tokens {
        Tokens {
            key,
            account,
            chain: vec![(0, now)],
            highest: 0,
            attempts: Vec::new(),
        }
    }

    /// The refresh token of a generation.
    pub(crate) fn refresh_token(&self, generation: u64) -> String {
        let hash = self.hash(format!("refresh {generation}").as_bytes());
        format!("{generation:08x}{}", &hash[..48])
    }

    /// The owner grants access anew: every pair before is dead, and this refresh token is alive.
    pub(crate) fn grant(&mut self, now: DateTime<Utc>) -> String {
        self.highest += 1;
        self.chain = vec![(self.highest, now)];
        self.refresh_token(self.highest)
    }

    /// Counts an attempt; refused with the seconds to wait when there were too many.
    pub(crate) fn attempt(&mut self, now: DateTime<Utc>) -> Result<(), i64> {
        let minute = TimeDelta::minutes(1);
        self.attempts.retain(|at| now - *at < minute);
        if let (true, Some(oldest)) = (
            self.attempts.len() >= ATTEMPTS_PER_MINUTE,
            self.attempts.first(),
        ) {
            return Err((minute - (now - *oldest)).num_seconds() + 1);
        }
        self.attempts.push(now);
        Ok(())
    }

    /// Trades a refresh token for the next pair; none = invalid grant.
    pub(crate) fn rotate(&mut self, refresh: &str, now: DateTime<Utc>) -> Option<Pair> {
        let generation = self.refresh_generation(refresh)?;
        self.adopt(generation, now);
        let at = self
            .chain
            .iter()
            .position(|(each, _)| *each == generation)?;
        if now - self.chain[at].1 > TimeDelta::days(IDLE_DAYS) {
            return None;
        }
        self.chain.truncate(at + 1);
        self.highest += 1;
        self.chain.push((self.highest, now));
        Some(Pair {
            generation: self.highest,
            access: self.access_token(self.highest, now),
            refresh: self.refresh_token(self.highest),
        })
    }

    /// Checks an access token as it is used; its first use ends the life of the refresh token it
    /// came from.
    pub(crate) fn use_access(&mut self, token: &str, now: DateTime<Utc>) -> Result<u64, Refused> {
        let (generation, expires_millis) = self.read_access(token).ok_or(Refused::Unverified)?;
        if now.timestamp_millis() >= expires_millis {
            return Err(Refused::Unverified);
        }
        self.adopt(generation, now);
        match self.chain.last().copied() {
            Some(last) if last.0 == generation => {
                self.chain = vec![last];
                Ok(generation)
            }
            _ => Err(Refused::Revoked),
        }
    }

    /// A token of a later generation than any issued here was issued by this sandbox before it
    /// was restarted.
    fn adopt(&mut self, generation: u64, now: DateTime<Utc>) {
        if generation > self.highest {
            self.highest = generation;
            self.chain = vec![(generation, now)];
        }
    }

    fn refresh_generation(&self, token: &str) -> Option<u64> {
        let generation = u64::from_str_radix(token.get(..8)?, 16).ok()?;
        (self.refresh_token(generation) == token).then_some(generation)
    }

    fn access_token(&self, generation: u64, now: DateTime<Utc>) -> String {
        let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"RS256","kid":"sandbox"}"#);
        let millis = now.timestamp_millis();
        let claims = json!({
            "jti": self.hash(format!("jti {generation}").as_bytes())[..32],
            "acct": self.account,
            "generation": generation,
            "iat": fractional(millis),
            "exp": fractional(millis + ACCESS_SECONDS * 1_000),
        });
        let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
        let signed = format!("{header}.{claims}");
        let signature = URL_SAFE_NO_PAD.encode(self.hash(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// Generation and expiry in milliseconds, if the token is one of ours.
    fn read_access(&self, token: &str) -> Option<(u64, i64)> {
        let (signed, signature) = token.rsplit_once('.')?;
        if URL_SAFE_NO_PAD.encode(self.hash(signed.as_bytes())) != signature {
            return None;
        }
        let (_, claims) = signed.split_once('.')?;
        let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
        let claims: Claims = serde_json::from_slice(&claims).ok()?;
        let (seconds, millis) = {
            let text = claims.exp.to_string();
            let (seconds, fraction) = text.split_once('.').unwrap_or((&text, "0"));
            let fraction = format!("{fraction:0<3}");
            (
                seconds.parse::<i64>().ok()?,
                fraction.get(..3)?.parse::<i64>().ok()?,
            )
        };
        Some((claims.generation, seconds * 1_000 + millis))
    }

    fn hash(&self, message: &[u8]) -> String {
        blake3::keyed_hash(&self.key, message).to_hex().to_string()
    }
}

/// Milliseconds as a JSON number of seconds with a fraction, as the real claims have.
fn fractional(millis: i64) -> serde_json::Value {
    let text = format!("{}.{:03}", millis / 1_000, millis % 1_000);
    serde_json::from_str(&text).unwrap_or_default()
}

/// The key of a seed.
pub(crate) fn seed_key(seed: u64) -> [u8; 32] {
    blake3::derive_key("sandbox tokens", &seed.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_442_000 + second, 250_000_000).unwrap()
    }

    fn tokens() -> Tokens {
        Tokens::new(seed_key(7), 77, at(0))
    }

    #[test]
    fn a_refresh_can_be_repeated_until_the_new_access_token_is_used() {
        let mut tokens = tokens();
        let first = tokens.refresh_token(0);
        let lost = tokens.rotate(&first, at(1)).unwrap();
        let kept = tokens.rotate(&first, at(2)).unwrap();
        assert_eq!(
            tokens.use_access(&lost.access, at(3)),
            Err(Refused::Revoked)
        );
        assert_eq!(tokens.use_access(&kept.access, at(3)), Ok(kept.generation));
        assert!(tokens.rotate(&first, at(4)).is_none());
        assert!(tokens.rotate(&lost.refresh, at(4)).is_none());
        assert!(tokens.rotate(&kept.refresh, at(4)).is_some());
    }

    #[test]
    fn a_new_grant_ends_the_one_before() {
        let mut tokens = tokens();
        let old = tokens.rotate(&tokens.refresh_token(0), at(1)).unwrap();
        let granted = tokens.grant(at(2));
        assert!(tokens.rotate(&old.refresh, at(3)).is_none());
        assert_eq!(tokens.use_access(&old.access, at(3)), Err(Refused::Revoked));
        let new = tokens.rotate(&granted, at(3)).unwrap();
        assert!(tokens.use_access(&new.access, at(4)).is_ok());
    }

    #[test]
    fn refreshing_kills_the_access_token_in_use() {
        let mut tokens = tokens();
        let pair = tokens.rotate(&tokens.refresh_token(0), at(1)).unwrap();
        assert!(tokens.use_access(&pair.access, at(2)).is_ok());
        let next = tokens.rotate(&pair.refresh, at(3)).unwrap();
        assert_eq!(
            tokens.use_access(&pair.access, at(4)),
            Err(Refused::Revoked)
        );
        assert!(tokens.use_access(&next.access, at(4)).is_ok());
    }

    #[test]
    fn an_access_token_expires() {
        let mut tokens = tokens();
        let pair = tokens.rotate(&tokens.refresh_token(0), at(0)).unwrap();
        assert!(
            tokens
                .use_access(&pair.access, at(ACCESS_SECONDS - 1))
                .is_ok()
        );
        assert_eq!(
            tokens.use_access(&pair.access, at(ACCESS_SECONDS)),
            Err(Refused::Unverified)
        );
        assert_eq!(
            tokens.use_access("nonsense", at(0)),
            Err(Refused::Unverified)
        );
    }

    #[test]
    fn a_restarted_sandbox_goes_on_from_the_highest_generation_it_sees() {
        let mut before = tokens();
        let one = before.rotate(&before.refresh_token(0), at(0)).unwrap();
        let two = before.rotate(&one.refresh, at(1)).unwrap();
        let mut after = tokens();
        assert_eq!(after.use_access(&two.access, at(2)), Ok(2));
        assert!(after.rotate(&one.refresh, at(3)).is_none());
        assert_eq!(after.rotate(&two.refresh, at(3)).unwrap().generation, 3);
    }

    #[test]
    fn five_attempts_a_minute() {
        let mut tokens = tokens();
        for second in 0..5 {
            assert_eq!(tokens.attempt(at(second)), Ok(()));
        }
        assert_eq!(tokens.attempt(at(10)), Err(51));
        assert_eq!(tokens.attempt(at(60)), Ok(()));
    }

    #[test]
    fn a_refresh_token_nobody_used_dies() {
        let mut tokens = tokens();
        assert!(
            tokens
                .rotate(&tokens.refresh_token(0), at(31 * 86_400))
                .is_none()
        );
    }
}
