//! What all users of a budget share, and the decisions taken on it under its lock.

use super::bucket::Bucket;
use super::burst::Burst;
use super::drips::Drips;
use super::headers::Limits;
use super::queue::{Queue, Ticket};
use super::{MAX_IN_FLIGHT, Priority};
use crate::http::{HeaderMap, MAX_WAIT, retry_after};
use chrono::{DateTime, TimeDelta, Utc};
use pipeline::Clock;
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The shortest pause after a 429.
const MIN_PAUSE: Duration = Duration::from_secs(1);

/// What is added at most to a pause, so that several processes do not return at once.
const JITTER_MS: u64 = 250;

/// What must have been used beyond our own requests to be somebody else's: more than the costs of
/// those on their way can be wrong by.
const FOREIGN: Drips = Drips::milli(10_000);

/// How long an answer may have been on its way, in seconds.
const TRANSIT_S: i64 = 5;

/// How long such a sighting counts.
const FOREIGN_FOR: TimeDelta = TimeDelta::hours(1);

/// A budget as stored and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetState {
    /// How full the bucket was.
    pub level: Drips,
    /// How much it holds.
    pub size: Drips,
    /// How much leaves it in a second.
    pub drip: Drips,
    /// When this was so.
    pub at: DateTime<Utc>,
    /// Until when the server asked us to send nothing.
    pub paused_until: Option<DateTime<Utc>>,
    /// Requests that waited for room.
    pub waiting: usize,
    /// Requests that were on their way.
    pub in_flight: usize,
    /// How often of late the server said that more was used than we did: somebody else uses the
    /// allowance too.
    #[serde(default)]
    pub foreign: u32,
    /// When it said so last.
    #[serde(default)]
    pub foreign_at: Option<DateTime<Utc>>,
}

/// Whether a request may go.
pub(super) enum Room {
    /// It may, under this number.
    Now(u64),
    /// Not before this much time has passed, or something has changed.
    In(Duration),
    /// It is not its turn, or too many are on their way.
    AfterOthers,
}

pub(super) struct Shared {
    pub(super) queue: Queue,
    pub(super) most_in_flight: usize,
    bucket: Bucket,
    burst: Burst,
    rng: StdRng,
    /// Costs of the requests on their way, by their number.
    in_flight: BTreeMap<u64, Drips>,
    next_seq: u64,
    /// The newest request whose answer has set the level.
    level_from: Option<u64>,
    /// Whether any answer was seen; before that one request at a time explores.
    answered: bool,
    paused_until: Option<Duration>,
    /// How often of late more was used than by us, and when last.
    foreign: Option<(u32, Duration)>,
    /// The same as a process before this one saw it, and until when it counts.
    foreign_before: Option<(u32, DateTime<Utc>, Duration)>,
}

impl Shared {
    pub(super) fn new(clock: Arc<dyn Clock>, rng: StdRng) -> Self {
        Self {
            queue: Queue::default(),
            most_in_flight: MAX_IN_FLIGHT,
            bucket: Bucket::new(clock.monotonic()),
            burst: Burst::new(clock),
            rng,
            in_flight: BTreeMap::new(),
            next_seq: 0,
            level_from: None,
            answered: false,
            paused_until: None,
            foreign: None,
            foreign_before: None,
        }
    }

    pub(super) fn restore(
        &mut self,
        state: &BudgetState,
        (now, monotonic): (DateTime<Utc>, Duration),
    ) {
        let size = Some(state.size).filter(|size| *size > Drips::ZERO);
        let drip = Some(state.drip).filter(|drip| *drip > Drips::ZERO);
        self.bucket.resize(size, drip, monotonic);
        let asleep = (now - state.at).to_std().unwrap_or(Duration::ZERO);
        self.bucket.set_level(state.level, monotonic);
        let level = self.bucket.level(monotonic.saturating_add(asleep));
        self.bucket.set_level(level, monotonic);
        self.paused_until = state
            .paused_until
            .and_then(|until| (until - now).to_std().ok())
            .map(|left| monotonic + left.min(MAX_WAIT));
        self.foreign_before = state.foreign_at.and_then(|at| {
            let counts = (FOREIGN_FOR - (now - at)).to_std().ok()?;
            Some((state.foreign, at, monotonic + counts))
        });
        self.answered = true;
    }

