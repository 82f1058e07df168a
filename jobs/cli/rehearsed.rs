//! The Optiply side of a demo: delivered to, compared, and kept for the next one.

use crate::deps::{Delivery, Deps};
use crate::reconcile::{Options, Report, reconcile};
use crate::worker;
use anyhow::Context as _;
use connectors::optiply::PaceLimits;
use pipeline::deliver::Entity;
use sandbox::Sandbox;
use secrecy::SecretString;
use serde::Serialize;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;
use storage::{Connection, DeliveryTallies, Store, Trigger, secret_kind};

/// An imitation on this computer needs no sparing.
pub(super) const QUICK: Delivery = Delivery {
    pace: PaceLimits {
        start_per_minute: 600_000,
        most_per_minute: 600_000,
        least_per_minute: 6_000,
        start_in_flight: 16,
        most_in_flight: 16,
    },
    settle: Duration::from_secs(2),
};

/// How often what the imitation holds is kept while it changes.
const KEEP: Duration = Duration::from_millis(500);

/// What of a run was delivered, of one kind.
#[derive(Debug, Serialize)]
pub(super) struct Delivered {
    entity: Entity,
    /// Objects that were looked at.
    entered: i64,
    /// Those of which something was sent and acknowledged.
    acknowledged: i64,
    /// Those of which nothing had to be sent.
    unchanged: i64,
    /// Those that a person must look at.
    parked: i64,
}

impl Delivered {
    pub(super) fn all(tallies: DeliveryTallies) -> Vec<Self> {
        tallies
            .into_iter()
            .map(|(entity, tally)| Self {
                entity,
                entered: tally.entered,
                acknowledged: tally.acknowledged,
                unchanged: tally.unchanged,
                parked: tally.parked.values().sum(),
            })
            .collect()
    }
}

/// Gives the connection the imitation's credentials and begins to deliver.
pub(super) async fn deliver_to(
    store: &Store,
    connection: &Connection,
    sandbox: &Sandbox,
) -> anyhow::Result<()> {
    let given = sandbox.optiply().credentials();
    for (kind, secret) in [
        (secret_kind::OPTIPLY_CLIENT_ID, given.client_id),
        (secret_kind::OPTIPLY_CLIENT_SECRET, given.client_secret),
        (secret_kind::OPTIPLY_USERNAME, given.username),
        (secret_kind::OPTIPLY_PASSWORD, given.password),
        (
            secret_kind::OPTIPLY_ACCOUNT_ID,
            given.account_id.to_string(),
        ),
    ] {
        store
            .put_secret(connection.id, kind, 1, &SecretString::from(secret))
            .await?;
    }
    store.start_adoption(connection.id).await?;
    Ok(())
}

/// Compares both sides. A demo that was killed may have lost the last moments of its imitation,
/// which is repaired as in earnest.
pub(super) async fn agree(deps: &Deps, connection: &Connection) -> anyhow::Result<Report> {
    let options = |repair| Options {
        repair,
        however_much: false,
        samples: 5,
    };
    let first = reconcile(deps, connection, options(true)).await?;
    if first.clean {
        return Ok(first);
    }
    let store = &deps.store;
    let asked = store.request_import(connection.id, Trigger::Manual).await?;
    Box::pin(worker::drive(deps, asked.run, |_| {})).await?;
    reconcile(deps, connection, options(false)).await
}

/// Where the content of the imitation is kept.
pub(super) struct Shelf(PathBuf);

impl Shelf {
    /// Beside the database.
    pub(super) fn of(store: &Store, name: &str) -> Self {
        let mut path = store.path().as_os_str().to_owned();
        path.push(format!(".{name}.optiply.json"));
        Self(path.into())
    }

    /// Puts the content back that an earlier demo left.
    pub(super) fn restore(&self, sandbox: &Sandbox) -> anyhow::Result<()> {
        let text = match std::fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error).with_context(|| format!("reading {:?}", self.0)),
        };
        let restored = sandbox.optiply().restore(&text);
        restored.with_context(|| format!("{:?} holds no content of an earlier demo", self.0))
    }

    /// Keeps the content, in one piece whatever happens meanwhile.
    pub(super) fn keep(&self, sandbox: &Sandbox) -> anyhow::Result<()> {
        let text = sandbox.optiply().save()?;
        let half = self.0.with_extension("tmp");
        std::fs::write(&half, text).with_context(|| format!("writing {half:?}"))?;
        std::fs::rename(&half, &self.0).with_context(|| format!("writing {:?}", self.0))
    }

    /// Keeps the content now and then while something is at work, and when it has ended.
    pub(super) async fn keep_while<T>(
        &self,
        sandbox: &Sandbox,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let mut work = std::pin::pin!(work);
        let ended = loop {
            tokio::select! {
                ended = &mut work => break ended,
                () = tokio::time::sleep(KEEP) => self.keep(sandbox)?,
            }
        };
        self.keep(sandbox)?;
        ended
    }
}
