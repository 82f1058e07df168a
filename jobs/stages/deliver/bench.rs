//! The calls in hand: taken up as there is room, settled as they come back.

use super::call::{Call, Came, Line};
use super::doubts::{self, Found};
use super::lines::Learned;
use super::settle::{Candidates, Doubt};
use super::{StageError, Turn, decide, unreadable};
use connectors::optiply::{Find, OptiplyError, Resource};
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use pipeline::deliver::Key;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use storage::{Decided, Link, Look, Op, Settled, Step};

/// Calls on their way or waiting for their turn, at most.
const AT_HAND_MOST: usize = 64;

/// Deliveries looked at in one go, for each call that may be taken in hand: most need one.
const LOOKS_A_CALL: usize = 4;

/// The bounds of how many are looked at.
const LOOKS: (usize, usize) = (20, 200);

/// Failures in a row, of whichever call, after which the server is left in peace for a while.
const TROUBLES_MOST: usize = 12;

/// How long calls in hand may take once the turn is told to stop.
const LAST_CALLS: Duration = Duration::from_secs(10);

/// What a future of the bench comes back with.
enum Done {
    Called(Key, Came),
    /// A creation in doubt was looked for.
    Found(Box<Doubt>, Candidates),
    Learned(Key, Result<Learned, OptiplyError>),
}

/// How the work of a turn ended.
pub(super) enum End {
    /// Nothing is due, or the turn is over.
    Settled {
        /// Whether anything was settled.
        progressed: bool,
    },
    /// A fault that concerns every call.
    Fatal(OptiplyError),
    /// Calls fail, whichever they are.
    Failing,
}

pub(super) struct Bench<'a> {
    turn: &'a Turn,
    line: Line,
    at_work: FuturesUnordered<BoxFuture<'static, Done>>,
    /// What they are about.
    busy: HashSet<Key>,
    /// Failures in a row.
    troubles: usize,
    fatal: Option<OptiplyError>,
    progressed: bool,
}

impl<'a> Bench<'a> {
    pub(super) fn new(turn: &'a Turn, line: Line) -> Self {
        Self {
            turn,
            line,
            at_work: FuturesUnordered::new(),
            busy: HashSet::new(),
            troubles: 0,
            fatal: None,
            progressed: false,
        }
    }

    /// How it ended.
    pub(super) fn end(self) -> End {
        match self.fatal {
            Some(error) => End::Fatal(error),
            None if self.troubles >= TROUBLES_MOST => End::Failing,
            None => End::Settled {
                progressed: self.progressed,
            },
        }
    }

    /// Works until nothing is in hand and nothing is due, or the turn ends.
    pub(super) async fn work(&mut self) -> Result<(), StageError> {
        loop {
            if !self.ends() {
                self.refill().await?;
            }
            let first = tokio::select! {
                biased;
                first = self.at_work.next() => first,
                () = patience(self.turn) => None,
            };
            // What is left when patience ends is in doubt, and looked for when somebody goes on.
            let Some(first) = first else {
                return Ok(());
            };
            let mut done = vec![first];
            while let Some(Some(next)) = self.at_work.next().now_or_never() {
                done.push(next);
            }
            self.settle(done).await?;
        }
    }

    fn ends(&self) -> bool {
        self.turn.is_over() || self.fatal.is_some() || self.troubles >= TROUBLES_MOST
    }

    /// How many more calls may be taken in hand: a few more than are sent at once, so that none
    /// has to be waited for.
    fn room(&self) -> usize {
        let window = self.line.client.pace().snapshot().in_flight_limit;
        let most = usize::try_from(window * 2).unwrap_or(AT_HAND_MOST);
        let most = most.clamp(4, AT_HAND_MOST);
        let room = most.saturating_sub(self.at_work.len());
        // Many at once share a transaction.
        if room * 2 >= most { room } else { 0 }
    }

    async fn refill(&mut self) -> Result<(), StageError> {
        let room = self.room();
        if room == 0 {
            return Ok(());
        }
        let room = room.saturating_sub(self.look_for(room).await?);
        while room > 0 && !self.ends() && self.look(room).await? {}
        Ok(())
    }

    /// Looks for calls in doubt that are due. Returns how many.
    async fn look_for(&mut self, room: usize) -> Result<usize, StageError> {
        let (store, connection) = (&self.turn.deps.store, self.turn.job.connection);
        let most = i64::try_from(room + self.busy.len()).unwrap_or(i64::MAX);
        let mut begun = 0;
        for doubtful in store.doubtful(connection, most).await? {
            if begun >= room || !self.busy.insert(doubtful.key.clone()) {
                continue;
            }
            begun += 1;
            let doubt = doubts::read(self.turn, doubtful).await?;
            let line = self.line.clone();
            self.at_work.push(
                async move {
                    match doubts::look_for(&line, doubt).await {
                        Found::Settled(key, came) => Done::Called(key, came),
                        Found::Candidates(doubt, found) => Done::Found(doubt, found),
                    }
                }
                .boxed(),
            );
        }
        Ok(begun)
    }

