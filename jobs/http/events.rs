//! Progress as server-sent events: one whenever something changes.

use super::Api;
use crate::progress::{Progress, Watcher};
use crate::standing::Standing;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use futures::stream;
use serde::Serialize;
use std::convert::Infallible;
use std::time::Duration;
use storage::{Connection, Run};

/// How often to look for changes.
const LOOK: Duration = Duration::from_millis(500);

/// What an event tells.
#[derive(Debug, Serialize)]
struct Told {
    connection: String,
    standing: Standing,
    /// The run that is followed, if there ever was one.
    run: Option<i64>,
    progress: Option<Progress>,
}

/// Follows a run to its end, or a connection for as long as the caller listens.
struct Follower {
    api: Api,
    connection: Connection,
    /// The one run that was asked for.
    only: Option<Run>,
    watcher: Option<(i64, Watcher)>,
    last: String,
    ended: bool,
}

pub(super) fn stream(
    api: Api,
    connection: Connection,
    only: Option<Run>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let follower = Follower {
        api,
        connection,
        only,
        watcher: None,
        last: String::new(),
        ended: false,
    };
    Sse::new(stream::unfold(follower, next)).keep_alive(KeepAlive::default())
}

async fn next(mut follower: Follower) -> Option<(Result<Event, Infallible>, Follower)> {
    let shutdown = follower.api.deps.shutdown.clone();
    while !follower.ended && !shutdown.is_cancelled() {
        match follower.look().await {
            Ok(told) if told != follower.last => {
                follower.last.clone_from(&told);
                let event = Event::default().event("progress").data(told);
                return Some((Ok(event), follower));
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!("a follower could not be told more: {error:#}");
                return None;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = shutdown.cancelled() => {}
        }
    }
    None
}

impl Follower {
    async fn look(&mut self) -> anyhow::Result<String> {
        let deps = &self.api.deps;
        let connection = deps.store.connection_by_id(self.connection.id).await?;
        let run = match &self.only {
            Some(run) => Some(deps.store.run(run.id).await?),
            None => deps.store.runs(connection.id, 1).await?.pop(),
        };
        let mut progress = None;
        if let Some(run) = &run {
            let watcher = match self.watcher.take() {
                Some((id, watcher)) if id == run.id.0 => watcher,
                _ => Watcher::new(deps, run.id).await?,
            };
            let (_, watcher) = self.watcher.insert((run.id.0, watcher));
            progress = Some(watcher.look().await?);
            self.ended = self.only.is_some() && run.ended_at.is_some();
        }
        Ok(serde_json::to_string(&Told {
            standing: Standing::look(deps, &connection).await?,
            connection: connection.name,
            run: run.map(|run| run.id.0),
            progress,
        })?)
    }
}
