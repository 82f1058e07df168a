//! Instants: `YYYY-MM-DDTHH:MM:SS` with `Z` or an offset, or a date alone.
//!
//! Written by hand because a page holds hundreds of them, always in this one shape.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// A text that is no instant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotAnInstant;

/// Reads an instant, to the second. A date alone is its midnight, no offset means UTC.
///
/// Years before 2 are how databases write "no date"; those are nothing, whatever follows them.
pub(super) fn read(text: &str) -> Result<Option<DateTime<Utc>>, NotAnInstant> {
    let bytes = text.as_bytes();
    if text.starts_with("-0001-") || text.starts_with("0000-") || text.starts_with("0001-01-01") {
        return Ok(None);
    }
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, rest @ ..] = bytes else {
        return Err(NotAnInstant);
    };
    let year = pair(*y1, *y2)? * 100 + pair(*y3, *y4)?;
    let year = i32::try_from(year).map_err(|_| NotAnInstant)?;
    let date =
        NaiveDate::from_ymd_opt(year, pair(*m1, *m2)?, pair(*d1, *d2)?).ok_or(NotAnInstant)?;
    let (time, zone) = match rest {
        [] => (NaiveTime::MIN, &[] as &[u8]),
        [
            b'T' | b't' | b' ',
            h1,
            h2,
            b':',
            m1,
            m2,
            b':',
            s1,
            s2,
            zone @ ..,
        ] => {
            // A leap second is written as 60; it belongs to the minute it ends.
            let second = pair(*s1, *s2)?;
            let second = if second == 60 { 59 } else { second };
            let time = NaiveTime::from_hms_opt(pair(*h1, *h2)?, pair(*m1, *m2)?, second);
            (time.ok_or(NotAnInstant)?, fraction(zone)?)
        }
        _ => return Err(NotAnInstant),
    };
    let local = NaiveDateTime::new(date, time).and_utc();
    let offset = TimeDelta::seconds(offset_secs(zone)?);
    local
        .checked_sub_signed(offset)
        .map(Some)
        .ok_or(NotAnInstant)
}

/// Skips a fraction of a second: the source counts in whole ones.
fn fraction(rest: &[u8]) -> Result<&[u8], NotAnInstant> {
    let [b'.', digits @ ..] = rest else {
        return Ok(rest);
    };
    match digits.iter().take_while(|b| b.is_ascii_digit()).count() {
        0 => Err(NotAnInstant),
        some => Ok(&digits[some..]),
    }
}

fn offset_secs(zone: &[u8]) -> Result<i64, NotAnInstant> {
    let (sign, h1, h2, m1, m2) = match zone {
        [] | [b'Z' | b'z'] => return Ok(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => (sign, h1, h2, m1, m2),
        [sign @ (b'+' | b'-'), h1, h2, m1, m2] => (sign, h1, h2, m1, m2),
        _ => return Err(NotAnInstant),
    };
    let (hours, minutes) = (pair(*h1, *h2)?, pair(*m1, *m2)?);
    if hours > 23 || minutes > 59 {
        return Err(NotAnInstant);
    }
    let secs = i64::from(hours * 60 + minutes) * 60;
    Ok(if *sign == b'-' { -secs } else { secs })
}

fn pair(tens: u8, ones: u8) -> Result<u32, NotAnInstant> {
    if tens.is_ascii_digit() && ones.is_ascii_digit() {
        Ok(u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
    } else {
        Err(NotAnInstant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        match read(text) {
            Ok(Some(instant)) => Some(instant.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
            Ok(None) => Some("nothing".to_owned()),
            Err(NotAnInstant) => None,
        }
    }

    #[test]
    fn every_spelling_met_is_read() {
        for (text, meant) in [
            ("2026-02-01T10:00:05+00:00", "2026-02-01T10:00:05Z"),
            ("2026-02-01T10:00:05Z", "2026-02-01T10:00:05Z"),
            ("2026-02-01T10:00:05-00:00", "2026-02-01T10:00:05Z"),
            ("2026-02-01T10:00:05+0200", "2026-02-01T08:00:05Z"),
            ("2026-02-01T23:30:00-05:30", "2026-02-02T05:00:00Z"),
            ("2026-02-01T10:00:05.987Z", "2026-02-01T10:00:05Z"),
            ("2026-02-01T10:00:05", "2026-02-01T10:00:05Z"),
            ("2026-02-01 10:00:05", "2026-02-01T10:00:05Z"),
            ("2026-02-01", "2026-02-01T00:00:00Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("0000-00-00", "nothing"),
            ("0000-00-00T00:00:00+00:00", "nothing"),
            ("-0001-11-30T00:00:00+00:00", "nothing"),
            ("0001-01-01T00:00:00Z", "nothing"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(meant), "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "2026-13-01",
            "2026-02-30",
            "yesterday",
            "2026-02-01T25:00:00Z",
            "2026-02-01T10:00",
            "2026-02-01T10:00:05+99:00",
            "2026-02-01T10:00:05 CET",
            "2026-02-01T10:00:05.Z",
            "20260201",
            "1",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
