//! Filter: touched records to verdicts, under the settings in force.

use super::{StageError, Turn};
use pipeline::filter::{self, Verdict};
use storage::Facts;

/// Records decided on in one transaction. Enough to share the cost of a commit; more only
/// costs memory, for these stages are seldom further behind than a page or two.
const BATCH: i64 = 200;

/// Decides until nothing is touched or the turn is over. Returns whether it did any.
pub(super) async fn advance(turn: &Turn) -> Result<bool, StageError> {
    let (store, job) = (&turn.deps.store, &turn.job);
    let mut progressed = false;
    while !turn.is_over() {
        let work = store.filter_work(job.connection, BATCH).await?;
        if work.subjects.is_empty() {
            // Changed settings are carried through the records that are stored, a page at a time.
            if store.refilter_page(&turn.lease).await? {
                progressed = true;
                continue;
            }
            break;
        }
        let verdicts: Vec<Option<Verdict>> = work
            .subjects
            .iter()
            .map(|subject| {
                subject
                    .facts
                    .as_ref()
                    .map(|facts| decide(facts, &work.settings))
            })
            .collect();
        progressed |= store.commit_verdicts(&turn.lease, &work, &verdicts).await?;
    }
    Ok(progressed)
}

fn decide(facts: &Facts, settings: &pipeline::settings::Settings) -> Verdict {
    match facts {
        Facts::Shop => filter::shop(),
        Facts::Vendor {
            archived,
            lifecycle,
        } => filter::vendor(*archived, lifecycle),
        Facts::Item {
            kind,
            archived,
            lifecycle,
        } => filter::item(kind, *archived, lifecycle),
        Facts::Stock(row) => filter::stock(row, settings),
        Facts::Sale { head, lines } => filter::sale(head, lines, settings),
        Facts::Order { head, lines, life } => filter::order(head, lines, *life, settings),
        Facts::Shipment { received } => filter::shipment(*received),
    }
}
