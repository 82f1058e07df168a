//! Calls of which nobody knows what came: looked for, never sent again first (DESIGN 8).

use super::call::{Call, Came, Line, adopt, line_keys, patched};
use super::natural::{self, Lines};
use super::payload::resource;
use chrono::{DateTime, TimeDelta, Utc};
use connectors::optiply::{By, Find, Optiply, OptiplyError, Resource, Stored};
use pipeline::{Class, Reason};
use std::collections::HashSet;
use storage::{AckLine, DeliveryOutcome as Outcome, Op};

/// Rows of one key that are looked at at most.
const CANDIDATES_MOST: usize = 200;

/// Reads after the settle delay that must not show a row before it is taken to be none.
const EMPTY_READS: i64 = 2;

/// What is known of a call in doubt beside the call.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    pub(super) call: Call,
    /// Optiply's time when the intent was written, if it was known.
    pub(super) intent_at: Option<DateTime<Utc>>,
    /// Optiply's time since which nobody can be sending it, once known.
    pub(super) since: Option<DateTime<Utc>>,
    pub(super) empty_reads: i64,
    /// What Optiply said when it refused it without saying that nothing was done.
    pub(super) refused: Option<String>,
}

/// Rows that may be the one that was to be made.
pub(super) struct Candidates {
    rows: Vec<Stored>,
    /// Optiply's time when they were read.
    read_at: Option<DateTime<Utc>>,
}

impl Candidates {
    /// What Optiply calls them.
    pub(super) fn ids(&self) -> Vec<i64> {
        self.rows.iter().map(|row| row.id).collect()
    }
}

impl Line {
    /// Looks for the rows that may be the one that was to be made; ids that are known to be others
    /// are for the caller to take out.
    pub(super) async fn candidates(&self, doubt: &Doubt) -> Result<Candidates, OptiplyError> {
        let find = doubt.call.payload.find_made(doubt.intent_at)?;
        let mut rows = self.client.find(find, CANDIDATES_MOST).await?;
        rows.retain(|row| doubt.call.payload.may_be(row));
        Ok(Candidates {
            rows,
            read_at: self.client.server_now(),
        })
    }

    /// Settles a change or a deletion by looking at its row.
    pub(super) async fn look_at_row(&self, doubt: &Doubt) -> Came {
        let call = &doubt.call;
        let Some(id) = call.remote_id else {
            return self.again(call);
        };
        let row = match self.client.get(resource(call.key.entity), id).await {
            Ok(row) => row,
            Err(error) => return self.later(doubt, error),
        };
        match (call.op, row) {
            (Op::Delete, None) => Outcome::Deleted.into(),
            (_, None) => Outcome::Lost.into(),
            (Op::Delete, Some(_)) => self.again(call),
            (_, Some(row)) => match row.payload() {
                Ok(shown) if call.payload.differing_from(&shown).is_empty() => {
                    Outcome::Acknowledged(patched(call, id, row.uuid)).into()
                }
                _ => self.again(call),
            },
        }
    }

    /// Settles a creation by what was found, less the rows that are known to be others.
    pub(super) async fn judge(
        &self,
        doubt: &Doubt,
        mut found: Candidates,
        known: &HashSet<i64>,
    ) -> Came {
        found.rows.retain(|row| !known.contains(&row.id));
        let since = doubt.since.or(found.read_at);
        let delay = TimeDelta::from_std(self.settle).unwrap_or(TimeDelta::MAX);
        let passed = match (found.read_at, since) {
            (Some(read), Some(since)) => read - since >= delay,
            _ => false,
        };
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        for row in found.rows {
            match self.with_lines(doubt, &row).await {
                Ok(Some((lines, true))) => whole.push((row, lines)),
                Ok(Some((lines, false))) => parts.push((row, lines)),
                Ok(None) => {}
                Err(error) => return self.later(doubt, error),
            }
        }
        match (whole.as_slice(), parts.as_slice()) {
            ([(row, lines)], _) => return adopt(&doubt.call, row, lines.clone()).into(),
            // Lines may become visible later than their order.
            ([], [(row, lines)]) if passed => {
                return adopt(&doubt.call, row, lines.clone()).into();
            }
            ([], []) => {}
            _ if passed => {
                let ids: Vec<String> = whole
                    .iter()
                    .chain(&parts)
                    .map(|(row, _)| row.id.to_string())
                    .collect();
                return Outcome::Parked {
                    reason: Reason::SeveralMatches,
                    detail: format!("{} of {}", ids.join(", "), doubt.call.payload.resource()),
                    next_at: None,
                }
                .into();
            }
            _ => {}
        }
        let seen = !(whole.is_empty() && parts.is_empty());
        self.not_seen(doubt, since, passed, seen).await
    }

