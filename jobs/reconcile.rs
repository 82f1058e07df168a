//! Both sides read and compared. Nothing is written to Optiply: what is to be repaired is marked, and
//! deliver sends it.

pub(crate) mod lines;
mod report;

pub use report::{Accepted, Difference, OfEntity, Report, Values};

use crate::adopt::read;
use crate::deps::Deps;
use crate::stages::deliver::payload::resource;
use crate::stages::{self, Turn};
use connectors::optiply::{Optiply, Payload};
use pipeline::deliver::{Entity, Key};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use storage::{Adoption, Connection, Lone, Shown};

/// Rows looked at in one go.
const PAGE: i64 = 500;

/// More missing rows than this, and more than one in so many, are not made again unasked.
const MANY: i64 = 20;

/// How to compare.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether to mark what differs.
    pub repair: bool,
    /// Whether to have missing rows made again however many they are.
    pub however_much: bool,
    /// How many differences to tell of each kind.
    pub samples: usize,
}

/// Reads both sides and compares them.
///
/// # Errors
/// When the database or Optiply fails, another comparison is under way, or the account was not
/// adopted yet.
pub async fn reconcile(
    deps: &Deps,
    connection: &Connection,
    options: Options,
) -> anyhow::Result<Report> {
    let client = deps.target(connection).await?;
    let Some(turn) = stages::turn_of(deps, connection.id, "reconcile").await? else {
        anyhow::bail!("another comparison of {:?} is under way", connection.name);
    };
    let work = async {
        let mut comparer = Comparer::new(&turn, options);
        comparer.compare(&client).await?;
        comparer.report().await
    };
    let report = stages::holding(&turn, work).await;
    let forgotten = match report {
        // Perhaps the rows there are of a match.
        Err(_) => Ok(()),
        Ok(_) => deps.store.forget_remote_rows(&turn.lease).await,
    };
    deps.store.release_lease(&turn.lease).await?;
    forgotten?;
    report
}

struct Comparer<'a> {
    turn: &'a Turn,
    options: Options,
    /// Since when what is acknowledged is too new to be judged, in milliseconds.
    since: i64,
    /// By how much Optiply's clock is ahead of ours, in milliseconds.
    ahead: i64,
    found: BTreeMap<Entity, OfEntity>,
    differences: Vec<Difference>,
    stock_differs: bool,
    held_back: Vec<Entity>,
}

impl<'a> Comparer<'a> {
    fn new(turn: &'a Turn, options: Options) -> Self {
        Self {
            turn,
            options,
            since: turn.deps.clock.now().timestamp_millis(),
            ahead: 0,
            found: BTreeMap::new(),
            differences: Vec::new(),
            stock_differs: false,
            held_back: Vec::new(),
        }
    }

    async fn compare(&mut self, client: &Optiply) -> anyhow::Result<()> {
        let (store, lease) = (&self.turn.deps.store, &self.turn.lease);
        let adoption = store.adoption(lease.connection).await?;
        anyhow::ensure!(
            matches!(adoption, Adoption::None | Adoption::Done),
            "what Optiply held was not matched yet"
        );
        // A match that begins from here on ends our lease, and with it this comparison.
        store.forget_remote_rows(lease).await?;
        for entity in Entity::ALL {
            while !read::rows(self.turn, client, entity).await? {
                anyhow::ensure!(!self.turn.stop.is_cancelled(), "stopped before the end");
            }
        }
        self.ahead = read::clock_ahead(self.turn, client);
        for order in [Entity::SellOrder, Entity::BuyOrder] {
            lines::name(self.turn, order).await?;
        }
        for entity in Entity::ALL {
            self.rows(entity).await?;
            self.lone(entity).await?;
        }
        Ok(())
    }

    fn of(&mut self, entity: Entity) -> &mut OfEntity {
        self.found.entry(entity).or_insert_with(|| OfEntity {
            entity,
            in_model: 0,
            delivered: 0,
            in_optiply: 0,
            missing: 0,
            different: 0,
            not_ours: 0,
            by_others: 0,
            duplicates: 0,
            unsettled: 0,
            parked: 0,
        })
    }

    /// Everything that Optiply shows of a kind.
    async fn rows(&mut self, entity: Entity) -> anyhow::Result<()> {
        let (store, lease) = (&self.turn.deps.store, &self.turn.lease);
        let mut after = 0;
        loop {
            let rows = store
                .shown_rows(
                    lease.connection,
                    entity,
                    after,
                    PAGE,
                    (self.since, self.ahead),
                )
                .await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after = last.remote_id;
            let (mut different, mut surplus) = (Vec::new(), Vec::new());
            for row in rows {
                self.of(entity).in_optiply += 1;
                match &row.ours {
                    _ if row.unsettled => {}
                    Some((key, acknowledged)) => {
                        let ours = Payload::from_json(resource(entity), acknowledged)?;
                        let shown = Payload::from_json(resource(entity), &row.shown)?;
                        let differing = ours.clone().for_adoption().differing_from(&shown);
                        if !differing.is_empty() {
                            self.of(entity).different += 1;
                            self.stock_differs |= differing.tells_stock();
                            self.tell(different_row(key, row.remote_id, &differing, &shown)?);
                            different.push((key.clone(), ours.without(&differing).to_json()));
                        }
                    }
                    None => self.not_ours(entity, &row, &mut surplus).await?,
                }
            }
            if self.options.repair {
                store.repair(lease, &[], &different).await?;
                store.remove_surplus(lease, entity, &surplus).await?;
            }
        }
    }

