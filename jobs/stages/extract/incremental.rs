//! What an incremental run and a sweep read of each feed (DESIGN 5).

use chrono::TimeDelta;
use pipeline::Feed;
use storage::{ChosenBy, Reading, Slice, Start};

/// Ids below the highest known from which arrivals are read again: a page of a hundred costs the
/// same, and one that became visible late is among them.
const LATE_ARRIVALS: i64 = 50;

/// How far back the nightly sweep reads sales again, by their completion.
const SALES_SWEPT: TimeDelta = TimeDelta::days(35);

/// How far back it reads purchase orders again, by their change. Lines of finished ones may change
/// without a trace, which is unlikely and cheap to look for.
const ORDERS_SWEPT: TimeDelta = TimeDelta::days(90);

/// How far back it reads arrivals again.
const ARRIVALS_SWEPT: TimeDelta = TimeDelta::days(60);

/// The walks of a feed in an incremental run; none when the feed was never read in full, which it
/// must be then.
pub(super) fn changes(start: &Start) -> Option<Vec<Slice>> {
    if start.feed == Feed::Shops {
        return Some(vec![Slice::WHOLE]);
    }
    let from = start.from?;
    let changed = Slice::since(ChosenBy::Changed, from);
    Some(match start.feed {
        Feed::Sales if start.updated_refused => {
            let voids = Slice {
                reading: Reading::Voids,
                ..Slice::of(start.last_void + 1, None)
            };
            let lines = Slice {
                reading: Reading::Lines,
                ..changed
            };
            vec![changed, voids, lines]
        }
        Feed::Sales => vec![Slice::since(ChosenBy::Updated, from)],
        // A line that was taken off leaves no trace, so open orders are read whole.
        Feed::Orders => {
            let open = Slice {
                reading: Reading::Open,
                ..Slice::WHOLE
            };
            vec![changed, open]
        }
        Feed::Shipments => vec![Slice::of((start.last_id - LATE_ARRIVALS).max(0) + 1, None)],
        Feed::Shops | Feed::Vendors | Feed::Items | Feed::Stock => vec![changed],
    })
}

/// The walks of a feed in a sweep, which finds what became visible too late for the incremental
/// runs; none when it is read in full.
pub(super) fn sweep(start: &Start) -> Option<Vec<Slice>> {
    let (by, back) = match start.feed {
        Feed::Sales => (ChosenBy::Completed, SALES_SWEPT),
        Feed::Orders => (ChosenBy::Changed, ORDERS_SWEPT),
        Feed::Shipments => (ChosenBy::Changed, ARRIVALS_SWEPT),
        _ => return None,
    };
    Some(vec![Slice::since(by, start.now - back)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(feed: Feed) -> Start {
        Start {
            feed,
            now: "2026-03-02T08:00:00Z".parse().expect("a time"),
            from: "2026-03-02T07:15:00Z".parse().ok(),
            last_id: 12,
            updated_refused: false,
            last_void: 7,
        }
    }

    #[test]
    fn what_was_never_read_in_full_is_read_in_full() {
        let never = Start {
            from: None,
            ..start(Feed::Sales)
        };
        assert_eq!(changes(&never), None);
    }

    #[test]
    fn sales_whose_updates_are_not_told_are_followed_by_their_trails() {
        let refused = Start {
            updated_refused: true,
            ..start(Feed::Sales)
        };
        let told = changes(&start(Feed::Sales)).expect("walks");
        assert_eq!(told.len(), 1);
        let trails = changes(&refused).expect("walks");
        let readings: Vec<Reading> = trails.iter().map(|slice| slice.reading).collect();
        assert_eq!(readings, [Reading::All, Reading::Voids, Reading::Lines]);
        assert_eq!((trails[1].lower, trails[1].since), (8, None));
    }

    #[test]
    fn arrivals_are_read_from_a_little_below_the_last() {
        let changed = changes(&start(Feed::Shipments)).expect("a walk");
        assert_eq!(changed, [Slice::of(1, None)]);
    }
}
