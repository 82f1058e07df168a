//! Slots: the instants at which the schedule owes a run. Pure; time is a parameter.

use chrono::{DateTime, Offset, TimeDelta, TimeZone, Utc};

/// How often a connection is brought up to date.
pub const PERIOD: TimeDelta = TimeDelta::minutes(30);

/// The slots of one kind of work of one connection: every period, at an offset of its own, so that
/// many connections do not all call at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    period: i64,
    offset: i64,
}

impl Slots {
    /// The slots of a connection for a kind of work. The same names give the same slots on every
    /// machine and in every version.
    pub fn of(connection: &str, kind: &str, period: TimeDelta) -> Self {
        let period = period.num_milliseconds().max(1);
        let spread = hash(&[connection, kind]) % u64::try_from(period).unwrap_or(1);
        Self {
            period,
            offset: i64::try_from(spread).unwrap_or(0),
        }
    }

    /// One slot a night, between one and five o'clock where the shop is.
    pub fn nightly(connection: &str, kind: &str, zone: Option<&str>, now: DateTime<Utc>) -> Self {
        let day = TimeDelta::days(1).num_milliseconds();
        let hour = TimeDelta::hours(1).num_milliseconds();
        let window = u64::try_from(4 * hour).unwrap_or(1);
        let spread = i64::try_from(hash(&[connection, kind]) % window).unwrap_or(0);
        Self {
            period: day,
            offset: (hour + spread - ahead(zone, now)).rem_euclid(day),
        }
    }

    /// The newest slot that is due.
    pub fn latest(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let since = now.timestamp_millis() - self.offset;
        at(since.div_euclid(self.period) * self.period + self.offset)
    }

    /// The first slot after now.
    pub fn next(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.latest(now) + TimeDelta::milliseconds(self.period)
    }
}

/// What the schedule owes: the newest slot, once, however many were missed while nobody worked.
/// Slots of a time before the connection was made are not owed.
pub fn owed(slots: &Slots, since: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    Some(slots.latest(now)).filter(|due| *due >= since)
}

/// How far the clocks of a zone are ahead of UTC; an unknown zone counts as UTC.
fn ahead(zone: Option<&str>, now: DateTime<Utc>) -> i64 {
    let Some(zone) = zone.and_then(|name| name.parse::<chrono_tz::Tz>().ok()) else {
        return 0;
    };
    let offset = zone.offset_from_utc_datetime(&now.naive_utc()).fix();
    i64::from(offset.local_minus_utc()) * 1000
}

fn at(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// FNV-1a over the parts, each ended by a byte that no name holds, and mixed once more, since its
/// low bits alone follow the last letter too closely.
fn hash(parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Timelike;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn a_slot_is_due_for_a_period_and_then_the_next_one_is() {
        let slots = Slots::of("bikes", "import", PERIOD);
        let first = slots.latest(time("2026-03-02T08:00:00Z"));
        assert_eq!(slots.latest(first), first);
        assert_eq!(slots.next(first), first + PERIOD);
        assert_eq!(
            slots.latest(first + PERIOD - TimeDelta::milliseconds(1)),
            first
        );
        assert_eq!(slots.latest(first + PERIOD), first + PERIOD);
    }

    #[test]
    fn downtime_owes_one_slot_and_the_time_before_the_connection_none() {
        let slots = Slots::of("bikes", "import", PERIOD);
        let made = time("2026-03-02T08:00:00Z");
        let first = slots.next(made);
        assert_eq!(owed(&slots, made, first - TimeDelta::milliseconds(1)), None);
        assert_eq!(owed(&slots, made, first), Some(first));
        let later = first + TimeDelta::days(3) + TimeDelta::minutes(7);
        assert_eq!(owed(&slots, made, later), Some(first + TimeDelta::days(3)));
    }

    #[test]
    fn nights_are_those_of_the_shop() {
        let now = time("2026-03-02T08:00:00Z");
        for (zone, ahead) in [
            (None, 0),
            (Some("Europe/Amsterdam"), 1),
            (Some("America/Los_Angeles"), -8),
            (Some("Nowhere/At_All"), 0),
        ] {
            let slots = Slots::nightly("bikes", "sweep", zone, now);
            let local = slots.latest(now) + TimeDelta::hours(ahead);
            assert!((1..5).contains(&local.hour()), "{zone:?}: {local}");
            assert_eq!(slots.next(now) - slots.latest(now), TimeDelta::days(1));
        }
    }

    #[test]
    fn connections_are_spread_over_the_period_and_stay_where_they_are() {
        let now = time("2026-03-02T08:00:00Z");
        let mut tenths = [0; 10];
        for n in 0..1_000 {
            let slots = Slots::of(&format!("shop-{n}"), "import", PERIOD);
            let late =
                (now - slots.latest(now)).num_milliseconds() * 10 / PERIOD.num_milliseconds();
            tenths[usize::try_from(late).expect("a tenth")] += 1;
        }
        assert!(tenths.iter().all(|n| (60..=140).contains(n)), "{tenths:?}");
        let slots = Slots::of("bikes", "import", PERIOD);
        assert_eq!(
            slots.offset, 991_154,
            "a new version must not move the slots"
        );
    }
}
