//! A world for the tests of the whole: a sandbox account, a database of its own, a connection.

use connectors::http::{Options, ReqwestTransport};
use jobs::clock::SystemClock;
use jobs::deps::Deps;
use jobs::worker;
use pipeline::id::{ConnectionId, RunId, ShopId};
use pipeline::outcome::Tally;
use pipeline::settings::{Locations, Settings};
use pipeline::{Feed, Stage};
use rand::SeedableRng;
use rand::rngs::StdRng;
use sandbox::{Config, Limits, Mode, Sandbox, Served, Size, Truth, View};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use storage::{ConnectionState, KeySource, NewConnection, OpenOptions, Run, Store, secret_kind};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub(crate) const SHOP: u64 = 1;

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    served: Served,
    pub(crate) deps: Deps,
    pub(crate) connection: ConnectionId,
    _folder: TempDir,
}

pub(crate) fn small() -> Config {
    Config {
        limits: Limits::Off,
        ..Config::small(7)
    }
}

pub(crate) fn sized(items: u32, sales: u32) -> Config {
    Config {
        size: Size {
            shops: 3,
            vendors: 12,
            items,
            sales,
        },
        limits: Limits::Off,
        ..Config::small(7)
    }
}

impl World {
    /// A connected world whose connection reads everything.
    pub(crate) async fn new(config: Config) -> Self {
        Self::with(config, Settings::new(Locations::All, ShopId(1))).await
    }

    pub(crate) async fn with(config: Config, settings: Settings) -> Self {
        let sandbox = Sandbox::new(config);
        let served = sandbox
            .serve(([127, 0, 0, 1], 0).into())
            .await
            .expect("a free port");
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder).await;
        let connection = connect(&store, &sandbox, &served, &settings).await;
        let deps = deps(store);
        Self {
            sandbox,
            served,
            deps,
            connection,
            _folder: folder,
        }
    }

    /// Where the sandbox's Optiply answers: its API and its token endpoint.
    pub(crate) fn optiply_urls(&self) -> (String, String) {
        (
            self.served.optiply_api_base(),
            self.served.optiply_token_url(),
        )
    }

    /// Opens a backfill, or joins the open one, and drives it until it ends.
    pub(crate) async fn backfill(&self) -> Run {
        let (run, _) = self
            .deps
            .store
            .open_backfill(self.connection)
            .await
            .expect("a run");
        self.drive(run).await
    }

    pub(crate) async fn drive(&self, run: RunId) -> Run {
        worker::drive(&self.deps, run, |_| {})
            .await
            .expect("a driven run")
    }

    pub(crate) async fn dump(&self) -> Vec<String> {
        dump(&self.deps.store, self.connection).await
    }

    pub(crate) async fn tallies(&self, run: RunId) -> BTreeMap<(Feed, Stage), Tally> {
        self.deps.store.tallies(run).await.expect("tallies")
    }

    /// The run is done, its sums are right, and its report and the model equal the truth.
    pub(crate) async fn assert_true(&self, run: &Run, settings: &Settings) {
        assert_eq!(run.state, "done", "{:?}", run.reason);
        let tallies = self.tallies(run.id).await;
        assert_balanced(&tallies);
        let truth = self.truth(settings);
        assert_same(&self.dump().await, &truth.dump);
        let feeds = serde_json::to_value(&truth.feeds).expect("json");
        assert_eq!(report(&tallies), feeds, "{settings:?}");
    }

    pub(crate) fn truth(&self, settings: &Settings) -> Truth {
        self.sandbox.truth(&view(settings))
    }
}

pub(crate) fn view(settings: &Settings) -> View {
    let id = |shop: &ShopId| u64::try_from(shop.0).expect("a positive id");
    View {
        mode: match &settings.locations {
            Locations::All => Mode::All,
            Locations::Multiple(shops) => Mode::Multiple(shops.iter().map(id).collect()),
            Locations::One => Mode::One,
        },
        default_shop: id(&settings.default_location),
        sync_all: settings.sync_all_sales_orders,
        history_since: settings.history_since,
        ..View::all(SHOP)
    }
}

pub(crate) async fn open(folder: &TempDir) -> Store {
    Store::open(OpenOptions {
        url: folder.path().join("test.db").display().to_string(),
        create: true,
        key: KeySource::File,
        clock: Arc::new(SystemClock::new()),
        keep_awake: None,
    })
    .await
    .expect("a database")
}

pub(crate) fn deps(store: Store) -> Deps {
    let transport = ReqwestTransport::new(Options::default()).expect("a transport");
    Deps::new(
        store,
        Arc::new(SystemClock::new()),
        Arc::new(transport),
        CancellationToken::new(),
        StdRng::seed_from_u64(1),
    )
}

pub(crate) async fn connect(
    store: &Store,
    sandbox: &Sandbox,
    served: &Served,
    settings: &Settings,
) -> ConnectionId {
    connect_to(
        store,
        sandbox,
        (&served.api_base(), &served.auth_base()),
        settings,
    )
    .await
}

/// A connection to the API and OAuth addresses of a sandbox.
pub(crate) async fn connect_to(
    store: &Store,
    sandbox: &Sandbox,
    urls: (&str, &str),
    settings: &Settings,
) -> ConnectionId {
    connect_as(store, "shop", sandbox, urls, settings).await
}

