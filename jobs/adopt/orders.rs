//! Orders: matched by their second and what stands on them, lines included.

use super::{Wishes, held, parse};
use crate::stages::deliver::payload::line;
use crate::stages::{StageError, Turn};
use connectors::optiply::Payload;
use pipeline::adopt::{OrderFacts, OrderLineFacts, match_orders};
use pipeline::deliver::{Desired, Entity, Key};
use std::collections::{BTreeMap, HashMap, HashSet};
use storage::{AckLine, Adopted, OrdersToMatch};

/// Orders looked at in one go.
const STRETCH: i64 = 200;

/// When at least so many sell orders were not found, and more than were, the account tells its
/// history otherwise than we do, and nothing of that time may be made.
const STRANGE: i64 = 20;

/// Why not.
const OTHERWISE: &str = "placed before the newest sell order that Optiply held, which tells most \
                         sales of that time otherwise";

/// Takes over the orders that Optiply holds.
pub(super) async fn take_over(turn: &Turn, entity: Entity, ahead: i64) -> Result<(), StageError> {
    let store = &turn.deps.store;
    if entity == Entity::BuyOrder {
        take_over_named(turn).await?;
    }
    let mut after = i64::MIN >> 1;
    while let Some(work) = store
        .orders_to_match(turn.job.connection, entity, after, STRETCH)
        .await?
    {
        after = work.rank;
        let (adopted, unmatched) = matched(turn, entity, &work).await?;
        store.adopt(&turn.lease, &adopted, &unmatched).await?;
    }
    if entity == Entity::SellOrder {
        let (found, not_found) = store
            .sell_orders_covered(turn.job.connection, ahead)
            .await?;
        if not_found >= STRANGE && not_found > found {
            while store
                .set_covered_aside(&turn.lease, ahead, OTHERWISE)
                .await?
            {}
        }
    }
    Ok(())
}

/// Takes over the purchase orders that another integration made of buy orders of planners: they bear
/// the bare number (`mapping.md` 9.1). Of several with one number the oldest is it.
async fn take_over_named(turn: &Turn) -> Result<(), StageError> {
    let (store, connection) = (&turn.deps.store, turn.job.connection);
    let (mut after, mut taken) = (0, HashSet::new());
    loop {
        let named = store.orders_named(connection, after, STRETCH).await?;
        let Some((last, ..)) = named.last() else {
            return Ok(());
        };
        after = last.object;
        let keys = named.iter().map(|(key, ..)| key.clone()).collect();
        let wishes = Wishes::of(turn, keys).await?;
        let undecided = undecided(turn, &wishes).await?;
        let ids: Vec<i64> = named.iter().map(|(_, id, _)| *id).collect();
        let mut lines: BTreeMap<i64, Vec<(i64, Payload)>> = BTreeMap::new();
        let below = Entity::BuyOrderLine;
        for (order, id, text) in store.remote_rows_below(connection, below, &ids).await? {
            let line = (id, parse(below, &text)?);
            lines.entry(order).or_default().push(line);
        }
        let mut adopted = Vec::with_capacity(named.len());
        for (key, id, text) in &named {
            if undecided.contains(&key.object) || !taken.insert(*id) {
                continue;
            }
            let order = parse(Entity::BuyOrder, text)?;
            let held_lines = lines.remove(id).unwrap_or_default();
            adopted.extend(wishes.take(key, *id, &order, held_lines)?);
        }
        store.adopt(&turn.lease, &adopted, &[]).await?;
    }
}

async fn matched(
    turn: &Turn,
    entity: Entity,
    work: &OrdersToMatch,
) -> Result<(Vec<Adopted>, Vec<(Key, String)>), StageError> {
    let wishes = Wishes::of(turn, work.keys.clone()).await?;
    let ours: Vec<OrderFacts> = wishes
        .desired
        .values()
        .filter_map(|desired| our_facts(desired, &wishes))
        .collect();
    let mut theirs = Vec::with_capacity(work.held.len());
    let mut shown: HashMap<i64, Payload> = HashMap::new();
    let mut lines: BTreeMap<i64, Vec<(i64, Payload)>> = BTreeMap::new();
    let line_entity = entity.line().unwrap_or(Entity::SellOrderLine);
    for (id, text) in &work.held {
        let order = parse(entity, text)?;
        let of = lines.entry(*id).or_default();
        for (line, text) in work.lines.get(id).into_iter().flatten() {
            of.push((*line, parse(line_entity, text)?));
        }
        theirs.push(their_facts(*id, &order, of));
        shown.insert(*id, order);
    }
    let mut sorted = ours;
    sorted.sort_by_key(|order| order.id);
    let undecided = undecided(turn, &wishes).await?;
    let later: Vec<Key> = undecided
        .iter()
        .map(|object| Key::new(entity, *object, ""))
        .collect();
    let store = &turn.deps.store;
    store.match_another_time(&turn.lease, &later).await?;
    let matches = match_orders(&sorted, &theirs);
    let mut adopted = Vec::with_capacity(matches.same.len());
    for (object, id) in matches.same {
        let key = Key::new(entity, object, "");
        if undecided.contains(&object) {
            continue;
        }
        let Some(order) = shown.get(&id) else {
            continue;
        };
        let held_lines = lines.remove(&id).unwrap_or_default();
        adopted.extend(wishes.take(&key, id, order, held_lines)?);
    }
    let unmatched = matches
        .ambiguous
        .into_iter()
        .filter(|(object, _)| !undecided.contains(object))
        .map(|(object, ids)| {
            let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
            let why = format!("rows {} may be it", ids.join(", "));
            (Key::new(entity, object, ""), why)
        })
        .collect();
    Ok((adopted, unmatched))
}

