//! `check`: whether a connection works, with a remedy for everything that does not.

use super::context::{Context, Missing};
use super::exit::{Exit, Failure};
use super::finding::{Finding, Verdict};
use super::optiply;
use super::rights;
use super::shops::Shops;
use super::understood::Understood;
use clap::Args;
use connectors::lightspeed::{IdRange, Lightspeed, Priority, Query, clock_offset};
use pipeline::Feed;
use pipeline::location::ShopEntry;
use pipeline::settings::{Locations, Settings};
use serde::Serialize;
use storage::{Connection, ConnectionState, Store};

/// From this many seconds on a difference of the clocks is worth a person's attention.
const OFFSET_MAX: i64 = 60;

/// The arguments of `check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The connection
    name: String,
}

/// The answer of `check`.
#[derive(Debug, Serialize)]
struct Answer {
    connection: String,
    state: &'static str,
    /// Whether nothing failed.
    works: bool,
    findings: Vec<Finding>,
    #[serde(skip)]
    reconnect: bool,
}

impl Check {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.store(Missing::Refuse).await?;
        let connection = store.connection(&self.name).await?;
        let mut answer = Answer {
            connection: connection.name.clone(),
            state: connection.state.name(),
            works: false,
            findings: Vec::new(),
            reconnect: false,
        };
        answer.state(&connection);
        if let Err(error) = probe(context, &store, &connection, &mut answer).await {
            answer.problem("token", &error);
        }
        answer
            .findings
            .push(optiply::look(context, &store, &connection).await?);
        answer.works = answer.findings.iter().all(|f| f.result != Verdict::Failed);
        context.out.answer(&answer, || answer.text());
        Ok(match (answer.reconnect, answer.works) {
            (true, _) => Exit::Reconnect,
            (false, true) => Exit::Done,
            (false, false) => Exit::Failed,
        })
    }
}

/// Everything that needs Lightspeed. An error is one after which nothing more can be asked.
async fn probe(
    context: &Context,
    store: &Store,
    connection: &Connection,
    answer: &mut Answer,
) -> anyhow::Result<()> {
    let deps = context.deps(store)?;
    let source = deps
        .source(connection)
        .await?
        .with_priority(Priority::Export);
    let account = source.account().await?;
    answer.ok("token", "Lightspeed accepts it".to_owned());
    if account.id == connection.account_id {
        answer.ok("account", format!("{} ({:?})", account.id, account.name));
    } else {
        answer.findings.push(Finding::failed(
            "account",
            format!(
                "the token belongs to account {} ({:?}), not to {}",
                account.id, account.name, connection.account_id
            ),
            "connect with a token of the right account".to_owned(),
        ));
    }
    match source.session().await {
        Ok(session) => answer.rights(&rights::missing(&session)),
        Err(error) => answer.problem("rights", &error.into()),
    }
    match Shops::read(&source).await {
        Ok(shops) => {
            if let Some(at) = shops.server_date {
                let offset = clock_offset(at, context.clock.now());
                store
                    .set_clock_offset(connection.id, offset.num_milliseconds())
                    .await?;
                answer.clock(offset.num_seconds());
            }
            if connection.settings_version > 0 {
                let settings = store.current_settings(connection.id).await?.settings;
                answer.locations(
                    &settings,
                    &shops.entries,
                    &store.shops(connection.id).await?,
                );
            }
        }
        Err(error) => answer.problem("locations", &error),
    }
    for feed in Feed::BACKFILL {
        one_row(&source, feed, answer).await;
    }
    Ok(())
}

/// Reads one row of a feed as a backfill would: what counts in the end.
async fn one_row(source: &Lightspeed, feed: Feed, answer: &mut Answer) {
    let query = Query::walk(feed, IdRange::ALL).with_limit(1);
    let check = format!("feed {feed}");
    match source.first(&query).await {
        Ok(page) => answer.ok(
            &check,
            match page.rows {
                0 => "can be read; it is empty".to_owned(),
                _ => "can be read".to_owned(),
            },
        ),
        Err(error) => answer.problem(&check, &error.into()),
    }
}

impl Answer {
    fn ok(&mut self, check: &str, text: String) {
        self.findings.push(Finding::ok(check, text));
    }

    fn problem(&mut self, check: &str, error: &anyhow::Error) {
        let failure = Failure::of(error);
        self.reconnect |= failure.exit == Exit::Reconnect;
        self.findings.push(Finding::failed(
            check,
            failure.message,
            failure
                .remedy
                .unwrap_or_else(|| "mend what it says, then check again".to_owned()),
        ));
    }

    fn state(&mut self, connection: &Connection) {
        let because = connection
            .state_reason
            .as_deref()
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        let text = format!("{}{because}", connection.state);
        if connection.state == ConnectionState::Active {
            self.ok("state", text);
        } else {
            self.findings.push(Finding::failed(
                "state",
                text,
                format!(
                    "nothing is read in this state; `stockbridge connect {}` makes it active",
                    connection.name
                ),
            ));
        }
    }

    fn rights(&mut self, missing: &[rights::MissingRight]) {
        if missing.is_empty() {
            self.ok("rights", "nothing seems to be missing".to_owned());
        }
        for missing in missing {
            self.findings.push(Finding::warning(
                "rights",
                format!(
                    "the employee seems to lack {:?}, needed for {}",
                    missing.right, missing.needed_for
                ),
                "grant it to the employee in Lightspeed, or connect with one who has it".to_owned(),
            ));
        }
    }

    fn clock(&mut self, seconds: i64) {
        if seconds.abs() < OFFSET_MAX {
            self.ok("clock", format!("agrees with Lightspeed's ({seconds} s)"));
        } else {
            let (by, way) = (
                seconds.abs(),
                if seconds > 0 { "behind" } else { "ahead of" },
            );
            self.findings.push(Finding::warning(
                "clock",
                format!("this computer is {by} s {way} Lightspeed"),
                "set this computer's clock, best by a time server".to_owned(),
            ));
        }
    }

    fn locations(&mut self, settings: &Settings, now: &[ShopEntry], before: &[ShopEntry]) {
        let mut chosen = vec![settings.default_location];
        if let Locations::Multiple(shops) = &settings.locations {
            chosen.extend(shops.iter().filter(|id| **id != settings.default_location));
        }
        for id in &chosen {
            let remedy = "choose other locations with `stockbridge connect`".to_owned();
            match now.iter().find(|shop| shop.id == *id) {
                None => self.findings.push(Finding::failed(
                    "locations",
                    format!("shop #{id} no longer exists"),
                    remedy,
                )),
                Some(shop) if shop.archived => self.findings.push(Finding::warning(
                    "locations",
                    format!(
                        "{:?} (#{id}) was archived; its stock counts as 0",
                        shop.name
                    ),
                    remedy,
                )),
                Some(_) => {}
            }
        }
        for shop in now {
            let old = before.iter().find(|old| old.id == shop.id);
            if let Some(old) = old.filter(|old| old.name != shop.name) {
                self.ok(
                    "locations",
                    format!(
                        "#{} is now called {:?} (it was {:?}); nothing changes by that",
                        shop.id, shop.name, old.name
                    ),
                );
            }
        }
        let understood = Understood::of(settings, now);
        let names: Vec<String> = understood.locations.iter().map(|l| l.text()).collect();
        self.ok(
            "locations",
            format!("{}: {}", understood.get_data_from, names.join(", ")),
        );
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.connection);
        for finding in &self.findings {
            text.push_str(&finding.text());
        }
        text
    }
}
