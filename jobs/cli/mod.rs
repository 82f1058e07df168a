//! The command line.
//!
//! A command reads its arguments, does its work through the other rooms and answers on stdout, for
//! a person or (`--json`) for a program; everything else goes to stderr. How it ends is decided in
//! [`exit`].

mod adopted;
mod allowance;
mod backfill;
mod bars;
mod check;
mod choice;
mod connect;
mod context;
mod control;
mod deliveries;
mod demo;
mod doctor;
pub mod exit;
mod explain;
mod export;
mod exports;
mod finding;
mod optiply;
mod out;
mod plan;
mod reconcile;
mod rehearsed;
mod rejected;
mod replay;
mod rights;
mod sandbox;
mod secrets;
mod settings;
mod shops;
mod signals;
mod status;
mod sweep;
mod sync;
mod table;
mod target;
mod understood;
mod words;
mod worker;

pub(crate) use context::usable;
pub use exit::{CliError, Exit, Failure};
pub(crate) use status::{overview, overview_of_run};

use crate::config::Environment;
use crate::telemetry;
use clap::{Args, Parser, Subcommand};
use context::Context;
use control::Act;
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;
use tracing::level_filters::LevelFilter;

/// Keeps an Optiply account in step with a Lightspeed Retail (R-Series) account.
#[derive(Debug, Parser)]
#[command(name = "stockbridge", version, about, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 asked for wrongly, 3 finished but with rejected or waiting records,
4 somebody must connect again, 130 stopped by a signal (the same command goes on).";

#[derive(Clone, Debug, Args)]
struct Global {
    /// Answer in JSON on stdout; progress and messages stay on stderr
    #[arg(long, global = true)]
    json: bool,
    /// The database, such as sqlite:stockbridge.db (or STOCKBRIDGE_DATABASE_URL)
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// How to log, to stderr: pretty or json (or STOCKBRIDGE_LOG_FORMAT)
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show everything on an imitated account: no credentials, less than a minute
    Demo(demo::Demo),
    /// Connect a Lightspeed account, or connect it again or with other settings
    Connect(connect::Connect),
    /// Look whether a connection works, with a remedy for everything that does not
    Check(check::Check),
    /// Bring the whole history in; goes on where it was stopped
    Backfill(backfill::Backfill),
    /// Bring a connection up to date now; joins the run that is at it
    Sync(sync::Sync),
    /// Bring Optiply's buy orders to Lightspeed now, each as one whole purchase order
    Export(export::Export),
    /// Show what complete reads missed too much of, and accept that it is gone
    Sweep(sweep::Sweep),
    /// Work as a service: schedule, stages and HTTP API for all connections
    Worker(worker::Worker),
    /// Stop reading, until resumed; what was read is carried through
    Pause(control::Control),
    /// Go on where it was paused
    Resume(control::Control),
    /// Give up the open run; what was read is carried through
    Cancel(control::Control),
    /// Show connections, runs, checkpoints, the arithmetic of each stage and the budget
    Status(status::Status),
    /// Tell why a sale, an item, a vendor, an order or a shipment is or is not in Optiply, or a buy
    /// order in Lightspeed
    Explain(explain::Explain),
    /// List the records that could not be used, and why; or try them again
    Rejected(rejected::Rejected),
    /// Read the stored pages again, after a parser was mended
    Replay(replay::Replay),
    /// Show the settings, or change them with a look at what that would do
    Settings(settings::Settings),
    /// Tell what a delivery to Optiply would do now, writing nothing
    Plan(plan::Plan),
    /// Compare what Optiply holds with what it should, and repair on request
    Reconcile(reconcile::Reconcile),
    /// Serve an imitation of both systems on this computer, for rehearsals
    Sandbox(sandbox::Serve),
    /// Look over configuration, database, key and versions
    Doctor(doctor::Doctor),
}

type Work<'a> = Pin<Box<dyn Future<Output = anyhow::Result<Exit>> + 'a>>;

