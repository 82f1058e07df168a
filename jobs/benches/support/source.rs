//! The imitated account, served by a process of its own, so that its work is not counted as ours.

use anyhow::Context as _;
use chrono::TimeDelta;
use clap::Args;
use connectors::lightspeed::Drips;
use sandbox::{Account, Config, Credentials, Limits, Sandbox, Size, seeded_now};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// The seed of every account here.
const SEED: u64 = 7;

/// Rows of a full page.
const PAGE: u64 = 100;

/// What is served, and how.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Plan {
    /// Items of the account
    #[arg(long, default_value_t = 2_000)]
    pub(crate) items: u32,
    /// Sales of the account
    #[arg(long, default_value_t = 20_000)]
    pub(crate) sales: u32,
    /// Registers, which decide the rate limits; 0 for none
    #[arg(long, default_value_t = 0)]
    pub(crate) registers: u32,
    /// How long each answer takes
    #[arg(long, default_value_t = 0)]
    pub(crate) latency_ms: u64,
    /// Minutes since anything changed
    #[arg(long, default_value_t = 0)]
    pub(crate) quiet_min: u32,
}

impl Plan {
    pub(crate) fn config(&self) -> Config {
        let (clock, quiet) = (seeded_now(SEED), self.quiet_min);
        Config {
            now: Arc::new(move || clock() + TimeDelta::minutes(quiet.into())),
            size: Size {
                shops: 3,
                vendors: 40,
                items: self.items,
                sales: self.sales,
            },
            limits: match self.registers {
                0 => Limits::Off,
                registers => Limits::Model2026 { registers },
            },
            latency: Duration::from_millis(self.latency_ms),
            ..Config::small(SEED)
        }
    }
}

/// Where the account is served, and what it holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Served {
    pub(crate) api: String,
    pub(crate) auth: String,
    pub(crate) account_id: i64,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) refresh_token: String,
    pub(crate) optiply: Optiply,
    pub(crate) sales: u64,
    /// Rows that become top-level records: shops, vendors, items and sales.
    pub(crate) rows: u64,
    /// These with all that is nested in them: lines, stock, vendor numbers and components.
    pub(crate) records: u64,
}

/// The Optiply account beside it: its addresses and what it issued.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Optiply {
    pub(crate) api: String,
    pub(crate) auth: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) account_id: String,
}

impl Optiply {
    /// That of a sandbox, at these addresses.
    pub(crate) fn of(sandbox: &Sandbox, api: String, auth: String) -> Self {
        let given = sandbox.optiply().credentials();
        Self {
            api,
            auth,
            client_id: given.client_id,
            client_secret: given.client_secret,
            username: given.username,
            password: given.password,
            account_id: given.account_id.to_string(),
        }
    }
}

/// What the account was asked.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) calls: u64,
    /// Calls refused for going too fast.
    pub(crate) refused: u64,
    /// Thousandths of a drip spent.
    pub(crate) spent: u64,
    /// Thousandths of a drip that a walk of full pages would have spent.
    pub(crate) least: u64,
    /// Thousandths of a drip spent on each hundred items, stock and all.
    pub(crate) hundred_items: u64,
    /// Thousandths of a drip spent on each hundred sales.
    pub(crate) hundred_sales: u64,
    /// Rows that Optiply was told of.
    pub(crate) made: u64,
}

/// Serves until its parent says a word, and then tells what it was asked: the child's whole life.
pub(crate) async fn serve(plan: &Plan) -> anyhow::Result<()> {
    let sandbox = Sandbox::new(plan.config());
    let served = sandbox.serve(([127, 0, 0, 1], 0).into()).await?;
    let Credentials {
        account_id,
        client_id,
        client_secret,
        refresh_token,
    } = sandbox.credentials();
    let [rows, records] = sandbox.inspect(count);
    say(&Served {
        api: served.api_base(),
        auth: served.auth_base(),
        account_id: i64::try_from(account_id)?,
        client_id,
        client_secret,
        refresh_token,
        optiply: Optiply::of(
            &sandbox,
            served.optiply_api_base(),
            served.optiply_token_url(),
        ),
        sales: sandbox.inspect(|account| len(account.sales().len())),
        rows,
        records,
    })?;
    tokio::task::spawn_blocking(|| std::io::stdin().lock().read_line(&mut String::new())).await??;
    say(&asked(&sandbox)?)
}

fn say<T: Serialize>(what: &T) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(what)?);
    Ok(std::io::stdout().flush()?)
}

fn len(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn count(account: &Account) -> [u64; 2] {
    let items = account.items().values();
    let nested: usize = account.item_shops().len()
        + items
            .map(|item| item.vendor_numbers.len() + item.components.len())
            .sum::<usize>()
        + account
            .sales()
            .values()
            .map(|sale| sale.lines.len())
            .sum::<usize>();
    let rows = account.shops().len()
        + account.vendors().len()
        + account.items().len()
        + account.sales().len();
    [len(rows), len(rows + nested)]
}

fn asked(sandbox: &Sandbox) -> anyhow::Result<Asked> {
    let history = sandbox.history();
    let milli = |cost: &dyn ToString| -> anyhow::Result<u64> {
        let drips = Drips::parse(&cost.to_string()).context("an amount of drips")?;
        Ok(drips.as_milli().unsigned_abs())
    };
    let held = sandbox.inspect(|account| {
        [
            ("Shop", account.shops().len()),
            ("Vendor", account.vendors().len()),
            ("Item", account.items().len()),
            ("Sale", account.sales().len()),
        ]
    });
    let mut least = 0;
    let mut hundred = [0; 4];
    for ((resource, rows), hundred) in held.into_iter().zip(&mut hundred) {
        // A page with its relations is the dearest call on its resource.
        let (mut dearest, mut spent) = (0, 0);
        for call in history.iter().filter(|call| call.resource == resource) {
            let cost = milli(&call.cost)?;
            dearest = dearest.max(cost);
            spent += cost;
        }
        least += len(rows).div_ceil(PAGE) * dearest;
        *hundred = spent * 100 / len(rows).max(1);
    }
    let [_, _, hundred_items, hundred_sales] = hundred;
    let mut spent = 0;
    for call in &history {
        spent += milli(&call.cost)?;
    }
    Ok(Asked {
        calls: len(history.len()),
        refused: len(history.iter().filter(|call| call.status == 429).count()),
        spent,
        least,
        hundred_items,
        hundred_sales,
        made: len(sandbox.optiply().writes().len()),
    })
}

/// The process that serves an account; it ends with this value.
pub(crate) struct Source {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    pub(crate) served: Served,
}

impl Source {
    /// Starts this program once more, as the one that serves.
    pub(crate) fn start(plan: &Plan) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--items", &plan.items.to_string()])
            .args(["--sales", &plan.sales.to_string()])
            .args(["--registers", &plan.registers.to_string()])
            .args(["--latency-ms", &plan.latency_ms.to_string()])
            .args(["--quiet-min", &plan.quiet_min.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take();
        let mut stdout = BufReader::new(child.stdout.take().context("the output of the source")?);
        let served = serde_json::from_str(&line(&mut stdout)?)?;
        Ok(Self {
            child,
            stdin,
            stdout,
            served,
        })
    }

    /// Ends it; the answer is what it was asked.
    pub(crate) fn end(mut self) -> anyhow::Result<Asked> {
        drop(self.stdin.take());
        Ok(serde_json::from_str(&line(&mut self.stdout)?)?)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(from: &mut impl BufRead) -> anyhow::Result<String> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    Ok(line)
}
