//! The arithmetic: what entered each stage and what became of it, kept per run and feed.

use crate::batch::json;
use crate::error::StoreError;
use crate::store::Store;
use crate::trip::Trip;
use pipeline::id::RunId;
use pipeline::outcome::{Outcome, Tally};
use pipeline::{Feed, Reason, Stage};
use sqlx::{Row, SqliteConnection};
use std::collections::BTreeMap;

/// The stored spelling of "came in".
const ENTERED: &str = "entered";

/// Changes of the ledger within one transaction.
#[derive(Debug, Default)]
pub(crate) struct Deltas(
    BTreeMap<(i64, &'static str, &'static str, &'static str, &'static str), i64>,
);

impl Deltas {
    /// A row that entered a stage and its outcome there.
    pub(crate) fn count(&mut self, run: RunId, feed: Feed, stage: Stage, outcome: Outcome) {
        self.entered(run, feed, stage, 1);
        self.outcome(run, feed, stage, outcome, 1);
    }

    pub(crate) fn entered(&mut self, run: RunId, feed: Feed, stage: Stage, n: i64) {
        *self
            .0
            .entry((run.0, feed.name(), stage.name(), ENTERED, ""))
            .or_default() += n;
    }

    pub(crate) fn outcome(
        &mut self,
        run: RunId,
        feed: Feed,
        stage: Stage,
        outcome: Outcome,
        n: i64,
    ) {
        let reason = outcome.reason().map_or("", Reason::code);
        *self
            .0
            .entry((run.0, feed.name(), stage.name(), outcome.name(), reason))
            .or_default() += n;
    }

    pub(crate) async fn write(self, conn: &mut SqliteConnection) -> Result<(), StoreError> {
        let mut trip = Trip::default();
        self.write_on(&mut trip);
        trip.make(conn).await?;
        Ok(())
    }

    /// The same as part of a trip, where there is anything to write. Nothing is to be told of it.
    pub(crate) fn write_on(self, trip: &mut Trip) {
        let rows: Vec<_> = self
            .0
            .into_iter()
            .filter(|(_, n)| *n != 0)
            .map(|((run, feed, stage, outcome, reason), n)| (run, feed, stage, outcome, reason, n))
            .collect();
        if rows.is_empty() {
            return;
        }
        trip.then(
            "INSERT INTO ledger (run_id, feed, stage, outcome, reason, n)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
             FROM json_each(?1) WHERE true
             ON CONFLICT (run_id, feed, stage, outcome, reason) DO UPDATE SET n = n + excluded.n",
        )
        .bind(json(&rows));
    }
}

impl Store {
    /// The arithmetic of a run: per feed and stage.
    ///
    /// # Errors
    /// When the database fails or holds a name of another version.
    pub async fn tallies(&self, run: RunId) -> Result<BTreeMap<(Feed, Stage), Tally>, StoreError> {
        let mut reader = self.read().await?;
        let rows =
            sqlx::query("SELECT feed, stage, outcome, reason, n FROM ledger WHERE run_id = ?1")
                .bind(run.0)
                .fetch_all(reader.conn())
                .await?;
        let mut tallies: BTreeMap<(Feed, Stage), Tally> = BTreeMap::new();
        for row in rows {
            let (feed, stage): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let (outcome, reason): (String, String) = (row.try_get(2)?, row.try_get(3)?);
            let wrong = |column, found: &str| StoreError::Inconsistent {
                table: "ledger",
                column,
                row: run.to_string(),
                found: found.to_owned(),
            };
            let key = (
                feed.parse().map_err(|_| wrong("feed", &feed))?,
                stage.parse().map_err(|_| wrong("stage", &stage))?,
            );
            let tally = tallies.entry(key).or_default();
            let n: i64 = row.try_get(4)?;
            if outcome == ENTERED {
                tally.entered += n;
            } else if n != 0 {
                let parsed = Outcome::from_parts(&outcome, Reason::from_code(&reason))
                    .ok_or_else(|| wrong("outcome", &outcome))?;
                *tally.outcomes.entry(parsed).or_default() += n;
            }
        }
        Ok(tallies)
    }
}