    pub(super) fn snapshot(&self, (now, monotonic): (DateTime<Utc>, Duration)) -> BudgetState {
        let left = self
            .paused_until
            .map(|until| until.saturating_sub(monotonic))
            .filter(|left| !left.is_zero());
        let seen_here = self.foreign.and_then(|(times, at)| {
            let ago = TimeDelta::from_std(monotonic.saturating_sub(at)).ok()?;
            Some((times, now - ago))
        });
        let foreign = seen_here.or(self.foreign_before.map(|(times, at, _)| (times, at)));
        BudgetState {
            level: self.bucket.level(monotonic),
            size: self.bucket.size(),
            drip: self.bucket.drip(),
            at: now,
            paused_until: left
                .and_then(|left| TimeDelta::from_std(left).ok())
                .map(|left| now + left),
            waiting: self.queue.waiting(),
            in_flight: self.in_flight.len(),
            foreign: foreign.map_or(0, |(times, _)| times),
            foreign_at: foreign.map(|(_, at)| at),
        }
    }

    pub(super) fn admit(&mut self, ticket: Ticket, cost: Drips, now: Duration) -> Room {
        let most = if self.answered {
            self.most_in_flight
        } else {
            1
        };
        if !self.queue.is_first(ticket) || self.in_flight.len() >= most {
            return Room::AfterOthers;
        }
        if let Some(left) = self.paused_until.map(|until| until.saturating_sub(now))
            && !left.is_zero()
        {
            return Room::In(left);
        }
        let percent = match ticket.priority {
            Priority::Import => 80,
            Priority::Export => 100,
        };
        let wait = self.bucket.wait_for(cost, percent, now);
        if !wait.is_zero() {
            return Room::In(wait);
        }
        // Last, because it takes what it grants.
        if let Err(wait) = self.burst.take() {
            return Room::In(wait.max(Duration::from_millis(1)));
        }
        let seq = self.next_seq;
        self.next_seq += 1;
        self.bucket.add(cost, now);
        self.in_flight.insert(seq, cost);
        Room::Now(seq)
    }

    pub(super) fn settle(
        &mut self,
        seq: u64,
        reserved: Drips,
        headers: &HeaderMap,
        now: Duration,
    ) -> Drips {
        let limits = Limits::read(headers);
        self.answered = true;
        self.in_flight.remove(&seq);
        self.bucket.resize(limits.size, limits.drip, now);
        let cost = limits.cost.unwrap_or(reserved);
        match limits.level {
            // An answer to an older request than one already heard knows less than we do.
            Some(level) if self.level_from.is_none_or(|newest| seq > newest) => {
                let on_their_way: Drips = self.in_flight.values().copied().sum();
                // The first answer tells where we stand; what it differs by means nothing yet.
                if self.level_from.is_some() {
                    self.watch(level + on_their_way, now);
                }
                self.bucket.set_level(level + on_their_way, now);
                self.level_from = Some(seq);
            }
            _ => self
                .bucket
                .add(Drips::milli(cost.as_milli() - reserved.as_milli()), now),
        }
        if let Some((used, most)) = limits.burst {
            self.burst.learn(used, most);
        }
        cost
    }

    /// Compares what the server says is used with what we used.
    fn watch(&mut self, used: Drips, now: Duration) {
        let ours = self.bucket.level(now);
        // What dripped out while the answer was on its way is missing from our level alone.
        let on_the_way = self.bucket.drip().as_milli() * TRANSIT_S;
        if used.as_milli() - ours.as_milli() <= FOREIGN.as_milli() + on_the_way {
            return;
        }
        let before = match (self.foreign, self.foreign_before) {
            (Some((times, at)), _)
                if TimeDelta::from_std(now.saturating_sub(at))
                    .is_ok_and(|ago| ago < FOREIGN_FOR) =>
            {
                times
            }
            (None, Some((times, _, until))) if now < until => times,
            _ => 0,
        };
        let times = before.saturating_add(1);
        self.foreign = Some((times, now));
    }

    pub(super) fn refused(
        &mut self,
        seq: u64,
        reserved: Drips,
        headers: &HeaderMap,
        (now, monotonic): (DateTime<Utc>, Duration),
    ) -> Duration {
        let cost = self.settle(seq, reserved, headers, monotonic);
        let asked = retry_after(headers, now).unwrap_or_else(|| {
            if Limits::is_burst_block(headers) {
                MIN_PAUSE
            } else {
                self.bucket
                    .wait_for(cost, 100, monotonic)
                    .clamp(MIN_PAUSE, MAX_WAIT)
            }
        });
        let pause = asked + Duration::from_millis(self.rng.random_range(0..=JITTER_MS));
        let until = monotonic + pause;
        self.paused_until = Some(
            self.paused_until
                .map_or(until, |already| already.max(until)),
        );
        pause
    }

    /// The request is no longer on its way, settled or not.
    pub(super) fn land(&mut self, seq: u64) {
        self.in_flight.remove(&seq);
    }
}
