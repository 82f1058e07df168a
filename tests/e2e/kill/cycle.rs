//! A cycle of an account, driven by the real binary, which is killed on the way.

use crate::export::judge::{Wish, assert_ordered_in};
use crate::support::{World, assert_balanced, assert_same, give_optiply};
use pipeline::deliver::Entity;
use pipeline::id::ShopId;
use pipeline::settings::{Locations, Settings};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;
use sandbox::{Config, Limits, Resource, Size, Truth, Writer};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a command may take, which may have to wait for what the one before left behind.
const PATIENCE: Duration = Duration::from_secs(150);

/// The moments to kill at, as seen from outside: after so many more calls of either system, or so
/// many more commits, and then a little later.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Calls(usize),
    Commits(usize),
}

pub(super) struct Cycle {
    pub(super) world: World,
    seed: u64,
    dice: StdRng,
    /// Kills so far.
    pub(super) kills: usize,
    /// What was ordered by planners.
    wishes: Vec<Wish>,
}

fn account(seed: u64) -> Config {
    Config {
        size: Size {
            shops: 1,
            vendors: 6,
            items: 30,
            sales: 60,
        },
        limits: Limits::Off,
        latency: Duration::from_millis(4),
        ..Config::small(seed)
    }
}

fn settings() -> Settings {
    let mut settings = Settings::new(Locations::All, ShopId(1));
    // The clocks of the systems here are months apart.
    settings.export_since = "2020-01-01T00:00:00Z".parse().ok();
    settings
}

