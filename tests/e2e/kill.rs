//! The real binary, killed with SIGKILL at many moments of a backfill and started again with the
//! same command: the model is that of an undisturbed run, and hardly a page is fetched twice.

mod cycle;
mod cycles;
mod wal;

use crate::support::{World, assert_balanced, assert_same, report};
use pipeline::Feed;
use pipeline::id::{RunId, ShopId};
use pipeline::settings::{Locations, Settings};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sandbox::{Call, Config, Limits, Size};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Kills of the whole test.
const KILLS: usize = 25;

/// The moments to kill at, as seen from outside: after so many more answers of the source, or so
/// many more commits, and then a little later. Short waits fall just before and just after the
/// commit that a page causes.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Answers(usize),
    Commits(usize),
}

struct Binary<'a> {
    world: &'a World,
}

impl Binary<'_> {
    fn database(&self) -> PathBuf {
        self.world.deps.store.path().to_owned()
    }

    fn start(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_stockbridge"))
            .args(["backfill", "shop", "--json", "--database"])
            .arg(self.database())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs")
    }

    /// Waits for a moment, or for the end of the process; tells whether it ended by itself.
    async fn reach(&self, child: &mut Child, moment: Moment) -> bool {
        let answers = self.world.sandbox.history().len();
        let (mut log, mut commits) = (logged(&self.database()), 0);
        loop {
            if child.try_wait().expect("a child").is_some() {
                return true;
            }
            let now = logged(&self.database());
            commits += usize::from(now != log);
            log = now;
            let reached = match moment {
                Moment::Answers(n) => self.world.sandbox.history().len() >= answers + n,
                Moment::Commits(n) => commits >= n,
            };
            if reached {
                return false;
            }
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
    }
}

/// The size of a database's write-ahead log and when it was last written: it changes with each commit.
fn logged(database: &Path) -> Option<(u64, std::time::SystemTime)> {
    let meta = std::fs::metadata(format!("{}-wal", database.display())).ok()?;
    Some((meta.len(), meta.modified().ok()?))
}

fn account() -> Config {
    Config {
        size: Size {
            shops: 3,
            vendors: 30,
            items: 1_500,
            sales: 5_200,
        },
        limits: Limits::Off,
        latency: Duration::from_millis(25),
        ..Config::small(11)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_25_moments_a_backfill_loses_nothing_and_repeats_little() {
    let settings = Settings::new(Locations::All, ShopId(1));
    let world = World::with(account(), settings.clone()).await;
    let binary = Binary { world: &world };
    let mut rng = StdRng::seed_from_u64(25);
    let mut epochs = vec![0];
    let mut kills = 0;
    let mut child = binary.start();
    while kills < KILLS {
        // The first start renews the token, which may be tried four times a minute only.
        let moment = match rng.random_range(0..3) {
            _ if kills == 0 => Moment::Answers(4),
            0 => Moment::Answers(rng.random_range(1..6)),
            1 => Moment::Commits(rng.random_range(1..40)),
            _ => Moment::Answers(rng.random_range(1..3)),
        };
        let ended = binary.reach(&mut child, moment).await;
        assert!(
            !ended,
            "only {kills} kills fell into the backfill; it must last longer"
        );
        tokio::time::sleep(Duration::from_micros(rng.random_range(0..6_000))).await;
        child.kill().expect("a kill");
        child.wait().expect("an end");
        kills += 1;
        epochs.push(world.sandbox.history().len());
        child = binary.start();
    }
    assert!(child.wait().expect("an end").code().is_some());

    let run = world.deps.store.run(RunId(1)).await.expect("the run");
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(
        world
            .deps
            .store
            .runs(world.connection, 10)
            .await
            .expect("runs")
            .len(),
        1
    );
    let tallies = world.tallies(run.id).await;
    assert_balanced(&tallies);
    let truth = world.truth(&settings);
    assert_eq!(
        report(&tallies),
        serde_json::to_value(&truth.feeds).expect("json")
    );

    let undisturbed = World::with(account(), settings).await;
    undisturbed.backfill().await;
    assert_same(&world.dump().await, &undisturbed.dump().await);
    assert_repeats_little(&world, run.id, &epochs).await;
}

/// Between two kills, each slice may begin with one page that was fetched before, and no more.
async fn assert_repeats_little(world: &World, run: RunId, epochs: &[usize]) {
    let (_, walks) = world.deps.store.feed_runs(run).await.expect("walks");
    let history = world.sandbox.history();
    for (feed, resource) in [
        (Feed::Items, "Item"),
        (Feed::Sales, "Sale"),
        (Feed::Vendors, "Vendor"),
    ] {
        let slice_of = |id: i64| {
            walks
                .iter()
                .find(|w| {
                    w.feed == feed && w.lower <= id && w.upper.is_none_or(|upper| id <= upper)
                })
                .map(|walk| walk.slice)
        };
        let mut reached: BTreeMap<i64, i64> = BTreeMap::new();
        for (n, start) in epochs.iter().enumerate() {
            let end = epochs.get(n + 1).copied().unwrap_or(history.len());
            let mut repeated: BTreeMap<i64, usize> = BTreeMap::new();
            for call in history[*start..end]
                .iter()
                .filter(|call| is_page(call, resource))
            {
                let (Some(first), Some(last)) = (id(call.first_id), id(call.last_id)) else {
                    continue;
                };
                let slice = slice_of(first).expect("a slice");
                let known = reached.entry(slice).or_insert(i64::MIN);
                if first <= *known {
                    *repeated.entry(slice).or_default() += 1;
                }
                *known = (*known).max(last);
            }
            assert!(
                repeated.values().all(|pages| *pages <= 1),
                "after kill {n} of {feed}: pages fetched again by slice {repeated:?}"
            );
        }
    }
}

/// A page of a walk, and not a question about how far the feed reaches.
fn is_page(call: &Call, resource: &str) -> bool {
    call.resource == resource && call.status == 200 && call.param("limit") != Some("1")
}

fn id(id: Option<u64>) -> Option<i64> {
    id.and_then(|id| i64::try_from(id).ok())
}
