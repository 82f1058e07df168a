//! What a delivery would do now: the decisions of the stage, taken on everything that is before it,
//! and written nowhere.

use crate::deps::Deps;
use crate::stages::deliver::{decide, payload::resource};
use anyhow::Context as _;
use connectors::optiply::{PaceState, Payload};
use pipeline::deliver::{Desired, Entity, Key};
use pipeline::id::ConnectionId;
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use storage::{Ahead, Link, Look, Op, Step};

/// Deliveries looked at in one go.
const PAGE: i64 = 200;

/// What stands for the id of a row that is not made yet, or was not asked for.
const NOT_KNOWN: i64 = 0;

/// What a delivery would do now.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// Per kind; those of which nothing is to be done are left out.
    pub entities: Vec<OfEntity>,
    /// Calls that write.
    pub writes: u64,
    /// Calls that ask first what Optiply calls lines of orders.
    pub reads: u64,
    /// Calls a minute: the pace that was last measured, or the one at which it starts.
    pub calls_per_minute: u32,
    /// How long all of it takes at that pace.
    pub seconds: u64,
}

/// What would be done about one kind of row.
#[derive(Clone, Debug, Serialize)]
pub struct OfEntity {
    /// The kind.
    pub entity: Entity,
    /// Rows to be made.
    pub create: u64,
    /// Rows to be changed.
    pub patch: u64,
    /// Rows to be deleted.
    pub delete: u64,
    /// What waits for something that no delivery brings about.
    pub waiting: u64,
    /// What a person must look at.
    pub parked: u64,
    /// Calls of which nobody knows what came: they are looked for before anything else.
    pub in_doubt: u64,
    /// Some of what would be sent.
    pub samples: Vec<Sample>,
}

/// A call that would be made.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    /// `create`, `patch` or `delete`.
    pub op: Op,
    /// Item, vendor, sale or order.
    pub record: i64,
    /// Vendor, part, item, order line or receipt; empty for what stands alone.
    pub part: String,
    /// What Optiply calls the row, if it holds it and that is known.
    pub optiply_id: Option<i64>,
    /// What would be sent. An id of 0 stands for a row that is made, or asked for, before.
    pub attributes: Box<RawValue>,
}

impl OfEntity {
    fn new(entity: Entity) -> Self {
        Self {
            entity,
            create: 0,
            patch: 0,
            delete: 0,
            waiting: 0,
            parked: 0,
            in_doubt: 0,
            samples: Vec::new(),
        }
    }

    fn is_nothing(&self) -> bool {
        self.writes() + self.waiting + self.parked + self.in_doubt == 0
    }

    fn writes(&self) -> u64 {
        self.create + self.patch + self.delete
    }
}

/// Looks at everything that is before deliver, a page at a time.
///
/// # Errors
/// When the database fails or holds a payload that cannot be read.
pub async fn plan(deps: &Deps, connection: ConnectionId, samples: usize) -> anyhow::Result<Plan> {
    let mut all: Vec<OfEntity> = Entity::ALL.into_iter().map(OfEntity::new).collect();
    let mut planner = Planner {
        deps,
        samples,
        reads: 0,
        all: &mut all,
    };
    for entity in Entity::ALL {
        let mut after: Option<Key> = None;
        loop {
            let ahead = deps
                .store
                .deliveries_ahead(connection, entity, after.as_ref(), PAGE)
                .await?;
            let Some(last) = ahead.work.looks.last() else {
                break;
            };
            after = Some(last.key.clone());
            let lines = planner.judge(&ahead)?;
            if !lines.is_empty() {
                let ahead = deps.store.deliveries_at(connection, &lines).await?;
                planner.judge(&ahead)?;
            }
        }
    }
    let reads = planner.reads;
    for ((entity, state), n) in deps.store.delivery_counts(connection).await? {
        let n = u64::try_from(n).unwrap_or_default();
        if let Some(of) = all.iter_mut().find(|of| of.entity == entity) {
            match state.as_str() {
                "parked" => of.parked += n,
                "sending" | "ambiguous" => of.in_doubt += n,
                _ => {}
            }
        }
    }
    let writes = all.iter().map(OfEntity::writes).sum();
    let pace = pace(deps, connection).await?;
    all.retain(|of| !of.is_nothing());
    Ok(Plan {
        entities: all,
        writes,
        reads,
        calls_per_minute: pace.per_minute,
        seconds: pace.time_for(writes + reads).as_secs(),
    })
}