impl Cycle {
    /// An account that was connected to both systems a moment ago.
    pub(super) async fn new(seed: u64) -> Self {
        let world = World::with(account(seed), settings()).await;
        let served = world.optiply_urls();
        let store = &world.deps.store;
        let urls = (served.0.as_str(), served.1.as_str());
        give_optiply(store, world.connection, &world.sandbox, urls).await;
        let started = store.start_adoption(world.connection).await;
        assert!(started.expect("a start"));
        let optiply = world.sandbox.optiply();
        optiply.behave(|rules| rules.visible_after = Duration::from_millis(200));
        Self {
            world,
            seed,
            dice: StdRng::seed_from_u64(seed),
            kills: 0,
            wishes: Vec::new(),
        }
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockbridge"));
        command
            .args([verb, "shop", "--json", "--database"])
            .arg(self.database())
            .env_clear()
            .env("STOCKBRIDGE_OPTIPLY_PACE", "500")
            .env("STOCKBRIDGE_OPTIPLY_SETTLE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn database(&self) -> PathBuf {
        self.world.deps.store.path().to_owned()
    }

    fn calls(&self) -> usize {
        self.world.sandbox.called() + self.world.sandbox.optiply().called()
    }

    /// Gives a command until it ends by itself. It is killed on the way, so often at most, and each
    /// time after no more than so many calls.
    pub(super) async fn through(&mut self, verb: &str, most: usize, calls: usize) {
        let mut killed = 0;
        loop {
            let mut child = self.command(verb).spawn().expect("the binary runs");
            let moment = match self.dice.random_range(0..3) {
                // The first start renews the token, which may be tried four times a minute only.
                _ if self.kills == 0 => Some(Moment::Calls(4)),
                0 => Some(Moment::Commits(self.dice.random_range(1..=2 * calls))),
                _ => Some(Moment::Calls(self.dice.random_range(1..=calls))),
            };
            let moment = moment.filter(|_| killed < most);
            if let Some(code) = self.reach(&mut child, moment).await {
                // Done, or done but for the records that are refused.
                assert!(
                    matches!(code, Some(0 | 3)),
                    "seed {}: {verb} after {} kills: {code:?}",
                    self.seed,
                    self.kills
                );
                return;
            }
            tokio::time::sleep(Duration::from_micros(self.dice.random_range(0..6_000))).await;
            child.kill().expect("a kill");
            child.wait().expect("an end");
            killed += 1;
            self.kills += 1;
            // Every third time the machine dies with it.
            if self.kills.is_multiple_of(3) {
                super::wal::cut(&self.database(), &mut self.dice);
            }
        }
    }

    /// Waits for a moment, or for the end of the process, whose code is returned.
    async fn reach(&self, child: &mut Child, moment: Option<Moment>) -> Option<Option<i32>> {
        let (until, before) = (Instant::now() + PATIENCE, self.calls());
        let (mut log, mut commits) = (super::logged(&self.database()), 0);
        loop {
            if let Some(status) = child.try_wait().expect("a child") {
                return Some(status.code());
            }
            let now = super::logged(&self.database());
            commits += usize::from(now != log);
            log = now;
            let reached = match moment {
                Some(Moment::Calls(n)) => self.calls() >= before + n,
                Some(Moment::Commits(n)) => commits >= n,
                None => false,
            };
            if reached {
                return None;
            }
            assert!(
                Instant::now() < until,
                "seed {}: it stands still after {} kills",
                self.seed,
                self.kills
            );
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
    }

    /// A day in the shops: something is sold, returned, voided, edited, restocked, added.
    pub(super) fn live(&mut self) {
        let items = self.plain_items();
        let dice = &mut self.dice;
        let mut item = || items[dice.random_range(0..items.len())];
        let (sold, other, stocked, edited) = (item(), item(), item(), item());
        self.world.sandbox.mutate(|account| {
            let sale = account.sell(1, &[(sold, 3)]);
            let voided = account.sell(1, &[(other, 1)]);
            account.void(voided);
            let line = account.sales()[&sale].lines[0].id;
            account.refund(line, 1);
            account.restock(stocked, 1, 7);
            account.edit_item(edited, |item| item.description.push_str(" (new)"));
            let added = account.add_item("Added", Decimal::from(5));
            account.sell(1, &[(added, 2)]);
        });
    }

    fn plain_items(&self) -> Vec<u64> {
        self.world.sandbox.inspect(|account| {
            let items = account.items().values();
            let plain = items.filter(|i| i.item_type == "default" && !i.archived && !i.hidden);
            plain.map(|item| item.id).collect()
        })
    }

    /// A planner orders some of what Optiply holds.
    pub(super) async fn plan(&mut self) {
        let mut products = BTreeMap::new();
        for item in self.plain_items() {
            if let Some(product) = self.remote(Entity::Product, item).await {
                products.insert(product, item);
            }
        }
        let vendors: Vec<u64> = self.world.sandbox.inspect(|account| {
            let live = account.vendors().values();
            let live = live.filter(|vendor| !vendor.archived && !vendor.hidden);
            live.map(|vendor| vendor.id).collect()
        });
        let mut suppliers = Vec::new();
        for vendor in vendors {
            suppliers.extend(self.remote(Entity::Supplier, vendor).await);
        }
        let held: Vec<i64> = products.keys().copied().collect();
        let first = self.dice.random_range(0..held.len());
        let lines: Vec<_> = (0..self.dice.random_range(1..4))
            .map(|place| {
                let product = held[(first + place) % held.len()];
                (product, 4, Decimal::new(4 * 125, 2))
            })
            .collect();
        let supplier = suppliers[first % suppliers.len()];
        let optiply = self.world.sandbox.optiply();
        let order = optiply.mutate(Writer::Planner, |editor| {
            editor.buy_order(supplier, &lines).expect("a buy order")
        });
        let wish = Wish::of(order, &lines, |product| products[&product]);
        self.wishes.push(wish);
    }

    async fn remote(&self, entity: Entity, id: u64) -> Option<i64> {
        let id = i64::try_from(id).expect("an id");
        let store = &self.world.deps.store;
        let rows = store.deliveries_of(self.world.connection, entity, id).await;
        rows.expect("rows").first().and_then(|row| row.remote_id)
    }

    /// The orders that were exported, as Lightspeed knows them.
    fn exported(&self) -> BTreeSet<u64> {
        self.world.sandbox.inspect(|account| {
            let orders = account.orders().values();
            let exported = orders.filter(|order| order.reference.starts_with("OPT-"));
            exported.map(|order| order.id).collect()
        })
    }

    /// A part of everything that was exported arrives.
    pub(super) fn receive(&self) {
        let orders = self.exported();
        self.world.sandbox.mutate(|account| {
            for order in orders {
                let line = account.orders()[&order].lines[0].id;
                account.receive(order, &[(line, 1)]);
            }
        });
    }

    /// Whatever was killed: the model is what the account demands, every row of Optiply was made
    /// once and is what the model says, every buy order was ordered once and whole, and another look
    /// finds nothing to do.
    pub(super) async fn assert_undisturbed(&self) {
        let seed = self.seed;
        let world = &self.world;
        let runs = world.deps.store.runs(world.connection, 1_000).await;
        for run in runs.expect("runs") {
            assert_eq!(run.state, "done", "seed {seed}: {run:?}");
            assert_balanced(&world.tallies(run.id).await);
        }
        let exported = self.exported();
        let ours = plain(&world.dump().await, &exported);
        let known: Vec<Value> = ours.iter().map(|line| parsed(line)).collect();
        let truth = Truth::of(
            &world.sandbox.account(),
            &crate::support::view(&settings()),
            &crate::differential::before(&known),
        );
        assert_same(&ours, &plain(&truth.dump, &exported));
        assert_ordered_in(&world.sandbox, &self.wishes);
        self.assert_made_once();
        let optiply = world.sandbox.optiply();
        // What was made last would be shown only in a moment.
        let content = optiply.save().expect("a text");
        optiply.restore(&content).expect("the same rows");
        let told = self
            .command("reconcile")
            .stdout(Stdio::piped())
            .output()
            .expect("the binary runs");
        let text = String::from_utf8_lossy(&told.stdout);
        assert_eq!(told.status.code(), Some(0), "seed {seed}: {text}");
        optiply.clear_history();
        for verb in ["sync", "export"] {
            let again = self.command(verb).output().expect("the binary runs");
            assert!(again.status.code().is_some(), "seed {seed}");
        }
        assert_eq!(optiply.writes(), [], "seed {seed}");
    }

    fn assert_made_once(&self) {
        let optiply = self.world.sandbox.optiply();
        let mut made: BTreeMap<Resource, usize> = BTreeMap::new();
        for write in optiply.writes() {
            *made.entry(write.resource).or_default() += usize::from(write.method == "POST");
        }
        // The lines of orders come with them, and buy orders are made by planners too.
        for resource in [
            Resource::Products,
            Resource::Suppliers,
            Resource::SupplierProducts,
            Resource::SellOrders,
        ] {
            let rows = optiply.rows(resource).len();
            let seed = self.seed;
            assert_eq!(
                Some(&rows),
                made.get(&resource),
                "seed {seed}: {resource:?}"
            );
        }
    }
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).expect("json")
}

/// A dump without the orders that Optiply has made itself.
fn plain(dump: &[String], exported: &BTreeSet<u64>) -> Vec<String> {
    let kept = dump.iter().filter(|line| {
        let order = parsed(line)["order_id"].as_u64();
        order.is_none_or(|order| !exported.contains(&order))
    });
    kept.cloned().collect()
}
