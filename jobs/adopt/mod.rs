//! Adoption at cut-over: what an Optiply account holds is matched before the first write.
//!
//! A turn of deliver, under its lease, so that nothing can be sent meanwhile. Nothing is written to
//! Optiply here: rows are read, matched with the model, and kept as deliveries that are acknowledged
//! as far as they show what we would send. Whatever differs is patched by deliver afterwards.

mod orders;
pub(crate) mod read;
mod receipts;
mod restored;

use crate::stages::deliver::payload::{Missing, Names, payload, resource};
use crate::stages::{StageError, Turn};
use connectors::optiply::{Optiply, OptiplyError, Payload};
use pipeline::deliver::{Desired, Entity, Key};
use std::collections::HashMap;
use storage::{Adopted, Link, Matched};

/// Deliveries looked at in one go.
const PAGE: i64 = 200;

/// The kinds, those that others hang on first.
const IN_ORDER: [Entity; 7] = [
    Entity::Supplier,
    Entity::Product,
    Entity::SupplierProduct,
    Entity::Composition,
    Entity::SellOrder,
    Entity::BuyOrder,
    Entity::Receipt,
];

/// Reads what Optiply holds and matches it. Returns whether anything was done.
pub(crate) async fn advance(turn: &Turn, client: &Optiply) -> Result<bool, StageError> {
    let store = &turn.deps.store;
    let kinds = store.begin_matching(&turn.lease).await?;
    for entity in &kinds {
        if !read::rows(turn, client, *entity).await? {
            return Ok(true);
        }
    }
    let ahead = read::clock_ahead(turn, client);
    for entity in IN_ORDER.into_iter().filter(|kind| kinds.contains(kind)) {
        match entity {
            Entity::Product | Entity::Supplier => {
                store.match_named(&turn.lease, entity).await?;
                take_over(turn, entity).await?;
            }
            Entity::SellOrder | Entity::BuyOrder => orders::take_over(turn, entity, ahead).await?,
            Entity::Receipt => receipts::take_over(turn).await?,
            _ => take_over(turn, entity).await?,
        }
        if turn.stop.is_cancelled() {
            return Ok(true);
        }
    }
    if store.is_restored(turn.job.connection).await? {
        restored::compare(turn).await?;
    }
    store.finish_adoption(&turn.lease).await?;
    turn.note_progress();
    Ok(true)
}

/// Takes over what is matched of a kind, a page at a time.
async fn take_over(turn: &Turn, entity: Entity) -> Result<(), StageError> {
    let store = &turn.deps.store;
    let mut after: Option<Key> = None;
    loop {
        let matched = store
            .matched(turn.job.connection, entity, after.as_ref(), PAGE)
            .await?;
        let Some(last) = matched.last() else {
            return Ok(());
        };
        after = Some(last.key.clone());
        let wishes = Wishes::of(turn, matched.iter().map(|one| one.key.clone()).collect()).await?;
        let mut adopted = Vec::new();
        for one in &matched {
            adopted.extend(wishes.adopt(one)?);
        }
        store.adopt(&turn.lease, &adopted, &[]).await?;
    }
}

/// What deliveries should be, and what they name.
struct Wishes {
    desired: HashMap<Key, Desired>,
    links: HashMap<Key, Link>,
}

impl Wishes {
    async fn of(turn: &Turn, keys: Vec<Key>) -> Result<Self, StageError> {
        let store = &turn.deps.store;
        let work = store.deliveries_of_keys(turn.job.connection, &keys).await?;
        let desired = work
            .looks
            .into_iter()
            .filter_map(|look| Some((look.key, look.desired?)))
            .collect();
        Ok(Self {
            desired,
            links: work.links,
        })
    }

    /// What we would send of a delivery; none if it names something that Optiply does not hold, or
    /// is not desired any more.
    fn wanted(&self, key: &Key) -> Result<Option<Payload>, StageError> {
        match self.desired.get(key) {
            Some(desired) => self.payload(desired),
            None => Ok(None),
        }
    }

    /// An order without its lines: these need not all be of products that Optiply holds.
    fn order(&self, key: &Key) -> Result<Option<Payload>, StageError> {
        let mut desired = match self.desired.get(key) {
            Some(desired) => desired.clone(),
            None => return Ok(None),
        };
        match &mut desired {
            Desired::SellOrder(order) => order.lines.clear(),
            Desired::BuyOrder(wish) => wish.order.lines.clear(),
            _ => {}
        }
        self.payload(&desired)
    }

    fn payload(&self, desired: &Desired) -> Result<Option<Payload>, StageError> {
        match payload(desired, &Names(&self.links)) {
            Ok(payload) => Ok(Some(payload)),
            Err(Missing::Absent(_) | Missing::Unnamed(_)) => Ok(None),
            Err(Missing::Payload(error)) => Err(unreadable(error)),
        }
    }

    fn adopt(&self, matched: &Matched) -> Result<Option<Adopted>, StageError> {
        let Some(wanted) = self.wanted(&matched.key)? else {
            return Ok(None);
        };
        let shown = parse(matched.key.entity, &matched.shown)?;
        Ok(Some(Adopted {
            key: matched.key.clone(),
            remote_id: matched.remote_id,
            acknowledged: held(wanted.without_lines(), &shown).to_json(),
            lines: Vec::new(),
        }))
    }
}

/// The part of what we would send that needs not be sent: what is shown alike, what the row hangs
/// on, and what is the planner's once a row is there.
fn held(wanted: Payload, shown: &Payload) -> Payload {
    let to_patch = wanted.clone().for_adoption().differing_from(shown);
    wanted.without(&to_patch)
}

fn parse(entity: Entity, text: &str) -> Result<Payload, StageError> {
    Payload::from_json(resource(entity), text).map_err(unreadable)
}

fn unreadable(error: connectors::optiply::PayloadError) -> StageError {
    StageError::Target(OptiplyError::Payload(error))
}
