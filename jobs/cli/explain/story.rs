//! An explanation: what happened to a record, when, by which rule, and what would change it.

use super::Known;
use crate::cli::rejected::Shown;
use crate::cli::words::{at, count, grouped};
use chrono::{DateTime, Utc};
use pipeline::outcome::Outcome;
use serde::Serialize;
use serde_json::Value;
use storage::{FeedProof, Trail};

/// How much of a list is told.
pub(super) const LISTED: usize = 20;

/// An explanation.
#[derive(Debug, Serialize)]
pub(super) struct Story {
    connection: String,
    /// `sale`, `item`, `vendor`, `order` or `shipment`.
    kind: &'static str,
    id: i64,
    /// `loaded`, `lowers_another`, `dropped`, `rejected`, `waiting`, `pending` or `never_seen`.
    pub(super) outcome: &'static str,
    /// The code of the rule, if the record does not count.
    pub(super) reason: Option<&'static str>,
    /// The answer in a sentence.
    pub(super) summary: String,
    /// The rest of it, a sentence each.
    pub(super) told: Vec<String>,
    /// What would change it.
    pub(super) change: Option<String>,
    /// Commands that would.
    pub(super) commands: Vec<String>,
    /// Where its present version was seen.
    seen: Option<Seen>,
    /// The newest decision on it.
    decided: Option<Decided>,
    rejections: Vec<Shown>,
    /// What Optiply should hold now; `null` for nothing.
    pub(super) model: Value,
    /// Other records that bear on it.
    pub(super) related: Vec<Related>,
    feed: Read,
}

#[derive(Debug, Serialize)]
struct Seen {
    page: i64,
    run: i64,
    fetched_at: DateTime<Utc>,
    /// What was asked, without secrets.
    request: String,
}

#[derive(Debug, Serialize)]
struct Decided {
    at: DateTime<Utc>,
    run: i64,
    /// The version of the record.
    version: i64,
    settings_version: i64,
}

/// Another record that bears on the explained one.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Related {
    /// How it bears on it, such as `taken_back_by`.
    pub(super) how: &'static str,
    /// `sale`, `item`, `vendor`, `order` or `shipment`.
    pub(super) kind: &'static str,
    pub(super) id: i64,
    /// The item that it is about.
    pub(super) item: Option<i64>,
    /// Pieces of it.
    pub(super) quantity: Option<i64>,
    /// Whether that record counts.
    pub(super) counts: bool,
    /// Why it does not.
    pub(super) reason: Option<&'static str>,
}

/// How far the feed was read.
#[derive(Debug, Serialize)]
struct Read {
    run: Option<i64>,
    state: Option<String>,
    /// The highest id when that run began.
    highest_id: Option<i64>,
    /// Whether that run has passed the id.
    passed: bool,
    /// When the feed was last read to a proven end.
    proven_at: Option<DateTime<Utc>>,
}

impl From<&FeedProof> for Read {
    fn from(proof: &FeedProof) -> Self {
        Self {
            run: proof.run.map(|run| run.0),
            state: proof.state.clone(),
            highest_id: proof.highest_id,
            passed: proof.passed,
            proven_at: proof.proven_at,
        }
    }
}

impl Story {
    /// A story of a record, whose outcome is still to be told.
    pub(super) fn new(known: &Known, kind: &'static str, id: i64, trail: &Trail) -> Self {
        Self {
            connection: known.connection.name.clone(),
            kind,
            id,
            outcome: "pending",
            reason: None,
            summary: String::new(),
            told: Vec::new(),
            change: None,
            commands: Vec::new(),
            seen: trail.page.as_ref().map(|page| Seen {
                page: page.id.0,
                run: page.run.0,
                fetched_at: page.fetched_at,
                request: page.request.clone(),
            }),
            decided: trail.decision.as_ref().map(|decision| Decided {
                at: decision.at,
                run: decision.run.0,
                version: decision.version,
                settings_version: decision.settings_version,
            }),
            rejections: trail.rejections.iter().cloned().map(Shown::from).collect(),
            model: Value::Null,
            related: Vec::new(),
            feed: Read::from(&trail.feed),
        }
    }

    pub(super) fn say(&mut self, sentence: impl Into<String>) {
        self.told.push(sentence.into());
    }

    /// Says the first of these, and how many more there are; `total` counts all of them.
    pub(super) fn list(&mut self, total: usize, lines: impl IntoIterator<Item = String>) {
        let before = self.told.len();
        self.told.extend(lines.into_iter().take(LISTED));
        let more = total.saturating_sub(self.told.len() - before);
        if more > 0 {
            self.told.push(format!("  and {} more", grouped_len(more)));
        }
    }

    pub(super) const fn id(&self) -> i64 {
        self.id
    }

