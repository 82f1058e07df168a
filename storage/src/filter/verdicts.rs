//! Writing what filter decided, and keeping the arithmetic of the runs it is credited to.

use super::touches::{self, TouchRow, object_of};
use super::{Facts, FilterWork, Former, Subject};
use crate::batch::{json, run};
use crate::error::StoreError;
use crate::leases::Lease;
use crate::ledger::Deltas;
use crate::queue;
use crate::settings;
use crate::store::{Store, WriteTx};
use pipeline::filter::Verdict;
use pipeline::id::{ConnectionId, RunId};
use pipeline::outcome::Outcome;
use pipeline::{Feed, Reason, Stage};

const UPSERT: &str = "
    INSERT INTO verdicts (connection_id, feed, record_id, version, settings_version, run_id,
                          filtered, filter_reason, loaded, load_reason, decided_at)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> 8, ?3
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, feed, record_id) DO UPDATE SET
        version = excluded.version, settings_version = excluded.settings_version,
        run_id = excluded.run_id, filtered = excluded.filtered,
        filter_reason = excluded.filter_reason, loaded = excluded.loaded,
        load_reason = excluded.load_reason, decided_at = excluded.decided_at";

/// Objects that load has not come to yet, of records that no longer count: computed all the same,
/// because the object may have to go, but credited to nobody.
const UNCREDIT: &str = "
    UPDATE object_touches SET run_id = NULL, feed = NULL, record_id = NULL
    WHERE connection_id = ?1 AND (feed, record_id) IN
          (SELECT value ->> 0, value ->> 1 FROM json_each(?2))";

impl Store {
    /// Writes the verdicts of `work`, in its order, and consumes its touches. Returns whether it
    /// did; `false` means that the settings changed meanwhile and the work must be read again.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn commit_verdicts(
        &self,
        lease: &Lease,
        work: &FilterWork,
        verdicts: &[Option<Verdict>],
    ) -> Result<bool, StoreError> {
        let mut tx = self.write_as(lease).await?;
        if settings::version_in(tx.conn(), lease.connection).await? != work.settings_version {
            return Ok(false);
        }
        sqlx::query("DELETE FROM record_touches WHERE connection_id = ?1 AND seq <= ?2")
            .bind(lease.connection.0)
            .bind(work.up_to)
            .execute(tx.conn())
            .await?;
        let mut written = Written::default();
        for (subject, verdict) in work.subjects.iter().zip(verdicts) {
            match verdict {
                Some(verdict) => written.decide(subject, *verdict, work.settings_version),
                // A stock row that its item no longer has: there is nothing left to decide on.
                None => subject.credits.iter().for_each(|run| {
                    written
                        .deltas
                        .count(*run, subject.feed, Stage::Filter, Outcome::Unchanged);
                }),
            }
        }
        let now = self.now_ms();
        written.write(&mut tx, lease.connection, now).await?;
        let sales: Vec<i64> = work
            .subjects
            .iter()
            .filter(|s| s.feed == Feed::Sales)
            .map(|s| s.id)
            .collect();
        touches::touch_related(&mut tx, lease.connection, &sales).await?;
        queue::wake(&mut tx, self, lease.connection, RunId(0), Stage::Load).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// A row of `verdicts`: feed, record, version, settings, run, filtered, reason, loaded, load reason.
type VerdictRow = (
    &'static str,
    i64,
    i64,
    i64,
    i64,
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
    Option<&'static str>,
);

#[derive(Default)]
struct Written {
    deltas: Deltas,
    verdicts: Vec<VerdictRow>,
    touches: Vec<TouchRow>,
    uncredited: Vec<(&'static str, i64)>,
}

impl Written {
    fn decide(&mut self, subject: &Subject, verdict: Verdict, settings_version: i64) {
        let (feed, id) = (subject.feed, subject.id);
        let outcome = match verdict.reason() {
            None => Outcome::Passed,
            Some(reason) => Outcome::Dropped(reason),
        };
        let former = subject.former.as_ref();
        let was_kept = former.is_some_and(|former| former.kept);
        let mut credit = subject.credits.last().copied();
        let mut loaded = None;
        if let Some((last, earlier)) = subject.credits.split_last() {
            // Touched more than once before anybody looked: one look decides for all.
            for run in earlier {
                self.deltas
                    .count(*run, feed, Stage::Filter, Outcome::Unchanged);
            }
            self.deltas.count(*last, feed, Stage::Filter, outcome);
            // A row that waited is overtaken by a later row of its record.
            if let Some((former, waited @ Outcome::Waiting(_))) =
                former.and_then(|former| Some((former, former.loaded?)))
            {
                self.deltas
                    .outcome(former.run, feed, Stage::Load, waited, -1);
                self.deltas
                    .outcome(former.run, feed, Stage::Load, Outcome::Unchanged, 1);
            }
        } else if let Some(former) = former {
            (credit, loaded) = self.redecide(subject, former, outcome);
        }
        let object = object_of(feed);
        let object_id = match &subject.facts {
            Some(Facts::Stock(row)) => row.item.0,
            _ => id,
        };
        if verdict.keeps() {
            self.touches.push(match credit {
                Some(run) => (object, object_id, Some(feed.name()), Some(id), Some(run.0)),
                None => (object, object_id, None, None, None),
            });
        } else if was_kept || verdict.reason() == Some(Reason::ExportedOrder) {
            // What happens to an exported order is told to the buy order that Optiply has.
            self.touches.push((object, object_id, None, None, None));
        }
        let run = subject
            .credits
            .last()
            .copied()
            .or(former.map(|former| former.run));
        self.verdicts.push((
            feed.name(),
            id,
            subject.version,
            settings_version,
            run.map_or(0, |run| run.0),
            if verdict.keeps() { "keep" } else { "drop" },
            verdict.reason().map(Reason::code),
            loaded.map(Outcome::name),
            loaded.and_then(Outcome::reason).map(Reason::code),
        ));
    }

    /// A look that nobody is credited for, because something else changed. While the run of the
    /// former verdict is open its arithmetic follows the new one, so that a run that has ended
    /// tells what became of its records. Returns the run to credit at load and the outcome there.
    fn redecide(
        &mut self,
        subject: &Subject,
        former: &Former,
        outcome: Outcome,
    ) -> (Option<RunId>, Option<Outcome>) {
        let feed = subject.feed;
        let old = match former.reason {
            Some(reason) => Outcome::Dropped(reason),
            None => Outcome::Passed,
        };
        if old == outcome {
            return (None, former.loaded);
        }
        if !former.run_open {
            return (None, None);
        }
        self.deltas
            .outcome(former.run, feed, Stage::Filter, old, -1);
        self.deltas
            .outcome(former.run, feed, Stage::Filter, outcome, 1);
        match (old, former.loaded) {
            (Outcome::Passed, Some(loaded)) => {
                self.deltas.entered(former.run, feed, Stage::Load, -1);
                self.deltas
                    .outcome(former.run, feed, Stage::Load, loaded, -1);
            }
            (Outcome::Passed, None) => self.uncredited.push((feed.name(), subject.id)),
            _ => {}
        }
        ((outcome == Outcome::Passed).then_some(former.run), None)
    }

    async fn write(
        self,
        tx: &mut WriteTx,
        connection: ConnectionId,
        now: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(UPSERT)
            .bind(connection.0)
            .bind(json(&self.verdicts))
            .bind(now)
            .execute(tx.conn())
            .await?;
        run(tx.conn(), UNCREDIT, connection.0, &self.uncredited).await?;
        touches::touch_objects(tx, connection, &self.touches).await?;
        self.deltas.write(tx.conn()).await
    }
}