impl Command {
    /// Boxed, because the commands differ much in how much they hold.
    fn run<'a>(&'a self, context: &'a Context) -> Work<'a> {
        match self {
            Command::Demo(command) => Box::pin(command.run(context)),
            Command::Connect(command) => Box::pin(command.run(context)),
            Command::Check(command) => Box::pin(command.run(context)),
            Command::Backfill(command) => Box::pin(command.run(context)),
            Command::Sync(command) => Box::pin(command.run(context)),
            Command::Export(command) => Box::pin(command.run(context)),
            Command::Sweep(command) => Box::pin(command.run(context)),
            Command::Worker(command) => Box::pin(command.run(context)),
            Command::Pause(command) => Box::pin(command.run(context, Act::Pause)),
            Command::Resume(command) => Box::pin(command.run(context, Act::Resume)),
            Command::Cancel(command) => Box::pin(command.run(context, Act::Cancel)),
            Command::Status(command) => Box::pin(command.run(context)),
            Command::Explain(command) => Box::pin(command.run(context)),
            Command::Rejected(command) => Box::pin(command.run(context)),
            Command::Replay(command) => Box::pin(command.run(context)),
            Command::Settings(command) => Box::pin(command.run(context)),
            Command::Plan(command) => Box::pin(command.run(context)),
            Command::Reconcile(command) => Box::pin(command.run(context)),
            Command::Sandbox(command) => Box::pin(command.run(context)),
            Command::Doctor(command) => Box::pin(command.run(context)),
        }
    }

    /// Whether it stops by itself when asked to; others are simply left.
    fn stops_cleanly(&self) -> bool {
        if let Command::Status(status) = self {
            return status.watch;
        }
        matches!(
            self,
            Command::Demo(_)
                | Command::Backfill(_)
                | Command::Export(_)
                | Command::Sandbox(_)
                | Command::Reconcile(_)
                | Command::Connect(_)
                | Command::Settings(_)
                | Command::Replay(_)
                | Command::Rejected(_)
                | Command::Sync(_)
                | Command::Sweep(_)
                | Command::Worker(_)
        )
    }

    fn log_level(&self) -> LevelFilter {
        use std::io::IsTerminal;
        match self {
            // Where no bars can be drawn, the log is what tells how far it has come.
            Command::Worker(_) => LevelFilter::INFO,
            Command::Backfill(_) | Command::Sync(_) | Command::Export(_)
                if !std::io::stderr().is_terminal() =>
            {
                LevelFilter::INFO
            }
            _ => LevelFilter::WARN,
        }
    }
}

/// Runs the command line of this process.
#[expect(
    clippy::disallowed_methods,
    reason = "arguments are read by the command line"
)]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not errors.
            let wrong = error.use_stderr();
            if wrong && std::env::args().any(|argument| argument == "--json") {
                let first = error.to_string();
                let message = first.lines().next().unwrap_or_default();
                let message = message.trim_start_matches("error: ");
                report_json(&Failure::of(
                    &CliError::usage("arguments", message, "see `stockbridge --help`").into(),
                ));
            }
            // Where it cannot be shown there is nobody to see it.
            let _gone = error.print();
            return if wrong { Exit::Usage } else { Exit::Done }.into();
        }
    };
    let json = cli.global.json;
    match start(cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            let failure = Failure::of(&error);
            if json {
                report_json(&failure);
            }
            out::note(&format!("error: {}", failure.message));
            if let Some(remedy) = &failure.remedy {
                out::note(&format!("  -> {remedy}"));
            }
            failure.exit.into()
        }
    }
}

fn report_json(failure: &Failure) {
    out::Out { json: true }.answer(&failure.json(), String::new);
}

fn start(cli: Cli) -> anyhow::Result<Exit> {
    let env = Environment::process();
    telemetry::init(
        &env,
        cli.global.log_format.as_deref(),
        cli.command.log_level(),
    )?;
    let runtime = crate::runtime::new()?;
    let shutdown = CancellationToken::new();
    let context = Context::new(
        out::Out {
            json: cli.global.json,
        },
        env,
        cli.global.database,
        shutdown.clone(),
    );
    let exit = runtime.block_on(async {
        signals::listen(shutdown.clone());
        let work = cli.command.run(&context);
        if cli.command.stops_cleanly() {
            return work.await;
        }
        tokio::select! {
            done = work => done,
            () = shutdown.cancelled() => Ok(Exit::Interrupted),
        }
    });
    // What still runs in the background holds nothing that was not committed.
    runtime.shutdown_background();
    exit
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