async fn pace(deps: &Deps, connection: ConnectionId) -> anyhow::Result<PaceState> {
    let limits = deps.delivery.pace;
    let stored = deps.store.budget(connection, "optiply").await?;
    let stored = stored.and_then(|text| serde_json::from_str::<PaceState>(&text).ok());
    Ok(stored.unwrap_or(PaceState {
        per_minute: limits.start_per_minute,
        in_flight_limit: limits.start_in_flight,
        in_flight: 0,
        waiting: 0,
        at: deps.clock.now(),
        paused_until: None,
    }))
}

struct Planner<'a> {
    deps: &'a Deps,
    samples: usize,
    reads: u64,
    all: &'a mut [OfEntity],
}

impl Planner<'_> {
    /// Decides on a page. Returns the lines of orders that would be looked at for it.
    fn judge(&mut self, ahead: &Ahead) -> anyhow::Result<Vec<Key>> {
        let links = as_if_made(ahead);
        let (now, mut lines) = (self.deps.clock.now(), Vec::new());
        let mut asked = HashSet::new();
        for look in &ahead.work.looks {
            let mut look = look.clone();
            if look.acknowledged.is_some() && look.remote_id.is_none() {
                look.remote_id = Some(NOT_KNOWN);
                asked.extend(look.key.order());
            }
            // What is on its way now is settled by then, so nothing stands in the way of its like.
            let plan = decide::decide(&look, &links, &mut HashSet::new(), now)
                .with_context(|| format!("{} cannot be read", look.key))?;
            let Some(of) = self.all.iter_mut().find(|of| of.entity == look.key.entity) else {
                continue;
            };
            match plan.decided.step {
                Step::Rest { .. } | Step::Forget => {}
                Step::Wait(_) | Step::PutOff(_) => of.waiting += 1,
                Step::Park { .. } => of.parked += 1,
                Step::Send { op, payload, .. } => {
                    match op {
                        Op::Create => {
                            of.create += 1;
                            of.patch += u64::from(is_completed_later(&look));
                        }
                        Op::Patch => of.patch += 1,
                        Op::Delete => of.delete += 1,
                    }
                    if of.samples.len() < self.samples {
                        of.samples.push(sample(&look, op, payload)?);
                    }
                }
            }
            lines.extend(plan.decided.lines);
        }
        self.reads += u64::try_from(asked.len()).unwrap_or_default();
        Ok(lines)
    }
}

/// Whether a buy order is told to be complete by a call of its own, after its receipts.
fn is_completed_later(look: &Look) -> bool {
    matches!(&look.desired, Some(Desired::BuyOrder(wish))
        if wish.receipts_open && wish.order.completed.is_some())
}

/// The links, as they are once what is named has been made or asked for.
fn as_if_made(ahead: &Ahead) -> HashMap<Key, Link> {
    let mut links = ahead.work.links.clone();
    for link in links.values_mut().filter(|link| link.held) {
        link.remote_id = link.remote_id.or(Some(NOT_KNOWN));
    }
    for key in &ahead.coming {
        let made = Link {
            remote_id: Some(NOT_KNOWN),
            held: true,
        };
        links.insert(key.clone(), made);
    }
    links
}

fn sample(look: &Look, op: Op, payload: String) -> anyhow::Result<Sample> {
    let text = if payload.is_empty() {
        Payload::empty(resource(look.key.entity)).to_json()
    } else {
        payload
    };
    Ok(Sample {
        op,
        record: look.key.object,
        part: look.key.part.clone(),
        optiply_id: look.remote_id.filter(|id| *id != NOT_KNOWN),
        attributes: RawValue::from_string(text)?,
    })
}
