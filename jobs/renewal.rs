//! Tokens of connections that nobody uses are renewed every seven days, so that the grant does not
//! lapse: paused ones, stopped ones, and all of them while no worker ran for long.

use crate::backoff::backoff;
use crate::deps::Deps;
use chrono::TimeDelta;
use std::time::Duration;
use storage::{Renewal, StoreError};

/// How old a pair of tokens becomes. Lightspeed forgets one that is not used for 30 days.
pub const AGE: TimeDelta = TimeDelta::days(7);

/// What passes at least between two tries for a pair. There are weeks left, so there is no hurry.
const PAUSE: Duration = Duration::from_secs(60);

/// Pairs that are looked at in one go.
const BATCH: i64 = 20;

/// Renews what is due, one pair after the other, until this process is asked to stop. Tells how
/// many were renewed.
///
/// # Errors
/// When the database fails. What was renewed before stays renewed.
pub async fn renew_due(deps: &Deps) -> Result<usize, StoreError> {
    let mut renewed = 0;
    let due = deps
        .store
        .due_renewals(deps.clock.now() - AGE, BATCH)
        .await?;
    for renewal in due {
        if deps.shutdown.is_cancelled() {
            break;
        }
        let wait = PAUSE + backoff(renewal.attempts, &mut deps.rng());
        let next_at = deps.clock.now() + wait;
        if !deps.store.begin_renewal(&renewal, next_at).await? {
            continue;
        }
        // An answer that is dropped here is no harm: until its access token is used, the refresh
        // token before it still works.
        let answer = tokio::select! {
            answer = renew(deps, &renewal) => answer,
            () = deps.shutdown.cancelled() => break,
        };
        match answer {
            Ok(()) => {
                renewed += 1;
                tracing::info!(
                    connection = renewal.name,
                    "tokens that nobody used were renewed"
                );
            }
            Err(error) => tracing::warn!(
                connection = renewal.name,
                attempts = renewal.attempts + 1,
                cause = format!("{error:#}"),
                "tokens that nobody uses could not be renewed"
            ),
        }
    }
    Ok(renewed)
}

async fn renew(deps: &Deps, renewal: &Renewal) -> anyhow::Result<()> {
    let connection = deps.store.connection_by_id(renewal.connection).await?;
    deps.source(&connection).await?.renew().await?;
    Ok(())
}
