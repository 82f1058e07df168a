//! `demo`: an invented account, imported, compared with what it should be, and delivered.

use super::backfill::{self, Outcome};
use super::context::{Context, Missing};
use super::out::note;
use super::rehearsed::{Delivered, QUICK, Shelf, agree, deliver_to};
use super::sandbox::AccountSize;
use super::table;
use super::words::grouped;
use crate::cli::Exit;
use crate::config::DEMO_DATABASE;
use crate::reconcile::Report;
use crate::report::FeedReport;
use clap::Args;
use pipeline::id::{RunId, ShopId};
use pipeline::settings::{Locations, Settings};
use sandbox::{Config, FeedTruth, Limits, Sandbox, Served, Truth, View};
use secrecy::SecretString;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use storage::{Connection, ConnectionState, NewConnection, Store, secret_kind};

/// The account of every demo.
const SEED: u64 = 7;

/// The shop that prices the products.
const DEFAULT_SHOP: i64 = 1;

/// The arguments of `demo`.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// How large the invented account is
    #[arg(long, value_enum, default_value = "small")]
    size: AccountSize,
}

/// The answer of `demo`.
#[derive(Debug, Serialize)]
struct Answer {
    database: String,
    connection: String,
    run: i64,
    resumed: bool,
    /// What became of the rows of this run.
    feeds: Vec<FeedReport>,
    /// What must become of them in a first run.
    truth: Vec<FeedTruth>,
    /// Whether this run read what there is and every row has the outcome it must have.
    matches_truth: bool,
    /// Whether the model is, line for line, what it must be.
    dump_matches: bool,
    /// Lines of the model.
    objects: usize,
    /// Whether the sums of every stage are right.
    adds_up: bool,
    /// Whether this run changed anything.
    changed: bool,
    open_rejections: i64,
    seconds: i64,
    /// What of this run was delivered, by kind.
    delivered: Vec<Delivered>,
    /// Calls to the imitated Optiply that wrote something.
    calls: usize,
    /// What Optiply holds, compared with what it should.
    reconciled: Report,
    #[serde(skip)]
    differences: Vec<String>,
}

impl Demo {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let url = context
            .database
            .clone()
            .unwrap_or_else(|| DEMO_DATABASE.to_owned());
        let store = context.open(url.clone(), Missing::Create).await?;
        let sandbox = Sandbox::new(Config {
            size: self.size.size(),
            limits: Limits::Off,
            // As a real answer takes: without it, nothing of the concurrency would show.
            latency: Duration::from_millis(2),
            ..Config::small(SEED)
        });
        let served = sandbox.serve(([127, 0, 0, 1], 0).into()).await?;
        note(&format!(
            "an imitation of both systems with {} items and {} sales listens on {}",
            grouped(self.size.size().items.into()),
            grouped(self.size.size().sales.into()),
            served.addr()
        ));
        let settings = Settings::new(Locations::All, ShopId(DEFAULT_SHOP));
        let connection = connect(&store, self.name(), &sandbox, &served, &settings).await?;
        let shelf = Shelf::of(&store, self.name());
        shelf.restore(&sandbox)?;
        deliver_to(&store, &connection, &sandbox).await?;
        let connection = store.connection_by_id(connection.id).await?;
        let deps = context.deps(&store)?.with_delivery(QUICK);
        let kept = shelf.keep_while(&sandbox, backfill::drive(&deps, &connection));
        let outcome = kept.await?;
        match outcome.state.as_str() {
            "done" => {}
            "open" => {
                note("stopped; the same command goes on");
                return Ok(Exit::Interrupted);
            }
            _ => return Err(backfill::failed(&outcome).into()),
        }
        let truth = sandbox.truth(&View::all(u64::try_from(DEFAULT_SHOP)?));
        let mut dump = Vec::new();
        store
            .dump_model(connection.id, |line| dump.push(line))
            .await?;
        let tallies = store.delivery_tallies(connection.id, RunId(outcome.run));
        let delivered = Delivered::all(tallies.await?);
        let calls = sandbox.optiply().writes().len();
        let reconciled = agree(&deps, &connection).await?;
        shelf.keep(&sandbox)?;
        let answer = Answer::of(url, outcome, truth, &dump, (delivered, calls, reconciled));
        context.out.answer(&answer, || answer.text());
        Ok(if answer.is_right() {
            Exit::Done
        } else {
            Exit::Failed
        })
    }

    /// Accounts of different sizes are different accounts, so each has its own connection.
    fn name(&self) -> &'static str {
        match self.size {
            AccountSize::Small => "demo",
            AccountSize::Medium => "demo-medium",
            AccountSize::Large => "demo-large",
        }
    }
}

