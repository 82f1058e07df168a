//! Calendar dates of a shop.

use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// A name that is no time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time zone that we know")]
pub struct UnknownZone(pub String);

/// The first instant of the day, where the shop is, in which `at` lies; with the offset of then
/// and there, because Lightspeed keeps dates as midnight of the shop.
///
/// # Errors
/// When the zone is not known.
pub fn shop_midnight(at: DateTime<Utc>, zone: &str) -> Result<String, UnknownZone> {
    let zone: Tz = zone.parse().map_err(|_| UnknownZone(zone.to_owned()))?;
    let date = at.with_timezone(&zone).date_naive();
    let mut first = date.and_time(NaiveTime::MIN);
    // Where clocks are put forward at midnight, the day begins later.
    for _ in 0..24 {
        if let Some(start) = zone.from_local_datetime(&first).earliest() {
            return Ok(start.to_rfc3339());
        }
        first += TimeDelta::minutes(30);
    }
    Ok(at.to_rfc3339())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_where_the_shop_is() {
        for (at, zone, midnight) in [
            (
                "2026-01-06T23:30:00Z",
                "Europe/Amsterdam",
                "2026-01-07T00:00:00+01:00",
            ),
            (
                "2026-07-06T22:00:00Z",
                "Europe/Amsterdam",
                "2026-07-07T00:00:00+02:00",
            ),
            (
                "2026-01-06T07:59:59Z",
                "US/Pacific",
                "2026-01-05T00:00:00-08:00",
            ),
            // Clocks go forward at midnight, so this day begins at one.
            (
                "2026-09-06T12:00:00Z",
                "America/Santiago",
                "2026-09-06T01:00:00-03:00",
            ),
            // They go back: the first midnight of the two.
            (
                "2026-10-25T12:00:00Z",
                "Europe/Amsterdam",
                "2026-10-25T00:00:00+02:00",
            ),
        ] {
            let at = at.parse().expect("an instant");
            assert_eq!(shop_midnight(at, zone).expect("a zone"), midnight, "{zone}");
        }
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(
            shop_midnight(now, "Mars/Olympus"),
            Err(UnknownZone("Mars/Olympus".to_owned()))
        );
    }
}