    /// Nothing that fits was found, or it is too early to tell.
    async fn not_seen(
        &self,
        doubt: &Doubt,
        since: Option<DateTime<Utc>>,
        passed: bool,
        seen: bool,
    ) -> Came {
        let empty_reads = doubt.empty_reads + i64::from(passed && !seen);
        if empty_reads >= EMPTY_READS {
            return match &doubt.refused {
                Some(said) => self.refused(&doubt.call, said.clone()).await,
                None => self.again(&doubt.call),
            };
        }
        let next_at = match (since, self.client.server_now()) {
            (Some(since), Some(server)) if !passed => {
                let left = (since - server).to_std().unwrap_or_default();
                let waited = (server - since).to_std().unwrap_or_default();
                self.now() + self.settle.saturating_sub(waited) + left
            }
            _ => self.soon(),
        };
        Outcome::Doubtful {
            // Dates are told in whole seconds.
            next_at: next_at + TimeDelta::seconds(1),
            since,
            empty_reads,
            refused: None,
        }
        .into()
    }

    /// The lines of a candidate, and whether they are all there; none if it is another order.
    async fn with_lines(
        &self,
        doubt: &Doubt,
        row: &Stored,
    ) -> Result<Option<(Vec<AckLine>, bool)>, OptiplyError> {
        let call = &doubt.call;
        if call.parts.is_empty() {
            return Ok(Some((Vec::new(), true)));
        }
        let shown = lines_of_order(&self.client, row.resource, row.id).await?;
        let (ids, all) = match natural::lines(&call.payload, row.id, &shown)? {
            Lines::All(ids) => (ids, true),
            Lines::Some(ids) => (ids, false),
            Lines::Strange => return Ok(None),
        };
        let wanted = super::payload::lines_of(&call.payload, row.id)?;
        let lines = line_keys(&call.key, &call.parts)
            .into_iter()
            .zip(wanted.iter().zip(ids))
            .map(|(key, (line, id))| AckLine {
                key,
                remote_id: id,
                acknowledged: id.map(|_| line.to_json()),
            });
        Ok(Some((lines.collect(), all)))
    }

    /// It could not be looked for: that says nothing about it.
    pub(super) fn later(&self, doubt: &Doubt, error: OptiplyError) -> Came {
        let outcome = Outcome::Doubtful {
            next_at: self.soon(),
            since: doubt.since,
            empty_reads: doubt.empty_reads,
            refused: None,
        };
        let passing = matches!(error.class(), Class::Retry);
        let odd = matches!(
            error,
            OptiplyError::TooMany { .. } | OptiplyError::FilterIgnored { .. }
        );
        Came {
            outcome,
            lost: Vec::new(),
            trouble: passing,
            fatal: (!passing && !odd).then_some(error),
        }
    }
}

/// The lines that Optiply shows of an order.
pub(super) async fn lines_of_order(
    client: &Optiply,
    order: Resource,
    id: i64,
) -> Result<Vec<Stored>, OptiplyError> {
    let find = match order {
        Resource::BuyOrders => Find::all(Resource::BuyOrderLines).by(By::BuyOrder(id)),
        _ => Find::all(Resource::SellOrderLines).by(By::SellOrder(id)),
    };
    client.find(find, 10_000).await
}
