//! What is logged, how, and where to: always to stderr, so that stdout stays the answer.

use crate::cli::CliError;
use crate::config::{Environment, variable};
use indicatif::MultiProgress;
use std::io::{IsTerminal, Write};
use std::sync::OnceLock;
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

/// Our own crates. Only these may speak below `info`: what libraries tell there may hold what they
/// carry, and a token must not depend on their discretion.
const OURS: [&str; 6] = [
    "jobs",
    "stockbridge",
    "pipeline",
    "connectors",
    "storage",
    "sandbox",
];

/// The bars of this process. Log lines are written around them.
pub fn bars() -> &'static MultiProgress {
    static BARS: OnceLock<MultiProgress> = OnceLock::new();
    BARS.get_or_init(MultiProgress::new)
}

/// Begins to log. `format` is that of the flag; `default` is the level unless the environment
/// names another.
///
/// # Errors
/// When the filter or the format of the environment cannot be understood.
pub fn init(env: &Environment, format: Option<&str>, default: LevelFilter) -> anyhow::Result<()> {
    let filter = match env.get(variable::LOG) {
        Some(text) => EnvFilter::builder().parse(&text).map_err(|error| {
            anyhow::anyhow!("{} is not a filter such as `info`: {error}", variable::LOG)
        })?,
        // That the queue's workers start and stop is news to nobody who did not ask.
        None => EnvFilter::builder().parse(format!("{default},apalis_core=warn,apalis=warn"))?,
    };
    let filter = filter.and(filter_fn(may_speak));
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(AroundBars)
        .with_ansi(std::io::stderr().is_terminal());
    let registry = tracing_subscriber::registry();
    let stored = env.get(variable::LOG_FORMAT);
    let done = match format.or(stored.as_deref()) {
        None | Some("pretty") => registry.with(layer.with_filter(filter)).try_init(),
        Some("json") => registry.with(layer.json().with_filter(filter)).try_init(),
        Some(other) => {
            return Err(CliError::usage(
                "log_format",
                format!("{other:?} is no format of the log"),
                format!("--log-format or {} is pretty or json", variable::LOG_FORMAT),
            )
            .into());
        }
    };
    // Somebody has installed another subscriber: a test, whose choice stands.
    drop(done);
    Ok(())
}

fn may_speak(meta: &Metadata<'_>) -> bool {
    *meta.level() <= tracing::Level::INFO || is_ours(meta.target())
}

fn is_ours(target: &str) -> bool {
    let root = target.split("::").next().unwrap_or(target);
    OURS.contains(&root)
}

/// Writes to stderr with the bars taken away meanwhile.
#[derive(Clone, Copy, Debug)]
struct AroundBars;

impl Write for AroundBars {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        bars().suspend(|| std::io::stderr().lock().write_all(text))?;
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

impl MakeWriter<'_> for AroundBars {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_crates_speak_below_info() {
        assert!(is_ours("connectors::lightspeed::client"));
        assert!(is_ours("jobs"));
        assert!(!is_ours("sqlx::query"));
        assert!(!is_ours("jobs_of_others::x"));
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        let format = Environment::of([(variable::LOG_FORMAT, "xml")]);
        assert!(init(&format, None, LevelFilter::WARN).is_err());
        let filter = Environment::of([(variable::LOG, "a=b=c")]);
        assert!(init(&filter, None, LevelFilter::WARN).is_err());
    }
}