    async fn not_ours(
        &mut self,
        entity: Entity,
        row: &Shown,
        surplus: &mut Vec<i64>,
    ) -> anyhow::Result<()> {
        let kind = if row.from_api == Some(false) {
            self.of(entity).not_ours += 1;
            return Ok(());
        } else if let Some(original) = row.repeats
            && self.same_below(entity, original, row.remote_id).await?
        {
            self.of(entity).duplicates += 1;
            // A receipt hangs on a line, an order on nothing: both may go.
            if matches!(
                entity,
                Entity::SellOrder | Entity::BuyOrder | Entity::Receipt
            ) {
                surplus.push(row.remote_id);
            }
            "duplicate"
        } else {
            self.of(entity).by_others += 1;
            "by_others"
        };
        self.tell(Difference {
            kind,
            entity,
            record: None,
            part: None,
            optiply_id: Some(row.remote_id),
            attributes: BTreeMap::new(),
        });
        Ok(())
    }

    /// Whether two orders have the same lines.
    async fn same_below(&self, entity: Entity, one: i64, other: i64) -> anyhow::Result<bool> {
        let Some(line) = entity.line() else {
            return Ok(true);
        };
        let store = &self.turn.deps.store;
        let rows = store
            .remote_rows_below(self.turn.lease.connection, line, &[one, other])
            .await?;
        let of = |order: i64| -> anyhow::Result<Vec<String>> {
            let mut lines = Vec::new();
            for (_, _, shown) in rows.iter().filter(|(parent, ..)| *parent == order) {
                let shown = Payload::from_json(resource(line), shown)?;
                let product = shown.marks().other.unwrap_or_default();
                lines.push(format!("{product} {:?}", shown.clone().for_adoption()));
            }
            lines.sort_unstable();
            Ok(lines)
        };
        Ok(of(one)? == of(other)?)
    }

    /// Everything that Optiply acknowledged of a kind and does not show.
    async fn lone(&mut self, entity: Entity) -> anyhow::Result<()> {
        let mut after: Option<Key> = None;
        while let Some(lone) = self.lone_page(entity, &mut after).await? {
            for one in lone {
                self.of(entity).missing += 1;
                self.stock_differs |= entity == Entity::Product;
                self.tell(Difference {
                    kind: "missing",
                    entity,
                    record: Some(one.key.object),
                    part: Some(one.key.part),
                    optiply_id: one.remote_id,
                    attributes: BTreeMap::new(),
                });
            }
        }
        let (missing, shown) = (self.of(entity).missing, self.of(entity).in_optiply);
        if missing > MANY && missing * MANY > missing + shown && !self.options.however_much {
            // An answer that leaves so much out is more likely than its loss.
            self.held_back.push(entity);
        } else if self.options.repair {
            let mut after: Option<Key> = None;
            while let Some(lone) = self.lone_page(entity, &mut after).await? {
                let missing: Vec<Key> = lone.into_iter().map(|one| one.key).collect();
                let (store, lease) = (&self.turn.deps.store, &self.turn.lease);
                store.repair(lease, &missing, &[]).await?;
            }
        }
        Ok(())
    }

    async fn lone_page(
        &self,
        entity: Entity,
        after: &mut Option<Key>,
    ) -> anyhow::Result<Option<Vec<Lone>>> {
        let (store, connection) = (&self.turn.deps.store, self.turn.lease.connection);
        let lone = store
            .lone_deliveries(connection, entity, after.as_ref(), PAGE, self.since)
            .await?;
        *after = lone.last().map(|one| one.key.clone());
        Ok((!lone.is_empty()).then_some(lone))
    }

    fn tell(&mut self, difference: Difference) {
        let alike =
            |one: &&Difference| one.kind == difference.kind && one.entity == difference.entity;
        if self.differences.iter().filter(alike).count() < self.options.samples {
            self.differences.push(difference);
        }
    }

    async fn report(mut self) -> anyhow::Result<Report> {
        let (store, connection) = (&self.turn.deps.store, self.turn.lease.connection);
        let counts = store.model_counts(connection).await?;
        let states = store.delivery_counts(connection).await?;
        for entity in Entity::ALL {
            let of = self.of(entity);
            of.in_model = counts.get(&entity).copied().unwrap_or_default();
            for ((_, state), n) in states.iter().filter(|((its, _), _)| *its == entity) {
                match state.as_str() {
                    "acknowledged" => of.delivered += n,
                    "parked" => of.parked += n,
                    _ => of.unsettled += n,
                }
            }
        }
        let model = store.checklist(connection).await?;
        let fine = |entity: Entity| self.found.get(&entity).is_none_or(OfEntity::is_clean);
        let entities: Vec<OfEntity> = self.found.values().cloned().collect();
        Ok(Report {
            clean: entities.iter().all(OfEntity::is_clean) && model.non_inventory_enabled == 0,
            checklist: Accepted {
                products: fine(Entity::Product),
                stock: !self.stock_differs && fine(Entity::Product),
                sell_orders: fine(Entity::SellOrder) && fine(Entity::SellOrderLine),
                model,
            },
            entities,
            held_back: self.held_back,
            repaired: self.options.repair && !self.differences.is_empty(),
            differences: self.differences,
        })
    }
}

fn different_row(
    key: &Key,
    id: i64,
    ours: &Payload,
    theirs: &Payload,
) -> Result<Difference, serde_json::Error> {
    let raw = |text: &str| RawValue::from_string(text.to_owned());
    let mut attributes = BTreeMap::new();
    for name in ours.names() {
        let values = Values {
            ours: raw(ours.value(name).unwrap_or("null"))?,
            theirs: theirs.value(name).map(raw).transpose()?,
        };
        attributes.insert(name.to_owned(), values);
    }
    Ok(Difference {
        kind: "different",
        entity: key.entity,
        record: Some(key.object),
        part: Some(key.part.clone()),
        optiply_id: Some(id),
        attributes,
    })
}
