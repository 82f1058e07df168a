//! From where an incremental run or a sweep reads a feed.

use crate::batch::json;
use crate::error::StoreError;
use crate::extract::checkpoints::OVERLAP_MS;
use crate::instant::{instant, millis};
use crate::store::Store;
use crate::trip::Trip;
use chrono::{DateTime, Utc};
use pipeline::Feed;
use pipeline::id::{ConnectionId, RunId};
use sqlx::Row;

/// Clocks further apart than this are not compared: one of them is plainly wrong, and the source's
/// is the one that its records bear.
const COMPARABLE_MS: i64 = 24 * 60 * 60 * 1000;

/// How long a refusal to tell updated sales is remembered before it is tried again.
const REFUSED_FOR_MS: i64 = 24 * 60 * 60 * 1000;

/// From where a run reads a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The feed.
    pub feed: Feed,
    /// The run's own time, on the safe side.
    pub now: DateTime<Utc>,
    /// What changed before this has been seen; none when the feed was never read in full.
    pub from: Option<DateTime<Utc>>,
    /// The highest id read so far.
    pub last_id: i64,
    /// Whether the source does not tell which sales were updated.
    pub updated_refused: bool,
    /// The last void that was read.
    pub last_void: i64,
}

impl Store {
    /// From where a run reads each of these feeds: its watermark, or the run's own time less the
    /// overlap if that is earlier (DESIGN 5).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn starts_of(
        &self,
        connection: ConnectionId,
        run: RunId,
        feeds: &[Feed],
    ) -> Result<Vec<Start>, StoreError> {
        let now = self.now_ms();
        let names: Vec<&str> = feeds.iter().map(|feed| feed.name()).collect();
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT coalesce(r.safe_at, ?4 - ?5), w.complete_to, coalesce(w.last_id, 0),
                    coalesce(c.updated_refused_at > ?4 - ?6, 0), c.last_void_id
             FROM json_each(?3) f
             JOIN runs r ON r.id = ?2 AND r.connection_id = ?1
             JOIN connections c ON c.id = r.connection_id
             LEFT JOIN watermarks w ON w.connection_id = r.connection_id AND w.feed = f.value
             ORDER BY f.key",
        )
        .bind(connection.0)
        .bind(run.0)
        .bind(json(&names))
        .bind(now)
        .bind(OVERLAP_MS)
        .bind(REFUSED_FOR_MS)
        .fetch_all(reader.conn())
        .await?;
        let starts = feeds.iter().zip(&rows).map(|(feed, row)| {
            let safe: i64 = row.try_get(0)?;
            let seen: Option<i64> = row.try_get(1)?;
            Ok(Start {
                feed: *feed,
                now: instant(safe),
                from: seen.map(|seen| instant(seen.min(safe))),
                last_id: row.try_get(2)?,
                updated_refused: row.try_get(3)?,
                last_void: row.try_get(4)?,
            })
        });
        starts.collect()
    }
}

/// Notes the source's own time at a run's first request, once: how far it is from ours, and up to
/// when the source can be believed to have shown everything.
///
/// That is the earlier of both clocks less the overlap, for a clock that was ahead for a while must
/// not move a watermark beyond changes that are still to come. The overlap is 15 minutes and at
/// least twice the distance between the clocks.
pub(super) fn note_server_time(trip: &mut Trip, run: RunId, at: DateTime<Utc>, ours: i64) {
    let theirs = millis(at);
    trip.then(
        "UPDATE connections SET clock_offset_ms = ?2
         WHERE id = (SELECT connection_id FROM runs WHERE id = ?1 AND server_at IS NULL)",
    )
    .bind(run.0)
    .bind(theirs - ours);
    trip.then("UPDATE runs SET server_at = ?2, safe_at = ?3 WHERE id = ?1 AND server_at IS NULL")
        .bind(run.0)
        .bind(theirs)
        .bind(safe(theirs, ours));
}

fn safe(theirs: i64, ours: i64) -> i64 {
    let apart = (theirs - ours).abs();
    if apart > COMPARABLE_MS {
        return theirs - OVERLAP_MS;
    }
    theirs.min(ours) - OVERLAP_MS.max(2 * apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60 * 1000;

    #[test]
    fn the_earlier_clock_counts_and_the_overlap_grows_with_their_distance() {
        let now = 1_000_000 * MINUTE;
        assert_eq!(safe(now, now), now - 15 * MINUTE);
        assert_eq!(safe(now + 5 * MINUTE, now), now - 15 * MINUTE);
        assert_eq!(safe(now + 10 * MINUTE, now), now - 20 * MINUTE);
        assert_eq!(safe(now - 10 * MINUTE, now), now - 30 * MINUTE);
        assert_eq!(safe(now, 0), now - 15 * MINUTE, "a machine without a clock");
    }
}
