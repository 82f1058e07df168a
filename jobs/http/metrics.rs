//! `GET /metrics`: figures for Prometheus. Labels are `connection`, `feed`, `stage` and `kind`
//! only, whose values are few; never an id, a text or an address.

use super::Api;
use super::answer::Refusal;
use super::text::{Text, decimal};
use crate::standing::Standing;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use connectors::lightspeed::BudgetState;
use pipeline::outcome::Tally;
use pipeline::{Feed, Stage};
use std::collections::BTreeMap;
use storage::{AlarmKind, Backlog, Connection, Raised, Run, StageState, StageTime, Watermark};

/// What is told of a connection.
struct Figures {
    connection: Connection,
    standing: Standing,
    stages: Vec<StageState>,
    backlog: Backlog,
    rejections: i64,
    alarms: Vec<Raised>,
    watermarks: Vec<Watermark>,
    budget: Option<BudgetState>,
    last: Option<Last>,
}

/// The last import that ended well.
struct Last {
    run: Run,
    tallies: BTreeMap<(Feed, Stage), Tally>,
    times: Vec<StageTime>,
}

pub(super) async fn get(State(api): State<Api>) -> Result<Response, Refusal> {
    let mut all = Vec::new();
    for connection in api.deps.store.connections().await? {
        all.push(figures(&api, connection).await?);
    }
    let mut text = Text::default();
    let pulse = api.deps.store.pulse().await?;
    for (name, help, value) in [
        (
            "stockbridge_database_bytes",
            "Size of the database.",
            pulse.bytes,
        ),
        (
            "stockbridge_queue_jobs",
            "Jobs that wait or are at work.",
            pulse.jobs,
        ),
        (
            "stockbridge_webhook_messages",
            "Messages that have not arrived yet.",
            pulse.messages,
        ),
    ] {
        text.family(name, help);
        text.sample(name, &[], value);
    }
    states(&mut text, &all);
    work(&mut text, &all);
    last_runs(&mut text, &all);
    allowances(&mut text, &all);
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    Ok((kind, text.into_string()).into_response())
}

async fn figures(api: &Api, connection: Connection) -> Result<Figures, Refusal> {
    let (store, id) = (&api.deps.store, connection.id);
    let open = store.runs(id, 2).await?;
    let open = open.iter().find(|run| run.state == "open");
    let backlog = match open {
        Some(run) => store.backlog(id, run.id).await?,
        None => Backlog::default(),
    };
    let last = match store.last_done(id).await? {
        Some(run) => Some(Last {
            run: store.run(run).await?,
            tallies: store.tallies(run).await?,
            times: store.stage_times(run).await?,
        }),
        None => None,
    };
    let budget = store.budget(id, "lightspeed").await?;
    Ok(Figures {
        standing: Standing::look(&api.deps, &connection).await?,
        stages: store.stages(id).await?,
        backlog,
        rejections: store.open_rejections(id).await?,
        alarms: store.alarms(id).await?,
        watermarks: store.watermarks(id).await?,
        budget: budget.and_then(|text| serde_json::from_str(&text).ok()),
        last,
        connection,
    })
}

fn states(text: &mut Text, all: &[Figures]) {
    let name = "stockbridge_connection_state";
    text.family(name, "1 for the state a connection is in.");
    for of in all {
        for kind in Standing::KINDS {
            let labels = [("connection", of.name()), ("kind", kind)];
            text.sample(name, &labels, i32::from(of.standing.state == kind));
        }
    }
    let name = "stockbridge_alarm";
    text.family(name, "Alarms that last.");
    for of in all {
        for kind in AlarmKind::ALL {
            let raised = of.alarms.iter().filter(|raised| raised.alarm.kind == kind);
            let labels = [("connection", of.name()), ("kind", kind.name())];
            text.sample(name, &labels, raised.count());
        }
    }
}

fn work(text: &mut Text, all: &[Figures]) {
    let name = "stockbridge_backlog";
    text.family(name, "Pages, records and objects a stage has still to do.");
    for of in all {
        for (stage, n) in [
            ("normalize", of.backlog.pages),
            ("filter", of.backlog.records),
            ("load", of.backlog.objects),
        ] {
            text.sample(name, &[("connection", of.name()), ("stage", stage)], n);
        }
    }
    let name = "stockbridge_stage_attempts";
    text.family(name, "Failures in a row since a stage last made progress.");
    for of in all {
        for stage in Stage::ALL {
            let of_stage = of.stages.iter().filter(|known| known.stage == stage);
            let attempts = of_stage.map(|known| known.attempts).max().unwrap_or(0);
            let labels = [("connection", of.name()), ("stage", stage.name())];
            text.sample(name, &labels, attempts);
        }
    }
    let name = "stockbridge_open_rejections";
    text.family(name, "Records that could not be used.");
    for of in all {
        text.sample(name, &[("connection", of.name())], of.rejections);
    }
    let name = "stockbridge_feed_complete_to_seconds";
    text.family(name, "Unix time up to which a feed is known in full.");
    for of in all {
        for mark in &of.watermarks {
            let labels = [("connection", of.name()), ("feed", mark.feed.name())];
            text.sample(name, &labels, mark.complete_to.timestamp());
        }
    }
}

fn last_runs(text: &mut Text, all: &[Figures]) {
    let name = "stockbridge_last_success_seconds";
    text.family(name, "Unix time at which an import last ended well.");
    for of in all {
        if let Some(ended) = of.last.as_ref().and_then(|last| last.run.ended_at) {
            text.sample(name, &[("connection", of.name())], ended.timestamp());
        }
    }
    let name = "stockbridge_last_run_rows";
    text.family(
        name,
        "Outcomes of the rows of the last import that ended well.",
    );
    for of in all {
        for ((feed, stage), tally) in of.last.iter().flat_map(|last| &last.tallies) {
            let kinds = ["loaded", "unchanged", "dropped", "rejected", "waiting"];
            for kind in kinds.into_iter().filter(|kind| tally.of(kind) != 0) {
                let labels = [
                    ("connection", of.name()),
                    ("feed", feed.name()),
                    ("stage", stage.name()),
                    ("kind", kind),
                ];
                text.sample(name, &labels, tally.of(kind));
            }
        }
    }
    let name = "stockbridge_last_run_stage_seconds";
    text.family(name, "How long a stage of that import was at work.");
    for of in all {
        for time in of.last.iter().flat_map(|last| &last.times) {
            let labels = [("connection", of.name()), ("stage", time.stage.name())];
            let millis = i64::try_from(time.busy.as_millis()).unwrap_or(i64::MAX);
            text.sample(name, &labels, decimal(millis));
        }
    }
}

fn allowances(text: &mut Text, all: &[Figures]) {
    for (name, help) in [
        ("stockbridge_budget_level_drips", "How full the bucket was."),
        ("stockbridge_budget_size_drips", "How much it holds."),
        (
            "stockbridge_budget_drips_per_second",
            "How fast it empties.",
        ),
    ] {
        text.family(name, help);
        for of in all {
            let Some(budget) = &of.budget else { continue };
            let value = match name {
                "stockbridge_budget_level_drips" => budget.level,
                "stockbridge_budget_size_drips" => budget.size,
                _ => budget.drip,
            };
            text.sample(
                name,
                &[("connection", of.name())],
                decimal(value.as_milli()),
            );
        }
    }
}

impl Figures {
    fn name(&self) -> &str {
        &self.connection.name
    }
}
