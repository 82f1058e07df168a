//! Instants as the tables keep them: unix milliseconds.

use chrono::{DateTime, SecondsFormat, TimeZone, Utc};

pub(crate) fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// The instant of stored milliseconds. What lies beyond the calendar becomes its end, which shows
/// in a listing instead of stopping it.
pub(crate) fn instant(millis: i64) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(millis)
        .single()
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The form of the model's instants: RFC 3339 in UTC with seconds.
pub(crate) fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
