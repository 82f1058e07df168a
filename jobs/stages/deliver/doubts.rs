//! Calls in doubt, as they were sent, and where to look for what came of them.

use super::call::{Call, Came, Line};
use super::payload::{entity, resource};
use super::settle::{Candidates, Doubt};
use super::{StageError, Turn, parse, unreadable};
use connectors::optiply::Payload;
use pipeline::deliver::{Entity, Key};
use std::collections::HashMap;
use storage::{Doubtful, Op};

/// What was found of a call in doubt.
pub(super) enum Found {
    /// What came of it.
    Settled(Key, Came),
    /// Rows that may be it.
    Candidates(Box<Doubt>, Candidates),
}

/// Looks for what came of a call.
pub(super) async fn look_for(line: &Line, doubt: Doubt) -> Found {
    if doubt.call.op != Op::Create {
        let came = line.look_at_row(&doubt).await;
        return Found::Settled(doubt.call.key, came);
    }
    match line.candidates(&doubt).await {
        Ok(found) => Found::Candidates(Box::new(doubt), found),
        Err(error) => {
            let came = line.later(&doubt, error);
            Found::Settled(doubt.call.key, came)
        }
    }
}

/// A call in doubt, as it was sent.
pub(super) async fn read(turn: &Turn, doubtful: Doubtful) -> Result<Doubt, StageError> {
    let kind = resource(doubtful.key.entity);
    let payload = match doubtful.op {
        Op::Delete => Payload::empty(kind),
        _ => parse(kind, &doubtful.intent)?,
    };
    let acknowledged = match &doubtful.acknowledged {
        Some(text) => Some(parse(kind, text)?),
        None => None,
    };
    let parents = parents(turn, &payload).await?;
    Ok(Doubt {
        call: Call {
            key: doubtful.key,
            op: doubtful.op,
            payload,
            parts: doubtful.parts,
            remote_id: doubtful.remote_id,
            acknowledged,
            parents,
            attempts: doubtful.attempts,
        },
        intent_at: doubtful.intent_server_at,
        since: doubtful.since,
        empty_reads: doubtful.empty_reads,
        refused: doubtful.refused,
    })
}

/// What a payload names, by our own keys.
async fn parents(turn: &Turn, payload: &Payload) -> Result<Vec<(Key, i64)>, StageError> {
    let (store, connection) = (&turn.deps.store, turn.job.connection);
    let mut by_kind: HashMap<Entity, Vec<i64>> = HashMap::new();
    for (resource, id) in payload.named().map_err(unreadable)? {
        by_kind.entry(entity(resource)).or_default().push(id);
    }
    let mut parents = Vec::new();
    for (entity, ids) in by_kind {
        let keys = store.keys_of_remote(connection, entity, &ids).await?;
        parents.extend(keys.into_iter().map(|(id, key)| (key, id)));
    }
    parents.sort_unstable();
    Ok(parents)
}
