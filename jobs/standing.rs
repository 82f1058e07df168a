//! Where a connection stands, told honestly: what it waits for, and who can help.

use crate::deps::Deps;
use chrono::{DateTime, Utc};
use connectors::lightspeed::BudgetState;
use serde::Serialize;
use storage::{Connection, ConnectionState, StageState};

/// Where a connection stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// One of [`Standing::KINDS`].
    pub state: &'static str,
    /// Why.
    pub because: Option<String>,
    /// Until when, if that is known.
    pub until: Option<DateTime<Utc>>,
    /// What a person can do about it.
    pub remedy: Option<String>,
}

impl Standing {
    /// Every state: `idle` (all is done), `working`, `waiting_for_budget` (the source permits no
    /// more just now), `waiting_for_retry` (something failed and is tried again by itself),
    /// `stopped` (something failed that only a person can mend), `needs_reconnect`, `paused`,
    /// `disabled` and `draft`.
    pub const KINDS: [&str; 9] = [
        "idle",
        "working",
        "waiting_for_budget",
        "waiting_for_retry",
        "stopped",
        "needs_reconnect",
        "paused",
        "disabled",
        "draft",
    ];

    fn new(state: &'static str) -> Self {
        Self {
            state,
            because: None,
            until: None,
            remedy: None,
        }
    }

    /// Looks where a connection stands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn look(deps: &Deps, connection: &Connection) -> anyhow::Result<Self> {
        let (store, now) = (&deps.store, deps.clock.now());
        if let Some(standing) = by_state(connection) {
            return Ok(standing);
        }
        let stages = store.stages(connection.id).await?;
        if let Some(standing) = put_off(&stages, now) {
            return Ok(standing);
        }
        if stages.iter().any(|stage| stage.state != "idle") {
            let budget = store.budget(connection.id, "lightspeed").await?;
            let budget = budget.and_then(|text| serde_json::from_str::<BudgetState>(&text).ok());
            let paused = budget.and_then(|state| state.paused_until.filter(|until| *until > now));
            return Ok(match paused {
                Some(until) => Self {
                    because: Some("Lightspeed asked us to pause".to_owned()),
                    until: Some(until),
                    ..Self::new("waiting_for_budget")
                },
                None => Self::new("working"),
            });
        }
        if let Some(stopped) = store.stopped(connection.id).await? {
            let name = &connection.name;
            return Ok(Self {
                because: Some(stopped.cause),
                remedy: Some(format!(
                    "`stockbridge check {name}` looks for the cause; once it is mended, \
                     `stockbridge sync {name}` goes on"
                )),
                ..Self::new("stopped")
            });
        }
        Ok(Self::new("idle"))
    }
}

/// The states that a person or the source has put a connection into.
fn by_state(connection: &Connection) -> Option<Standing> {
    let name = &connection.name;
    let (state, remedy) = match connection.state {
        ConnectionState::Active => return None,
        ConnectionState::Paused => ("paused", format!("`stockbridge resume {name}` goes on")),
        ConnectionState::NeedsReconnect => (
            "needs_reconnect",
            format!("get a new refresh token and run `stockbridge connect {name}` again"),
        ),
        ConnectionState::Disabled => return Some(Standing::new("disabled")),
        ConnectionState::Draft => (
            "draft",
            format!("run `stockbridge connect {name}` to the end"),
        ),
    };
    Some(Standing {
        because: connection.state_reason.clone(),
        remedy: Some(remedy),
        ..Standing::new(state)
    })
}

/// The wait of a stage, a failure before any other.
fn put_off(stages: &[StageState], now: DateTime<Utc>) -> Option<Standing> {
    let waits = |kind: &str| {
        let mut of_kind = stages.iter().filter(move |stage| {
            stage.waits_for.as_deref() == Some(kind) && stage.next_at.is_some_and(|at| at > now)
        });
        of_kind.next()
    };
    let told = |stage: &StageState, state| Standing {
        because: stage.cause.as_ref().map(|cause| {
            let times = match stage.attempts {
                ..=1 => String::new(),
                n => format!(" (failed {n} times)"),
            };
            format!("{}: {cause}{times}", stage.stage)
        }),
        until: stage.next_at,
        ..Standing::new(state)
    };
    waits("retry")
        .map(|stage| told(stage, "waiting_for_retry"))
        .or_else(|| waits("budget").map(|stage| told(stage, "waiting_for_budget")))
}