    /// `Sale 12`.
    pub(super) fn subject(&self) -> String {
        let mut kind = self.kind.to_owned();
        kind[..1].make_ascii_uppercase();
        format!("{kind} {}", self.id)
    }

    /// Tells the outcome that a decision or a rejection gives; whether the record is in the model
    /// is told by `object`, such as `a product`.
    pub(super) fn decide(&mut self, trail: &Trail, version: i64, object: &str, exists: bool) {
        let subject = self.subject();
        let is_in = format!("{subject} is in the Optiply model as {object}.");
        let is_not = format!("{subject} is not in the Optiply model");
        if let Some(rejection) = trail.rejections.first() {
            let shown = Shown::from(rejection.clone());
            self.outcome = "rejected";
            self.reason = Some(shown.reason);
            self.summary = format!("{subject} could not be used: {}.", shown.finding());
            self.change = Some(shown.advice.to_owned());
            let page = match shown.page {
                Some(page) => format!(" (page {page}, row {})", shown.row),
                None => String::new(),
            };
            self.say(format!(
                "It was refused at {} on {}{page}, the first time on {}.",
                shown.stage,
                at(shown.last_at),
                at(shown.first_at)
            ));
            if exists {
                self.say(
                    "What was loaded from an earlier version of it stays in the model until then.",
                );
            }
            return;
        }
        let fresh = trail
            .decision
            .as_ref()
            .filter(|decision| decision.version == version && !trail.pending);
        let Some(decision) = fresh else {
            self.outcome = "pending";
            self.summary =
                format!("{subject} was read, and the next stage has still to look at it.");
            self.change =
                Some("Nothing is needed: a running backfill carries it through.".to_owned());
            self.commands = vec![format!("stockbridge backfill {}", self.connection)];
            return;
        };
        let dropped = match (decision.dropped, decision.loaded) {
            (Some(reason), _) => Some(("dropped", reason)),
            (None, Some(Outcome::Dropped(reason))) => Some(("dropped", reason)),
            (None, Some(Outcome::Rejected(reason))) => Some(("rejected", reason)),
            (None, Some(Outcome::Waiting(reason))) => Some(("waiting", reason)),
            (None, _) => None,
        };
        match dropped {
            Some((outcome, reason)) => {
                self.outcome = outcome;
                self.reason = Some(reason.code());
                let yet = if outcome == "waiting" { " yet" } else { "" };
                self.summary = format!("{is_not}{yet}: {}.", reason.code());
                self.change = Some(reason.advice().to_owned());
            }
            None if exists => {
                self.outcome = "loaded";
                self.summary = is_in;
            }
            None => {
                self.outcome = "pending";
                self.summary = format!("{is_not} yet.");
            }
        }
    }

    /// When it was seen and decided on: the end of every story of a record that is held.
    pub(super) fn when(&mut self, version: i64, settings_version: i64) {
        if let Some(seen) = &self.seen {
            let which = match version {
                1 => "It was first read".to_owned(),
                version => format!("Its version {version} was read"),
            };
            self.told.push(format!(
                "{which} on {}, page {} of run {}.",
                at(seen.fetched_at),
                seen.page,
                seen.run
            ));
        }
        if let Some(decided) = &self.decided {
            let changed = if decided.settings_version < settings_version {
                format!(
                    " The settings are at version {settings_version} by now; the next backfill \
                     looks at it again."
                )
            } else {
                String::new()
            };
            self.told.push(format!(
                "It was decided on {} by version {} of the settings.{changed}",
                at(decided.at),
                decided.settings_version
            ));
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n", self.summary);
        for sentence in &self.told {
            text.push_str(&format!("  {sentence}\n"));
        }
        if let Some(change) = &self.change {
            text.push_str(&format!("\n{change}\n"));
        }
        for command in &self.commands {
            text.push_str(&format!("  {command}\n"));
        }
        if let Some(seen) = &self.seen {
            text.push('\n');
            text.push_str(&format!("Asked: {}\n", readable(&seen.request)));
        }
        if self.rejections.len() > 1 {
            text.push_str(&format!(
                "It has {}; `stockbridge rejected` lists them.\n",
                count_len(self.rejections.len(), "rejection")
            ));
        }
        text
    }
}

/// A length with its noun.
pub(super) fn count_len(n: usize, noun: &str) -> String {
    count(i64::try_from(n).unwrap_or(i64::MAX), noun)
}

fn grouped_len(n: usize) -> String {
    grouped(i64::try_from(n).unwrap_or(i64::MAX))
}

/// A request with its encoding undone.
fn readable(request: &str) -> String {
    let Some((resource, query)) = request.split_once('?') else {
        return request.to_owned();
    };
    let pairs: Vec<String> = url::form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("{resource}?{}", pairs.join("&"))
}
