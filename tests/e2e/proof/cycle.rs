//! One whole cycle: everything is read and delivered, things happen and are told, planners order,
//! the order is placed in Lightspeed, arrives there and is reported back.

use super::account::Past;
use super::canon;
use super::trial::Trial;
use crate::delivery::judge::assert_delivered;
use crate::export::{Wish, assert_ordered, item_of, line, plan, shelf};
use crate::support;
use pipeline::id::RunId;
use std::time::Duration;
use storage::Trigger;

/// How far apart the parts begin: longer than any recovery.
const PART: Duration = Duration::from_secs(6 * 60 * 60);

/// How everything stands at the end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct End {
    model: Vec<String>,
    optiply: Vec<String>,
    purchases: Vec<String>,
    effects: Vec<String>,
}

impl End {
    /// What both systems and the model show otherwise, or nothing.
    pub(super) fn differs_from(&self, undisturbed: &End) -> Vec<String> {
        let parts = [
            ("the model", &self.model, &undisturbed.model),
            ("optiply", &self.optiply, &undisturbed.optiply),
            ("lightspeed", &self.purchases, &undisturbed.purchases),
        ];
        let parts = parts.into_iter();
        parts
            .flat_map(|(what, ours, theirs)| differences(what, ours, theirs))
            .collect()
    }

    /// The same, and whether anything was made or removed more often.
    pub(super) fn came_otherwise_than(&self, undisturbed: &End) -> Vec<String> {
        let mut wrong = self.differs_from(undisturbed);
        wrong.extend(differences(
            "the calls",
            &self.effects,
            &undisturbed.effects,
        ));
        wrong
    }
}

fn differences(what: &str, ours: &[String], theirs: &[String]) -> Vec<String> {
    let mut lacking = theirs.to_vec();
    let mut wrong = Vec::new();
    for line in ours {
        match lacking.iter().position(|other| other == line) {
            Some(place) => drop(lacking.swap_remove(place)),
            None => wrong.push(format!("{what}: too much {line}")),
        }
    }
    wrong.extend(lacking.iter().map(|line| format!("{what}: missing {line}")));
    wrong
}

impl Trial {
    pub(super) async fn import(&mut self) -> RunId {
        let ask = async |store: &storage::Store, connection| {
            let asked = store.request_import(connection, Trigger::Manual).await;
            asked.map(|asked| asked.run)
        };
        self.run(ask).await.id
    }

    /// Lives through the cycle.
    pub(super) async fn cycle(&mut self) -> End {
        let backfill = async |store: &storage::Store, connection| {
            let opened = store.open_backfill(connection).await;
            opened.map(|opened| opened.0)
        };
        let mut runs = vec![self.run(backfill).await.id];

        let past = Past::of_all();
        let happened = PART + past.between();
        self.until(happened).await;
        self.world
            .sandbox
            .mutate(|account| *account = past.after.clone());
        runs.push(self.import().await);
        assert_delivered(&self.world).await;

        self.until(happened + PART).await;
        let shelf = shelf(&self.world).await;
        let items: Vec<i64> = shelf.items.iter().map(|(_, product)| *product).collect();
        let lines = [
            line(items[0], 5, 150),
            line(items[1], 4, 99),
            line(items[0], 2, 150),
        ];
        let order = plan(&self.world, shelf.vendors[0].1, &lines);
        let export = async |store: &storage::Store, connection| {
            let asked = store.request_export(connection, Trigger::Manual).await;
            asked.map(|asked| asked.run)
        };
        self.run(export).await;
        let wish = Wish::of(order, &lines, item_of(&shelf));
        assert_ordered(&self.world, &[wish]);

        self.until(happened + 2 * PART).await;
        self.world.sandbox.mutate(|account| {
            let reference = format!("OPT-{order}");
            let mut orders = account.orders().values();
            let bought = orders.find(|order| order.reference == reference);
            let bought = bought.expect("the order").clone();
            account.receive(bought.id, &[(bought.lines[0].id, 2)]);
        });
        runs.push(self.import().await);
        self.end(&runs).await
    }

    async fn end(&self, runs: &[RunId]) -> End {
        let (store, connection) = (&self.world.deps.store, self.world.connection);
        for run in runs {
            support::assert_balanced(&store.tallies(*run).await.expect("tallies"));
            let told = store.delivery_tallies(connection, *run).await;
            for (entity, tally) in told.expect("tallies") {
                assert!(tally.balances() && tally.open == 0, "{entity:?} {tally:?}");
            }
        }
        assert_eq!(self.world.parked().await, []);
        let rejections = store.rejections(connection, 0, 10).await;
        assert!(rejections.expect("rejections").is_empty());
        End {
            model: support::dump(store, connection).await,
            optiply: canon::optiply(&self.world.sandbox),
            purchases: canon::purchases(&self.world.sandbox),
            effects: canon::effects(&self.world.sandbox),
        }
    }
}
