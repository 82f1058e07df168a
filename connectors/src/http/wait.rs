//! How long a server asks us to wait, and what time it believes it is.

use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use std::time::Duration;

/// The longest wait we let a header impose.
pub const MAX_WAIT: Duration = Duration::from_secs(600);

/// The wait a `Retry-After` header asks for: whole seconds, decimal seconds or an HTTP date.
///
/// A date is taken relative to the server's own `Date` where it sends one, so that a clock of ours
/// that goes wrong cannot stretch the wait. Capped at [`MAX_WAIT`]; unreadable values are none.
pub fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match seconds(text) {
        Some(wait) => wait,
        None => {
            let until = http_date(text)?;
            let from = server_date(headers).unwrap_or(now);
            (until - from).to_std().unwrap_or(Duration::ZERO)
        }
    };
    Some(wait.min(MAX_WAIT))
}

/// The instant in the `Date` header.
pub fn server_date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    http_date(headers.get(DATE)?.to_str().ok()?.trim())
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text)
        .ok()
        .map(DateTime::<Utc>::from)
}

/// Seconds with an optional fraction, rounded up to the millisecond; no signs, no exponents.
fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: u64 = whole.parse().unwrap_or(u64::MAX);
    let mut millis = 0u64;
    for place in 0..3 {
        millis = millis * 10
            + fraction
                .as_bytes()
                .get(place)
                .map_or(0, |b| u64::from(b - b'0'));
    }
    if fraction.bytes().skip(3).any(|b| b != b'0') {
        millis += 1;
    }
    Some(Duration::from_secs(whole).saturating_add(Duration::from_millis(millis)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn wait(value: &str, date: Option<&str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(
            RETRY_AFTER,
            HeaderValue::from_str(value).expect("a valid sample"),
        );
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_str(date).expect("a valid sample"));
        }
        retry_after(
            &headers,
            "2026-02-01T10:00:00Z".parse().expect("a valid sample"),
        )
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(wait("7", None), Some(Duration::from_secs(7)));
        assert_eq!(wait("1.5", None), Some(Duration::from_millis(1500)));
        assert_eq!(wait("0.0001", None), Some(Duration::from_millis(1)));
        assert_eq!(
            wait("Sun, 01 Feb 2026 10:00:30 GMT", None),
            Some(Duration::from_secs(30))
        );
        let theirs = Some("Sun, 01 Feb 2026 10:00:20 GMT");
        assert_eq!(
            wait("Sun, 01 Feb 2026 10:00:30 GMT", theirs),
            Some(Duration::from_secs(10))
        );
        assert_eq!(
            wait("Sun, 01 Feb 2026 09:00:00 GMT", None),
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn nonsense_is_none_and_eternity_is_capped() {
        for nonsense in ["", "soon", "-5", "NaN", "1e9", "."] {
            assert_eq!(wait(nonsense, None), None, "{nonsense}");
        }
        assert_eq!(wait("99999999999999999999", None), Some(MAX_WAIT));
    }
}
