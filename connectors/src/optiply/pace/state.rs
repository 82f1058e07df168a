//! What all users of a pace share, and the decisions taken on it under its lock.

use super::latency::Usual;
use super::limits::{PaceLimits, PaceState};
use super::{Kind, Lane};
use crate::http::MAX_WAIT;
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;
use rand::rngs::StdRng;
use std::time::Duration;

/// The first and the longest pause after a 429 that names none; doubled while they go on.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// What is added at most to a pause, so that several processes do not return at once.
const JITTER_MS: u64 = 250;

/// What the pace gains for a second of good answers at full use: half a request a second.
const GAIN_MILLI: u32 = 500;

/// What the window gains, in thousandths of a request, for a good answer at full use.
const GAIN_WINDOW_MILLI: u32 = 50;

/// Whether a request may go.
pub(super) enum Room {
    /// It may, under this number.
    Now(u64),
    /// Not before this much time has passed.
    In(Duration),
    /// Too many are on their way.
    AfterOthers,
}

pub(super) struct Shared {
    /// Who waits, by lane.
    pub(super) waiting: [u32; 2],
    limits: PaceLimits,
    rng: StdRng,
    /// Requests a second, in thousandths.
    rate_milli: u32,
    /// Requests on their way at once, in thousandths.
    window_milli: u32,
    in_flight: u32,
    /// When the next request may go.
    next_at: Duration,
    paused_until: Option<Duration>,
    next_seq: u64,
    /// The first request whose trouble counts: those before it were sent at a pace already halved.
    counts_from: u64,
    refused_in_row: u32,
    usual: [Usual; 3],
}

impl Shared {
    pub(super) fn new(limits: PaceLimits, rng: StdRng) -> Self {
        let mut shared = Self {
            waiting: [0; 2],
            limits,
            rng,
            rate_milli: 0,
            window_milli: 0,
            in_flight: 0,
            next_at: Duration::ZERO,
            paused_until: None,
            next_seq: 0,
            counts_from: 0,
            refused_in_row: 0,
            usual: Default::default(),
        };
        shared.set(
            milli_of(limits.start_per_minute),
            limits.start_in_flight.saturating_mul(1_000),
        );
        shared
    }

    pub(super) fn restore(
        &mut self,
        state: &PaceState,
        (now, monotonic): (DateTime<Utc>, Duration),
    ) {
        self.set(
            milli_of(state.per_minute),
            state.in_flight_limit.saturating_mul(1_000),
        );
        self.paused_until = state
            .paused_until
            .and_then(|until| (until - now).to_std().ok())
            .map(|left| monotonic + left.min(MAX_WAIT));
    }

    pub(super) fn snapshot(&self, (now, monotonic): (DateTime<Utc>, Duration)) -> PaceState {
        let left = self
            .paused_until
            .map(|until| until.saturating_sub(monotonic))
            .filter(|left| !left.is_zero());
        PaceState {
            per_minute: per_minute(self.rate_milli),
            in_flight_limit: self.window_milli / 1_000,
            in_flight: self.in_flight,
            waiting: self.waiting.iter().sum(),
            at: now,
            paused_until: left
                .and_then(|left| TimeDelta::from_std(left).ok())
                .map(|left| now + left),
        }
    }

    pub(super) fn admit(&mut self, lane: Lane, now: Duration) -> Room {
        let overtaken = lane == Lane::InTurn && self.waiting[Lane::Ahead as usize] > 0;
        if overtaken || self.in_flight >= self.window_milli / 1_000 {
            return Room::AfterOthers;
        }
        let due = self
            .paused_until
            .map_or(self.next_at, |until| until.max(self.next_at));
        if due > now {
            return Room::In(due - now);
        }
        self.next_at = now + self.interval();
        self.in_flight += 1;
        let seq = self.next_seq;
        self.next_seq += 1;
        Room::Now(seq)
    }

    /// An answer came and the server is well. `strained` says that the request had to wait for its
    /// turn: only then is more pace of use.
    pub(super) fn answered(&mut self, kind: Kind, seq: u64, latency: Duration, strained: bool) {
        self.refused_in_row = 0;
        if self.usual[kind as usize].note(latency) {
            self.halve(seq);
        } else if strained && seq >= self.counts_from {
            let gain = (GAIN_MILLI.saturating_mul(1_000) / self.rate_milli).max(1);
            self.set(
                self.rate_milli.saturating_add(gain),
                self.window_milli.saturating_add(GAIN_WINDOW_MILLI),
            );
        }
    }

    /// The server failed, or nothing was heard of it.
    pub(super) fn failed(&mut self, seq: u64) {
        self.halve(seq);
    }

    /// The server refused with 429, and may have said for how long. Returns the pause.
    pub(super) fn refused(&mut self, seq: u64, asked: Option<Duration>, now: Duration) -> Duration {
        self.halve(seq);
        let (first, longest) = PAUSES;
        let doubled = first
            .saturating_mul(1 << self.refused_in_row.min(8))
            .min(longest);
        self.refused_in_row = self.refused_in_row.saturating_add(1);
        let jitter = Duration::from_millis(self.rng.random_range(0..=JITTER_MS));
        let pause = asked.unwrap_or(doubled).min(MAX_WAIT) + jitter;
        let until = now + pause;
        self.paused_until = Some(self.paused_until.map_or(until, |other| other.max(until)));
        pause
    }

    /// The request is no longer on its way.
    pub(super) fn land(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    fn halve(&mut self, seq: u64) {
        if seq < self.counts_from {
            return;
        }
        self.counts_from = self.next_seq;
        self.set(self.rate_milli / 2, self.window_milli / 2);
        tracing::debug!(
            per_minute = per_minute(self.rate_milli),
            in_flight = self.window_milli / 1_000,
            "the pace was halved"
        );
    }

    fn set(&mut self, rate_milli: u32, window_milli: u32) {
        let limits = &self.limits;
        let least = milli_of(limits.least_per_minute).max(1);
        let most = milli_of(limits.most_per_minute).max(least);
        self.rate_milli = rate_milli.clamp(least, most);
        let widest = limits.most_in_flight.max(1).saturating_mul(1_000);
        self.window_milli = window_milli.clamp(1_000, widest);
    }

    fn interval(&self) -> Duration {
        Duration::from_micros(1_000_000_000 / u64::from(self.rate_milli))
    }
}

const fn milli_of(per_minute: u32) -> u32 {
    per_minute.saturating_mul(1_000) / 60
}

const fn per_minute(milli: u32) -> u32 {
    // Rounded up, so that a pace survives being stored and read again.
    milli.saturating_mul(60).div_ceil(1_000)
}
