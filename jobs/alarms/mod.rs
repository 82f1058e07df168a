//! Alarms: what a person should look at is raised once, logged, shown, and cleared when it is over.
//!
//! What is judged here is judged now and then from stored figures. Lost rights are noticed where
//! they are met, by extract, and a sweep that misses too much by the sweep.

mod rules;
pub mod webhook;

use crate::deps::Deps;
use chrono::TimeDelta;
use connectors::lightspeed::BudgetState;
use pipeline::{Feed, Stage};
use storage::{Alarm, AlarmKind, Connection, ConnectionState, StoreError};

/// How much of the past tells when a shop usually sells.
const PAST: TimeDelta = TimeDelta::weeks(8);

/// Judges every connection that is at work.
///
/// # Errors
/// When the database fails.
pub async fn judge(deps: &Deps) -> Result<(), StoreError> {
    for connection in deps.store.connections().await? {
        if connection.state == ConnectionState::Active {
            judge_one(deps, &connection).await?;
        }
    }
    Ok(())
}

async fn judge_one(deps: &Deps, connection: &Connection) -> Result<(), StoreError> {
    let (store, id, now) = (&deps.store, connection.id, deps.clock.now());
    let name = &connection.name;

    let hours = store.selling_hours(id, now - PAST).await?;
    let silent = rules::no_data(&hours, now).map(|hours| {
        Alarm::new(
            AlarmKind::NoData,
            "",
            format!("no sale for {hours} hours in which the shop usually sells"),
            format!("is the shop open? `stockbridge check {name}` looks whether it can be read"),
        )
    });
    settle(deps, connection, AlarmKind::NoData, silent).await?;

    if let Some(run) = store.last_done(id).await? {
        let tallies = store.tallies(run).await?;
        let read = Feed::BACKFILL
            .iter()
            .filter_map(|feed| tallies.get(&(*feed, Stage::Extract)))
            .map(|tally| tally.entered)
            .sum();
        let rejected = tallies.values().map(|tally| tally.of("rejected")).sum();
        let many = rules::too_many_rejections(read, rejected).then(|| {
            Alarm::new(
                AlarmKind::Rejections,
                "",
                format!("run {run} rejected {rejected} of {read} rows"),
                format!("`stockbridge rejected {name}` tells which and why"),
            )
        });
        settle(deps, connection, AlarmKind::Rejections, many).await?;
    }

    let offset = store.connection_by_id(id).await?.clock_offset_ms;
    let apart = offset.filter(|ms| rules::clocks_apart(*ms)).map(|ms| {
        let side = if ms > 0 { "ahead of" } else { "behind" };
        Alarm::new(
            AlarmKind::ClockOffset,
            "",
            format!("Lightspeed's clock is {} s {side} ours", ms.abs() / 1000),
            "set the clock of this computer; nothing is lost meanwhile",
        )
    });
    settle(deps, connection, AlarmKind::ClockOffset, apart).await?;

    let budget = store.budget(id, "lightspeed").await?;
    let budget = budget.and_then(|text| serde_json::from_str::<BudgetState>(&text).ok());
    let shared = budget
        .is_some_and(|state| rules::shared(&state, now))
        .then(|| {
            Alarm::new(
                AlarmKind::SharedBudget,
                "",
                "another client uses the allowance of this account, so that we are slower",
                "look in Lightspeed which other applications are connected",
            )
        });
    settle(deps, connection, AlarmKind::SharedBudget, shared).await
}

/// Raises an alarm, or clears that of its kind.
async fn settle(
    deps: &Deps,
    connection: &Connection,
    kind: AlarmKind,
    alarm: Option<Alarm>,
) -> Result<(), StoreError> {
    let (store, id) = (&deps.store, connection.id);
    let name = &connection.name;
    match alarm {
        Some(alarm) => {
            if store.raise_alarm(id, &alarm).await? {
                tracing::warn!(
                    connection = name,
                    kind = kind.name(),
                    "alarm: {}",
                    alarm.text
                );
            }
        }
        None => {
            let lasts = store.alarms(id).await?;
            let lasts = lasts
                .iter()
                .any(|raised| raised.alarm.kind == kind && raised.alarm.subject.is_empty());
            if lasts && store.clear_alarm(id, kind, "").await? {
                tracing::info!(connection = name, kind = kind.name(), "the alarm is over");
            }
        }
    }
    Ok(())
}