    /// Looks at deliveries whose turn it is, up to so many calls. Returns whether to look again.
    async fn look(&mut self, room: usize) -> Result<bool, StageError> {
        let (store, connection) = (&self.turn.deps.store, self.turn.job.connection);
        let most = (room * LOOKS_A_CALL).clamp(LOOKS.0, LOOKS.1);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut work = store.delivery_work(connection, most).await?;
        if work.looks.is_empty() {
            return Ok(false);
        }
        let now = self.line.now();
        let (mut decisions, mut calls, mut learn) = (Vec::new(), Vec::new(), Vec::new());
        let mut making = false;
        for look in &work.looks {
            if calls.len() >= room {
                break;
            }
            let plan =
                decide::decide(look, &work.links, &mut work.in_flight, now).map_err(unreadable)?;
            if let Step::Send {
                op, payload, parts, ..
            } = &plan.decided.step
            {
                making |= *op == Op::Create;
                let parents = parents(look, &work.links);
                calls.push(Call::of(look, (*op, payload, parts), parents)?);
            }
            learn.extend(plan.learn);
            decisions.push(plan.decided);
        }
        self.take_in_hand(decisions, calls, making).await?;
        self.ask_for_lines(learn).await?;
        Ok(self.at_work.len() < room)
    }

    /// Writes down what was decided and sends what may be sent.
    async fn take_in_hand(
        &mut self,
        decisions: Vec<Decided>,
        calls: Vec<Call>,
        making: bool,
    ) -> Result<(), StageError> {
        let store = &self.turn.deps.store;
        if making && self.line.client.server_now().is_none() {
            // What is made is looked for by Optiply's time, so that must be known before.
            let find = Find::all(Resource::Suppliers).paged(1);
            if let Err(error) = self.line.client.page(&find).await {
                self.fatal = Some(error);
                return Ok(());
            }
        }
        let server_now = self.line.client.server_now();
        let mut sent = store
            .commit_decisions(&self.turn.lease, &decisions, server_now)
            .await?;
        for call in calls {
            if !sent.remove(&call.key) {
                continue;
            }
            self.busy.insert(call.key.clone());
            let line = self.line.clone();
            self.at_work.push(
                async move {
                    let came = line.send(&call).await;
                    Done::Called(call.key, came)
                }
                .boxed(),
            );
        }
        Ok(())
    }

    async fn ask_for_lines(&mut self, orders: Vec<Key>) -> Result<(), StageError> {
        let (store, connection) = (&self.turn.deps.store, self.turn.job.connection);
        for order in orders {
            if self.busy.contains(&order) {
                continue;
            }
            let Some(lines) = store.lines_of_order(connection, &order).await? else {
                continue;
            };
            self.busy.insert(order.clone());
            let line = self.line.clone();
            self.at_work.push(
                async move {
                    let learned = line.learn(&lines).await;
                    Done::Learned(order, learned)
                }
                .boxed(),
            );
        }
        Ok(())
    }

    /// Writes down what came.
    async fn settle(&mut self, done: Vec<Done>) -> Result<(), StageError> {
        let (store, lease) = (&self.turn.deps.store, &self.turn.lease);
        let (mut settled, mut lost, mut learned) = (Vec::new(), Vec::new(), Learned::default());
        for one in done {
            match one {
                Done::Called(key, came) => {
                    self.busy.remove(&key);
                    self.troubles = if came.trouble { self.troubles + 1 } else { 0 };
                    if self.fatal.is_none() {
                        self.fatal = came.fatal;
                    }
                    lost.extend(came.lost);
                    settled.push(Settled {
                        key,
                        outcome: came.outcome,
                    });
                }
                Done::Found(doubt, found) => {
                    self.troubles = 0;
                    self.judge(*doubt, found).await?;
                }
                Done::Learned(order, Ok(more)) => {
                    self.troubles = 0;
                    self.busy.remove(&order);
                    learned.named.extend(more.named);
                    learned.missing.extend(more.missing);
                }
                Done::Learned(order, Err(error)) => {
                    self.busy.remove(&order);
                    if matches!(error.class(), pipeline::Class::Retry) {
                        self.troubles += 1;
                    } else if self.fatal.is_none() {
                        self.fatal = Some(error);
                    }
                }
            }
        }
        store.forget_lost(lease, &lost).await?;
        store.commit_outcomes(lease, &settled).await?;
        if !(learned.named.is_empty() && learned.missing.is_empty()) {
            store
                .commit_line_ids(lease, &learned.named, &learned.missing)
                .await?;
        }
        if !settled.is_empty() {
            self.progressed = true;
            self.turn.note_progress();
        }
        Ok(())
    }

    /// Goes on with a creation in doubt: rows that are ours already are not it.
    async fn judge(&mut self, doubt: Doubt, found: Candidates) -> Result<(), StageError> {
        let (store, connection) = (&self.turn.deps.store, self.turn.job.connection);
        let entity = doubt.call.key.entity;
        let known = store
            .keys_of_remote(connection, entity, &found.ids())
            .await?;
        let known: HashSet<i64> = known.into_iter().map(|(id, _)| id).collect();
        let line = self.line.clone();
        self.at_work.push(
            async move {
                let came = line.judge(&doubt, found, &known).await;
                Done::Called(doubt.call.key, came)
            }
            .boxed(),
        );
        Ok(())
    }
}

/// Comes to an end a while after the turn was told to stop.
async fn patience(turn: &Turn) {
    turn.stop.cancelled().await;
    tokio::time::sleep(LAST_CALLS).await;
}

/// What a delivery names, each with what Optiply calls it.
fn parents(look: &Look, links: &HashMap<Key, Link>) -> Vec<(Key, i64)> {
    let needs = look.desired.iter().flat_map(|wish| wish.needs());
    let mut parents: Vec<(Key, i64)> = needs
        .filter_map(|key| {
            let id = links.get(&key)?.remote_id?;
            Some((key, id))
        })
        .collect();
    parents.sort_unstable();
    parents.dedup();
    parents
}
