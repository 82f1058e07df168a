//! Crediting each record with what became of its object.

use super::work::{LoadWork, Touch, feed_of};
use crate::batch::json;
use crate::deliver::Touches;
use crate::error::StoreError;
use crate::ledger::Deltas;
use crate::store::WriteTx;
use pipeline::id::ConnectionId;
use pipeline::outcome::Outcome;
use pipeline::{Feed, Reason, Stage};
use std::collections::{BTreeMap, HashMap};

const LOADED: &str = "
    UPDATE verdicts SET loaded = j.value ->> 2, load_reason = j.value ->> 3
    FROM json_each(?2) j
    WHERE connection_id = ?1 AND feed = j.value ->> 0 AND record_id = j.value ->> 1";

/// The outcomes of the objects of one transaction, and what they are credited to.
pub(super) struct Written<'a> {
    pub(super) connection: ConnectionId,
    pub(super) work: &'a LoadWork,
    pub(super) runs: HashMap<(&'static str, i64), i64>,
    pub(super) outcomes: HashMap<(&'static str, i64), Outcome>,
    /// What must be delivered again.
    pub(super) deliveries: Touches,
}

impl Written<'_> {
    /// The run that is credited with an object of this kind and id; 0 for fan-out alone.
    pub(super) fn run_of(&self, object: &'static str, id: i64) -> i64 {
        self.runs.get(&(object, id)).copied().unwrap_or(0)
    }

    /// Credits each record with the outcome of its object.
    pub(super) async fn credit(mut self, tx: &mut WriteTx) -> Result<(), StoreError> {
        let mut deltas = Deltas::default();
        let mut news: BTreeMap<(&'static str, i64), Outcome> = BTreeMap::new();
        let mut last: HashMap<(Feed, i64), usize> = HashMap::new();
        for (place, touch) in self.work.touches.iter().enumerate() {
            if touch.object == "shop" {
                self.outcomes
                    .insert((touch.object, touch.id), Outcome::Loaded);
            }
            if let Some((feed, record, _)) = touch.credit {
                last.insert((feed, record), place);
            }
        }
        for (place, touch) in self.work.touches.iter().enumerate() {
            let outcome = self
                .outcomes
                .get(&(touch.object, touch.id))
                .copied()
                .unwrap_or(Outcome::Unchanged);
            match touch.credit {
                Some((feed, record, run)) if last.get(&(feed, record)) == Some(&place) => {
                    deltas.count(run, feed, Stage::Load, outcome);
                    // A row that waited is overtaken by a later row of its record.
                    if let Some((state, waited @ Outcome::Waiting(_))) = self
                        .work
                        .states
                        .get(&(feed, record))
                        .and_then(|s| Some((s, s.loaded?)))
                    {
                        deltas.outcome(state.run, feed, Stage::Load, waited, -1);
                        deltas.outcome(state.run, feed, Stage::Load, Outcome::Unchanged, 1);
                    }
                    news.insert((feed.name(), record), outcome);
                }
                Some((feed, _, run)) => deltas.count(run, feed, Stage::Load, Outcome::Unchanged),
                None => self.recredit(*touch, outcome, &last, &mut deltas, &mut news),
            }
        }
        deltas.write(tx.conn()).await?;
        let rows: Vec<_> = news
            .into_iter()
            .map(|((feed, id), o)| (feed, id, o.name(), o.reason().map(Reason::code)))
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
        sqlx::query(LOADED)
            .bind(self.connection.0)
            .bind(json(&rows))
            .execute(tx.conn())
            .await?;
        Ok(())
    }

    /// An object computed again because something beside its record changed. While the record's
    /// run is open, or the record was waiting, the run's arithmetic follows.
    fn recredit(
        &self,
        touch: Touch,
        outcome: Outcome,
        last: &HashMap<(Feed, i64), usize>,
        deltas: &mut Deltas,
        news: &mut BTreeMap<(&'static str, i64), Outcome>,
    ) {
        let Some(feed) = feed_of(touch.object) else {
            return;
        };
        let key = (feed, touch.id);
        let known = news.get(&(feed.name(), touch.id)).copied();
        let (Some(state), false) = (self.work.states.get(&key), last.contains_key(&key)) else {
            return;
        };
        let Some(old) = known.or(state.loaded) else {
            return;
        };
        let waited = matches!(old, Outcome::Waiting(_));
        let new = match (old, outcome) {
            (Outcome::Loaded | Outcome::Unchanged, Outcome::Unchanged) => old,
            (Outcome::Waiting(_), Outcome::Unchanged) => Outcome::Loaded,
            (_, outcome) => outcome,
        };
        if new == old || !(state.run_open || waited) {
            return;
        }
        deltas.outcome(state.run, feed, Stage::Load, old, -1);
        deltas.outcome(state.run, feed, Stage::Load, new, 1);
        news.insert((feed.name(), touch.id), new);
    }
}