/// The same under a name, for databases of several connections.
pub(crate) async fn connect_as(
    store: &Store,
    name: &str,
    sandbox: &Sandbox,
    (api, auth): (&str, &str),
    settings: &Settings,
) -> ConnectionId {
    let credentials = sandbox.credentials();
    let new = NewConnection {
        name: name.to_owned(),
        account_id: i64::try_from(credentials.account_id).expect("an id"),
        lightspeed_url: api.to_owned(),
        lightspeed_auth_url: auth.to_owned(),
        optiply_url: None,
        optiply_auth_url: None,
    };
    let token = SecretString::from(credentials.refresh_token.clone());
    let id = store.save_draft(&new, Some(&token)).await.expect("a draft");
    for (kind, value) in [
        (secret_kind::LIGHTSPEED_CLIENT_ID, &credentials.client_id),
        (
            secret_kind::LIGHTSPEED_CLIENT_SECRET,
            &credentials.client_secret,
        ),
    ] {
        store
            .put_secret(id, kind, 1, &SecretString::from(value.clone()))
            .await
            .expect("a stored secret");
    }
    store
        .put_settings(id, settings, "test")
        .await
        .expect("settings");
    store
        .set_connection_state(id, &[ConnectionState::Draft], ConnectionState::Active, None)
        .await
        .expect("an active connection");
    id
}

/// Gives a connection the credentials of the sandbox's Optiply account, behind these addresses of
/// its API and its token endpoint, and begins to deliver.
pub(crate) async fn connect_to_optiply(
    store: &Store,
    connection: ConnectionId,
    sandbox: &Sandbox,
    urls: (&str, &str),
) {
    give_optiply(store, connection, sandbox, urls).await;
    store.start_delivery(connection).await.expect("a start");
}

/// Gives a connection the credentials of the sandbox's Optiply account.
pub(crate) async fn give_optiply(
    store: &Store,
    connection: ConnectionId,
    sandbox: &Sandbox,
    (api, token): (&str, &str),
) {
    let known = store.connection_by_id(connection).await;
    let known = known.expect("a connection");
    let new = NewConnection {
        name: known.name,
        account_id: known.account_id,
        lightspeed_url: known.lightspeed_url,
        lightspeed_auth_url: known.lightspeed_auth_url,
        optiply_url: Some(api.to_owned()),
        optiply_auth_url: Some(token.to_owned()),
    };
    store.save_draft(&new, None).await.expect("new addresses");
    let given = sandbox.optiply().credentials();
    for (kind, value) in [
        (secret_kind::OPTIPLY_CLIENT_ID, given.client_id),
        (secret_kind::OPTIPLY_CLIENT_SECRET, given.client_secret),
        (secret_kind::OPTIPLY_USERNAME, given.username),
        (secret_kind::OPTIPLY_PASSWORD, given.password),
        (
            secret_kind::OPTIPLY_ACCOUNT_ID,
            given.account_id.to_string(),
        ),
    ] {
        let value = SecretString::from(value);
        let stored = store.put_secret(connection, kind, 1, &value).await;
        stored.expect("a stored secret");
    }
}

pub(crate) async fn dump(store: &Store, connection: ConnectionId) -> Vec<String> {
    let mut lines = Vec::new();
    store
        .dump_model(connection, |line| lines.push(line))
        .await
        .expect("a dump");
    lines
}

/// The report of a run per feed, in the shape of the sandbox's truth.
pub(crate) fn report(tallies: &BTreeMap<(Feed, Stage), Tally>) -> serde_json::Value {
    let feeds: Vec<serde_json::Value> = Feed::BACKFILL
        .into_iter()
        .map(|feed| {
            serde_json::to_value(jobs::report::FeedReport::of(feed, tallies)).expect("json")
        })
        .collect();
    serde_json::Value::Array(feeds)
}

/// Every stage of every feed: what entered is what became of it, and what a stage passed on is
/// what entered the next.
pub(crate) fn assert_balanced(tallies: &BTreeMap<(Feed, Stage), Tally>) {
    for ((feed, stage), tally) in tallies {
        assert!(tally.balances(), "{feed} {stage}: {tally:?}");
    }
    for feed in Feed::BACKFILL {
        for pair in Stage::ALL.windows(2) {
            let passed = tallies
                .get(&(feed, pair[0]))
                .map_or(0, |tally| tally.of("passed"));
            let entered = tallies
                .get(&(feed, pair[1]))
                .map_or(0, |tally| tally.entered);
            assert_eq!(passed, entered, "{feed}: {} to {}", pair[0], pair[1]);
        }
    }
}

/// Compares dumps line by line and shows the first differences.
pub(crate) fn assert_same(ours: &[String], truth: &[String]) {
    let parse = |line: &String| serde_json::from_str::<serde_json::Value>(line).expect("json");
    let mut differences = Vec::new();
    for (ours, truth) in ours.iter().zip(truth) {
        if parse(ours) != parse(truth) {
            differences.push(format!("ours  {ours}\ntruth {truth}"));
        }
    }
    assert!(
        differences.is_empty() && ours.len() == truth.len(),
        "{} lines against {}, {} differ:\n{}",
        ours.len(),
        truth.len(),
        differences.len(),
        differences
            .iter()
            .take(10)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    );
}

pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
