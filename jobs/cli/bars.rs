//! Progress on stderr: bars on a terminal, a plain line every few seconds elsewhere.

use super::out::note;
use super::words::{grouped, left};
use crate::progress::{FeedProgress, Progress};
use crate::telemetry;
use indicatif::{ProgressBar, ProgressStyle};
use pipeline::Clock;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

/// How often a plain line is written.
const EVERY: Duration = Duration::from_secs(5);

/// Shows progress until it is dropped.
pub(super) struct Bars {
    clock: Arc<dyn Clock>,
    drawn: Option<Drawn>,
    told: Option<Duration>,
}

struct Drawn {
    feeds: Vec<ProgressBar>,
    line: ProgressBar,
}

impl Bars {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            drawn: std::io::stderr().is_terminal().then(|| Drawn {
                feeds: Vec::new(),
                line: ProgressBar::new_spinner(),
            }),
            told: None,
        }
    }

    /// Shows a look.
    pub(super) fn show(&mut self, progress: &Progress) {
        let line = self.line(progress);
        match &mut self.drawn {
            Some(drawn) => drawn.show(progress, line),
            None => {
                let now = self.clock.monotonic();
                let due = self
                    .told
                    .is_none_or(|told| now.saturating_sub(told) >= EVERY);
                if due || progress.state != "open" {
                    self.told = Some(now);
                    let feeds: Vec<String> = in_order(progress)
                        .into_iter()
                        .map(|feed| {
                            let rows = grouped(feed.rows);
                            format!("{} {rows} ({} %)", feed.feed, feed.percent)
                        })
                        .collect();
                    let parts: Vec<String> = [feeds.join(", "), line]
                        .into_iter()
                        .filter(|part| !part.is_empty())
                        .collect();
                    note(&parts.join("; "));
                }
            }
        }
    }

    /// What is true of all feeds together.
    fn line(&self, progress: &Progress) -> String {
        let mut parts = Vec::new();
        if progress.rows_per_second > 0 {
            let rate = i64::try_from(progress.rows_per_second).unwrap_or(i64::MAX);
            parts.push(format!("{} rows/s", grouped(rate)));
        }
        let behind = [
            (progress.to_normalize, "pages to normalize"),
            (progress.to_filter, "records to filter"),
            (progress.to_load, "objects to load"),
        ];
        parts.extend(
            behind
                .into_iter()
                .filter(|(n, _)| *n > 0)
                .map(|(n, what)| format!("{} {what}", grouped(n))),
        );
        if let Some(waiting) = &progress.waiting_for {
            parts.push(format!("waiting for {waiting}"));
        }
        if let Some(eta) = progress.eta {
            parts.push(format!("about {} left", left(self.clock.now(), eta)));
        }
        parts.join(", ")
    }
}

impl Drawn {
    fn show(&mut self, progress: &Progress, line: String) {
        if self.feeds.is_empty() {
            let bars = telemetry::bars();
            self.feeds = in_order(progress)
                .into_iter()
                .map(|feed| bars.add(feed_bar(feed.feed.name())))
                .collect();
            self.line = bars.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("  {wide_msg}") {
                self.line.set_style(style);
            }
        }
        for (bar, feed) in self.feeds.iter().zip(in_order(progress)) {
            bar.set_position(u64::from(feed.percent));
            let state = if feed.state == "walking" {
                ""
            } else {
                &feed.state
            };
            bar.set_message(format!("{} read {state}", grouped(feed.rows)));
        }
        self.line.set_message(line);
        self.line.tick();
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        for bar in &self.feeds {
            bar.finish_and_clear();
        }
        self.line.finish_and_clear();
    }
}

/// The feeds in the order in which a backfill needs them.
fn in_order(progress: &Progress) -> Vec<&FeedProgress> {
    let mut feeds: Vec<&FeedProgress> = progress.feeds.iter().collect();
    feeds.sort_by_key(|feed| feed.feed);
    feeds
}

fn feed_bar(name: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(100).with_prefix(name);
    match ProgressStyle::with_template("  {prefix:8} [{bar:30}] {percent:>3} %  {msg}") {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}
