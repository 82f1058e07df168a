//! What goes wrong, and where: at the n-th call, statement or commit of a cycle, and only there.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Where something can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A request to either system.
    Call,
    /// A statement of the database, but for those that begin and end transactions.
    Statement,
    /// The end of a transaction that wrote.
    Commit,
}

/// What goes wrong there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The request never arrives.
    CallLost,
    /// The request takes effect, and its answer never arrives.
    AnswerLost,
    /// The statement fails, and with it its transaction.
    StatementFails,
    /// The disk refuses the commit, and nothing of the transaction stays.
    CommitFails,
    /// The process dies before the request leaves.
    StopBeforeCall,
    /// The process dies after the request took effect and before its answer arrives.
    StopAfterCall,
    /// The process dies in the middle of the statement.
    StopAtStatement,
    /// The process dies before the commit.
    StopBeforeCommit,
    /// The process dies after the commit and before it learns of it.
    StopAfterCommit,
    /// The process is held up after the request took effect. Another one takes over when the leases
    /// have run out, and then the first goes on with its answer.
    Overtaken,
}

impl Fault {
    pub(super) const fn place(self) -> Place {
        match self {
            Self::CallLost
            | Self::AnswerLost
            | Self::StopBeforeCall
            | Self::StopAfterCall
            | Self::Overtaken => Place::Call,
            Self::StatementFails | Self::StopAtStatement => Place::Statement,
            Self::CommitFails | Self::StopBeforeCommit | Self::StopAfterCommit => Place::Commit,
        }
    }
}

/// How many of each there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) calls: u64,
    pub(super) statements: u64,
    pub(super) commits: u64,
}

impl Seen {
    pub(super) const fn of(self, place: Place) -> u64 {
        match place {
            Place::Call => self.calls,
            Place::Statement => self.statements,
            Place::Commit => self.commits,
        }
    }
}

#[derive(Default)]
struct State {
    /// Whether what happens counts: it does while a process works, and not while the test looks.
    counts: bool,
    planned: Option<(Fault, u64)>,
    struck: bool,
    seen: Seen,
}

/// The fate of all processes of a trial, one after another.
#[derive(Clone, Default)]
pub(super) struct Fate(Arc<Mutex<State>>);

impl Fate {
    /// This fault at the n-th of its places, counted from 1; or none.
    pub(super) fn of(planned: Option<(Fault, u64)>) -> Self {
        Self(Arc::new(Mutex::new(State {
            planned,
            ..State::default()
        })))
    }

    pub(super) fn seen(&self) -> Seen {
        self.state().seen
    }

    pub(super) fn has_struck(&self) -> bool {
        self.state().struck
    }

    /// Whether what happens from now on counts.
    pub(super) fn count(&self, counts: bool) {
        self.state().counts = counts;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn meet(&self, place: Place) -> Option<Fault> {
        let mut state = self.state();
        if !state.counts {
            return None;
        }
        match place {
            Place::Call => state.seen.calls += 1,
            Place::Statement => state.seen.statements += 1,
            Place::Commit => state.seen.commits += 1,
        }
        let seen = state.seen.of(place);
        let due = state
            .planned
            .filter(|(fault, n)| fault.place() == place && *n == seen);
        state.struck |= due.is_some();
        due.map(|(fault, _)| fault)
    }
}

/// One process: it dies once, and nothing of it happens afterwards.
pub(super) struct Life {
    fate: Fate,
    dead: AtomicBool,
    died: Notify,
    held_up: Notify,
    goes_on: Notify,
}

impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Life")
    }
}

impl Life {
    pub(super) fn new(fate: &Fate) -> Arc<Self> {
        Arc::new(Self {
            fate: fate.clone(),
            dead: AtomicBool::new(false),
            died: Notify::new(),
            held_up: Notify::new(),
            goes_on: Notify::new(),
        })
    }

    /// What becomes of something that is about to happen.
    pub(super) fn meet(&self, place: Place) -> Option<Fault> {
        self.fate.meet(place)
    }

    pub(super) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    pub(super) fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.died.notify_one();
    }

    /// Holds it up until it may go on.
    pub(super) async fn hold_up(&self) {
        self.held_up.notify_one();
        self.goes_on.notified().await;
    }

    pub(super) async fn held_up(&self) {
        self.held_up.notified().await;
    }

    pub(super) fn go_on(&self) {
        self.goes_on.notify_one();
    }

    /// Waits for its death.
    pub(super) async fn died(&self) {
        self.died.notified().await;
    }
}
