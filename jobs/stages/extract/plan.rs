//! Sizing feeds and cutting them into slices.

use super::walk::fetch;
use super::{Context, StageError, incremental, rights};
use connectors::lightspeed::{IdRange, Query, Relations};
use pipeline::Feed;
use storage::{FeedPlan, INCREMENTAL, SWEEP, Slice, Start};

/// A slice is worth its overhead from about this many ids on: 10 pages.
const SLICE_IDS_MIN: i64 = 1_000;

/// Slices of a feed: enough to keep 8 walks busy to the end, few enough to cost little.
const SLICES_MAX: i64 = 64;

/// Stores what a run is to walk of the waiting feeds of this round; leaves out those that may not be
/// sized. Once the shops were read, what is known to be walked in later rounds is stored with it.
pub(super) async fn plan(
    context: &Context,
    round: &[Feed],
    waiting: &[Feed],
) -> Result<(), StageError> {
    let in_round = |feed: &Feed| round.contains(feed);
    let of_round: Vec<Feed> = waiting.iter().copied().filter(in_round).collect();
    let slices: fn(&Start) -> Option<Vec<Slice>> = match context.kind.as_str() {
        INCREMENTAL => incremental::changes,
        SWEEP => incremental::sweep,
        _ => return size(context, &of_round).await,
    };
    let feeds = match round {
        [Feed::Shops] => &of_round,
        _ => waiting,
    };
    let (turn, mut plans, mut unknown) = (&context.turn, Vec::new(), Vec::new());
    let (store, job) = (&turn.deps.store, &turn.job);
    for start in store.starts_of(job.connection, job.run, feeds).await? {
        match slices(&start) {
            None => unknown.push(start.feed),
            Some(slices) => {
                let plan = FeedPlan {
                    after_observation: context.observe(),
                    slices,
                    ..FeedPlan::default()
                };
                plans.push((start.feed, plan));
            }
        }
    }
    store.plan_feeds(&turn.lease, job.run, &plans).await?;
    unknown.retain(in_round);
    size(context, &unknown).await
}

/// Sizes feeds at once, or leaves them out.
async fn size(context: &Context, feeds: &[Feed]) -> Result<(), StageError> {
    let sized = feeds
        .iter()
        .map(async |feed| match whole(context, *feed).await {
            Err(error) => rights::leave_out(context, *feed, None, error).await,
            Ok(()) => Ok(()),
        });
    futures::future::try_join_all(sized).await.map(|_| ())
}

/// Sizes a feed with a cheap request and cuts it into slices.
async fn whole(context: &Context, feed: Feed) -> Result<(), StageError> {
    let turn = &context.turn;
    // Taken as a request would: all that is asked from here on is later.
    let after = context.observe();
    // Shops and vendors are few: asking how many there are costs as much as reading them.
    let sized = !matches!(feed, Feed::Shops | Feed::Vendors);
    let (highest, lowest, server_at) = if sized {
        let page = fetch(context, &Query::highest(feed)).await?;
        let highest = page.last_id.unwrap_or(0);
        let lowest = if highest > SLICE_IDS_MIN {
            let first = Query {
                relations: Relations::None,
                ..Query::walk(feed, IdRange::ALL).with_limit(1)
            };
            fetch(context, &first).await?.first_id.unwrap_or(1)
        } else {
            1
        };
        (highest, lowest, page.server_date)
    } else {
        (0, 1, None)
    };
    let slices = if sized {
        slices(lowest, highest)
    } else {
        vec![Slice::WHOLE]
    };
    let plan = FeedPlan {
        highest_id: highest,
        server_at,
        after_observation: after,
        slices,
    };
    let (store, run) = (&turn.deps.store, turn.job.run);
    store.plan_feeds(&turn.lease, run, &[(feed, plan)]).await?;
    Ok(())
}

/// The ranges from the newest to the oldest. Their width is a whole number of pages, so that a
/// feed without gaps has no page that is only partly filled.
fn slices(lowest: i64, highest: i64) -> Vec<Slice> {
    if highest < 1 {
        return vec![Slice::WHOLE];
    }
    let span = highest - lowest + 1;
    let count = (span / SLICE_IDS_MIN).clamp(1, SLICES_MAX);
    let width = span.div_euclid(count).div_euclid(100).max(1) * 100;
    let mut slices = Vec::new();
    let mut upper = highest;
    while upper >= lowest {
        let lower = (upper - width + 1).max(lowest);
        // The last slice reaches down to the first possible id: nothing may lie below it unseen.
        let lower = if lower == lowest {
            lowest.min(1)
        } else {
            lower
        };
        slices.push(Slice::of(lower, Some(upper)));
        upper = lower - 1;
    }
    slices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_cover_every_id_once_newest_first() {
        for (lowest, highest) in [
            (1, 1),
            (1, 99),
            (1, 1_001),
            (17, 20_000),
            (1, 2_000_000),
            (1_990_000, 2_000_000),
        ] {
            let slices = slices(lowest, highest);
            assert!(slices.len() <= 65, "{lowest}..{highest}: {}", slices.len());
            let mut next = highest;
            for slice in &slices {
                assert_eq!(slice.upper, Some(next));
                assert!(slice.lower <= next);
                next = slice.lower - 1;
            }
            assert!(next < lowest.max(1), "{lowest}..{highest} ends at {next}");
        }
    }

    #[test]
    fn slices_of_a_dense_feed_hold_whole_pages() {
        let slices = slices(1, 36_500);
        assert_eq!(slices.len(), 37);
        let whole = slices
            .iter()
            .filter(|slice| (slice.upper.unwrap_or(0) - slice.lower + 1) % 100 == 0);
        assert_eq!(whole.count(), slices.len());
    }

    #[test]
    fn an_empty_feed_is_still_walked_for_its_proof() {
        assert_eq!(slices(1, 0), [Slice::WHOLE]);
    }
}