/// The orders that name a product which a person must find first: they wait, and are matched with
/// it. Nobody could tell now which of their lines are there.
async fn undecided(turn: &Turn, wishes: &Wishes) -> Result<HashSet<i64>, StageError> {
    let mut named: HashMap<Key, Vec<i64>> = HashMap::new();
    for (order, desired) in &wishes.desired {
        for key in desired.needs() {
            if !wishes.links.get(&key).is_some_and(|link| link.held) {
                named.entry(key).or_default().push(order.object);
            }
        }
    }
    let keys: Vec<Key> = named.keys().cloned().collect();
    let store = &turn.deps.store;
    let work = store.deliveries_of_keys(turn.job.connection, &keys).await?;
    Ok(work
        .looks
        .iter()
        .filter(|look| look.unmatched.is_some())
        .flat_map(|look| named.get(&look.key).into_iter().flatten().copied())
        .collect())
}

impl Wishes {
    /// An order that is a row of Optiply's; none while it cannot be told what it should be.
    fn take(
        &self,
        key: &Key,
        id: i64,
        shown: &Payload,
        held_lines: Vec<(i64, Payload)>,
    ) -> Result<Option<Adopted>, StageError> {
        let Some(wanted) = self.order(key)? else {
            return Ok(None);
        };
        Ok(Some(Adopted {
            key: key.clone(),
            remote_id: id,
            acknowledged: held(wanted.without_lines(), shown).to_json(),
            lines: self.lines(key, id, held_lines)?,
        }))
    }

    /// The lines of an order as Optiply holds them; surplus ones of products that are ours too.
    fn lines(
        &self,
        order: &Key,
        id: i64,
        mut held_lines: Vec<(i64, Payload)>,
    ) -> Result<Vec<AckLine>, StageError> {
        let Some(desired) = self.desired.get(order) else {
            return Ok(Vec::new());
        };
        let mut open = Vec::new();
        for wish in desired.lines() {
            match line(&wish.line, Some(id), &super::Names(&self.links)) {
                Ok(wanted) => open.push((wish.key, wanted)),
                Err(super::Missing::Payload(error)) => return Err(super::unreadable(error)),
                Err(_) => {}
            }
        }
        let mut lines = Vec::new();
        // Equal ones first, so that of two of one product each finds its like.
        for alike in [
            Payload::same_line as fn(&Payload, &Payload) -> bool,
            Payload::same_product,
        ] {
            open.retain(|(key, wanted)| {
                let Some(at) = held_lines
                    .iter()
                    .position(|(_, shown)| alike(wanted, shown))
                else {
                    return true;
                };
                let (line_id, shown) = held_lines.remove(at);
                lines.push(AckLine {
                    key: key.clone(),
                    remote_id: Some(line_id),
                    acknowledged: Some(held(wanted.clone(), &shown).to_json()),
                });
                false
            });
        }
        Ok(lines)
    }
}

fn our_facts(desired: &Desired, wishes: &Wishes) -> Option<OrderFacts> {
    let remote = |key: &Key| wishes.links.get(key).and_then(|link| link.remote_id);
    let (at, supplier, value) = match desired {
        Desired::SellOrder(order) => (order.placed, 0, order.total_value),
        Desired::BuyOrder(wish) => (
            wish.order.placed,
            remote(&Key::supplier(wish.order.vendor_id))?,
            wish.order.total_value,
        ),
        _ => return None,
    };
    let mut facts = OrderFacts {
        id: desired.key().object,
        at: at.timestamp(),
        supplier,
        cents: cents(&value.to_string()),
        lines: Vec::new(),
        whole: true,
    };
    for wish in desired.lines() {
        let (quantity, value) = match &wish.line {
            Desired::SellOrderLine(_, line) => (line.quantity, line.subtotal_value),
            Desired::BuyOrderLine(_, line) => (line.quantity, line.subtotal_value),
            _ => continue,
        };
        match remote(&Key::product(wish.item)) {
            Some(product) => facts.lines.push(OrderLineFacts {
                product,
                quantity,
                cents: cents(&value.to_string()),
            }),
            None => facts.whole = false,
        }
    }
    Some(facts)
}

fn their_facts(id: i64, order: &Payload, lines: &[(i64, Payload)]) -> OrderFacts {
    let marks = order.marks();
    OrderFacts {
        id,
        at: marks.at.unwrap_or_default(),
        supplier: marks.parent.unwrap_or_default(),
        cents: marks.cents.unwrap_or_default(),
        lines: lines
            .iter()
            .map(|(_, line)| line.marks())
            .map(|line| OrderLineFacts {
                product: line.other.unwrap_or_default(),
                quantity: line.quantity.unwrap_or_default(),
                cents: line.cents.unwrap_or_default(),
            })
            .collect(),
        whole: true,
    }
}

/// An amount with two decimals, as both sides write it, in cents.
fn cents(text: &str) -> i64 {
    let digits: String = text.chars().filter(|c| *c != '.').collect();
    digits.parse().unwrap_or(0)
}
