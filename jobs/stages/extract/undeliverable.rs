//! A record that the source fails to deliver, found and passed.
//!
//! Only when the source has proven that it delivers other records: a source that is down fails on
//! every record, and must not cost a single one.

use super::walk::fetch;
use super::{Context, StageError};
use connectors::lightspeed::{IdRange, Query, SourceError};
use storage::Walk;

/// Requests spent on finding the record before we give up and come back later.
const PROBES_MAX: u32 = 80;

/// Finds the first record of the rest of a slice that cannot be delivered, and moves the walk
/// behind it. Returns without having moved when the source delivers again.
pub(super) async fn pass(
    context: &Context,
    walk: &mut Walk,
    failure: SourceError,
) -> Result<(), StageError> {
    let mut probes = Probes {
        context,
        walk,
        left: PROBES_MAX,
    };
    let first = walk.last + 1;
    // The smallest range from the checkpoint on that fails: first its order of magnitude …
    let (mut below, mut width) = (walk.last, 1);
    let mut fails = loop {
        let to = walk
            .upper
            .map_or(first + width - 1, |upper| upper.min(first + width - 1));
        match probes.ask(first, to).await? {
            Probe::Fails => break to,
            Probe::Delivers => return Ok(()),
            Probe::Empty if walk.upper == Some(to) => return Ok(()),
            Probe::Empty => (below, width) = (to, width.saturating_mul(4)),
        }
    };
    // … then the id itself.
    while fails - below > 1 {
        let middle = below + (fails - below) / 2;
        match probes.ask(first, middle).await? {
            Probe::Fails => fails = middle,
            Probe::Empty => below = middle,
            Probe::Delivers => return Ok(()),
        }
    }
    if !probes.delivers_beside(fails).await? {
        return Err(failure.into());
    }
    let turn = &context.turn;
    let detail = format!("every page that would hold it fails: {failure}");
    tracing::warn!(
        feed = walk.feed.name(),
        record.id = fails,
        "passing {} {fails}: {detail}",
        walk.feed
    );
    turn.deps
        .store
        .pass_undeliverable(&turn.lease, turn.job.run, walk, fails, &detail)
        .await?;
    walk.last = fails;
    Ok(())
}

enum Probe {
    /// The first record of the range cannot be delivered.
    Fails,
    /// The first record of the range was delivered.
    Delivers,
    /// There is none.
    Empty,
}

struct Probes<'a> {
    context: &'a Context,
    walk: &'a Walk,
    left: u32,
}

impl Probes<'_> {
    /// Asks for the first record of a range, twice before it believes in a failure.
    async fn ask(&mut self, from: i64, to: i64) -> Result<Probe, StageError> {
        let ids = IdRange {
            from: Some(from),
            to: Some(to),
            ..IdRange::ALL
        };
        let query = Query::walk(self.walk.feed, ids).with_limit(1);
        let mut last = None;
        for _ in 0..2 {
            match fetch(self.context, &query).await {
                Ok(page) if page.rows == 0 => return Ok(Probe::Empty),
                Ok(_) => return Ok(Probe::Delivers),
                Err(error) if error.smaller_page_may_help() && self.left > 0 => {
                    self.left -= 1;
                    last = Some(error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        tracing::debug!(from, to, "{:?}", last);
        Ok(Probe::Fails)
    }

    /// Whether the source answers for the records around this one.
    async fn delivers_beside(&mut self, id: i64) -> Result<bool, StageError> {
        let feed = self.walk.feed;
        let after = IdRange {
            from: Some(id + 1),
            to: self.walk.upper,
            ..IdRange::ALL
        };
        let before = IdRange {
            from: Some(1),
            to: Some(id - 1),
            ..IdRange::ALL
        };
        for ids in [after, before] {
            match fetch(self.context, &Query::walk(feed, ids).with_limit(1)).await {
                Ok(_) => return Ok(true),
                Err(error) if error.smaller_page_may_help() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }
}