/// Connects the imitation, or finds it again at its new address.
async fn connect(
    store: &Store,
    name: &str,
    sandbox: &Sandbox,
    served: &Served,
    settings: &Settings,
) -> anyhow::Result<Connection> {
    let credentials = sandbox.credentials();
    let new = NewConnection {
        name: name.to_owned(),
        account_id: i64::try_from(credentials.account_id)?,
        lightspeed_url: served.api_base(),
        lightspeed_auth_url: served.auth_base(),
        optiply_url: Some(served.optiply_api_base()),
        optiply_auth_url: Some(served.optiply_token_url()),
    };
    let refresh = SecretString::from(credentials.refresh_token);
    let id = store.save_draft(&new, Some(&refresh)).await?;
    for (kind, secret) in [
        (secret_kind::LIGHTSPEED_CLIENT_ID, credentials.client_id),
        (
            secret_kind::LIGHTSPEED_CLIENT_SECRET,
            credentials.client_secret,
        ),
    ] {
        store
            .put_secret(id, kind, 1, &SecretString::from(secret))
            .await?;
    }
    store.put_settings(id, settings, "demo").await?;
    let from = [ConnectionState::Draft, ConnectionState::NeedsReconnect];
    store
        .set_connection_state(id, &from, ConnectionState::Active, None)
        .await?;
    Ok(store.connection_by_id(id).await?)
}

impl Answer {
    fn of(
        database: String,
        outcome: Outcome,
        truth: Truth,
        dump: &[String],
        (delivered, calls, reconciled): (Vec<Delivered>, usize, Report),
    ) -> Self {
        let changed = !outcome.feeds.iter().all(FeedReport::nothing_new);
        let matches_truth = outcome.feeds.len() == truth.feeds.len()
            && outcome
                .feeds
                .iter()
                .zip(&truth.feeds)
                .all(|(ours, must)| as_first(ours, must) || (!changed && as_later(ours, must)));
        let differences = differences(dump, &truth.dump);
        Self {
            database,
            connection: outcome.connection,
            run: outcome.run,
            resumed: outcome.resumed,
            matches_truth,
            dump_matches: differences.is_empty() && dump.len() == truth.dump.len(),
            objects: dump.len(),
            adds_up: outcome.adds_up,
            changed,
            open_rejections: outcome.open_rejections,
            seconds: outcome.seconds,
            feeds: outcome.feeds,
            truth: truth.feeds,
            differences,
            delivered,
            calls,
            reconciled,
        }
    }

    fn is_right(&self) -> bool {
        self.matches_truth && self.dump_matches && self.adds_up && self.reconciled.clean
    }

    fn text(&self) -> String {
        let mut text = format!(
            "Run {} of {:?}, {}, in {}:\n\n{}\n",
            self.run,
            self.connection,
            super::words::duration(self.seconds),
            self.database,
            table::of_reports(&self.feeds)
        );
        let mut say = |right: bool, yes: &str, no: &str| {
            let (mark, line) = if right {
                ("ok    ", yes)
            } else {
                ("WRONG ", no)
            };
            text.push_str(&format!("  {mark} {line}\n"));
        };
        say(
            self.adds_up,
            "the sums are right at every stage of every feed",
            "the sums are not right at every stage",
        );
        say(
            self.matches_truth,
            "every row has the outcome the imitation says it must have",
            "rows have other outcomes than the imitation says",
        );
        say(
            self.dump_matches,
            "the model is line for line what it must be",
            "the model differs from what it must be",
        );
        say(
            self.reconciled.clean,
            &format!(
                "the imitated Optiply holds all of it, each object once ({} calls)",
                grouped(i64::try_from(self.calls).unwrap_or(i64::MAX))
            ),
            "the imitated Optiply holds something else than it should",
        );
        for difference in self.differences.iter().take(5) {
            text.push_str(&format!("{difference}\n"));
        }
        text.push('\n');
        if self.is_right() {
            text.push_str(if self.changed {
                "Everything arrived as it must. Run it again: nothing will change.\n"
            } else {
                "Nothing has changed since the run before, and everything is as it must be.\n"
            });
            text.push_str(&format!(
                "Look at it: stockbridge --database {} status {}\n",
                self.database, self.connection
            ));
        } else {
            text.push_str(
                "This is a defect of stockbridge; please report it with the lines above.\n",
            );
        }
        text
    }
}

/// Whether the rows of a first run ended as they must.
fn as_first(ours: &FeedReport, must: &FeedTruth) -> bool {
    ours.feed == must.feed
        && same(ours.read, must.read)
        && same(ours.loaded, must.loaded)
        && same(ours.unchanged, must.unchanged)
        && same(ours.waiting, must.waiting)
        && equal(&ours.dropped, &must.dropped)
        && equal(&ours.rejected, &must.rejected)
}

/// Whether a later run found every row as it was. What could not be used is told every time.
fn as_later(ours: &FeedReport, must: &FeedTruth) -> bool {
    let rejected: i64 = ours.rejected.values().sum();
    ours.feed == must.feed
        && same(ours.read, must.read)
        && ours.unchanged + rejected == ours.read
        && equal(&ours.rejected, &must.rejected)
}

fn same(ours: i64, must: u64) -> bool {
    u64::try_from(ours) == Ok(must)
}

fn equal(ours: &BTreeMap<&'static str, i64>, must: &BTreeMap<String, u64>) -> bool {
    ours.len() == must.len()
        && ours
            .iter()
            .all(|(reason, n)| must.get(*reason).is_some_and(|must| same(*n, *must)))
}

/// Lines that differ, compared as JSON: how a line is spaced is nobody's business.
fn differences(ours: &[String], must: &[String]) -> Vec<String> {
    let parse = |line: &String| serde_json::from_str::<serde_json::Value>(line).ok();
    ours.iter()
        .zip(must)
        .filter(|(ours, must)| ours != must && parse(ours) != parse(must))
        .map(|(ours, must)| format!("         is      {ours}\n         must be {must}"))
        .collect()
}
