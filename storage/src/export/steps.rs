//! The steps a buy order takes, and the calls among them.

use super::echo::Echo;
use chrono::{DateTime, TimeDelta, Utc};
use pipeline::Reason;
use pipeline::export::{Candidate, Intent};
use pipeline::id::{ItemId, OrderId, OrderLineId};

/// The step that comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportStep {
    /// Look for the purchase order, and make it if there is none.
    Look,
    /// Add the lines that are missing.
    Fill,
    /// Read it back and compare.
    Check,
    /// Place it.
    Place,
    /// Archive the draft, because it cannot be finished.
    Drop,
    /// Nothing.
    Done,
}

impl ExportStep {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Look, "look"),
        (Self::Fill, "fill"),
        (Self::Check, "check"),
        (Self::Place, "place"),
        (Self::Drop, "drop"),
        (Self::Done, "done"),
    ];

    /// The stored spelling.
    pub fn name(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        all.find(|(step, _)| *step == self)
            .map_or("", |(_, name)| name)
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(_, stored)| *stored == name)
            .map(|(step, _)| step)
    }
}

/// A call that writes to Lightspeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportOp {
    /// Make the draft.
    Make,
    /// Add a line to it.
    Line,
    /// Take a surplus line off.
    Remove,
    /// Place it.
    Place,
    /// Archive it.
    Archive,
}

impl ExportOp {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Make, "make"),
        (Self::Line, "line"),
        (Self::Remove, "remove"),
        (Self::Place, "place"),
        (Self::Archive, "archive"),
    ];

    /// The stored spelling.
    pub fn name(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        all.find(|(op, _)| *op == self).map_or("", |(_, name)| name)
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(_, stored)| *stored == name).map(|(op, _)| op)
    }
}

/// One step of a buy order. Each is refused when the order does not stand where the step begins.
#[derive(Clone, Debug)]
pub enum ExportMove<'a> {
    /// It was decided what to order, and for which buy order.
    Freeze(&'a Intent, &'a Candidate),
    /// It is not to be ordered any more.
    Leave(&'a str),
    /// A person must look at it.
    Park {
        /// Why.
        reason: Reason,
        /// What was found, and what to do.
        detail: &'a str,
        /// Whether it is tried again with every run.
        retries: bool,
    },
    /// Its draft cannot be finished: it is archived, and then parked for this, or left.
    Drop {
        /// Why; none if it is simply not wanted any more.
        reason: Option<Reason>,
        /// What was found, and what to do.
        detail: &'a str,
    },
    /// It was ordered and then changed: its purchase order is brought from what was ordered to this.
    Amend {
        /// What was ordered.
        former: &'a Intent,
        /// What is to be ordered now.
        now: &'a Intent,
        /// For which buy order.
        candidate: &'a Candidate,
    },
    /// It was ordered and then deleted: its purchase order is archived.
    Withdraw {
        /// What was ordered.
        former: &'a Intent,
        /// What happened.
        detail: &'a str,
    },
    /// It was ordered and looked at again, and nothing is to be done.
    Reviewed {
        /// What a person must settle; none if all is well.
        conflict: Option<&'a str>,
        /// Whether it is looked at once more with the next export.
        again: bool,
    },
    /// Its purchase order was found.
    Found(OrderId),
    /// These lines are there, by Lightspeed's own word.
    There(&'a [(ItemId, OrderLineId)]),
    /// Another step comes next.
    Go(ExportStep),
    /// A call is about to be sent, and it cannot be on its way for longer than this.
    Intend {
        /// Which.
        op: ExportOp,
        /// The item of a line.
        item: Option<ItemId>,
        /// How long the sender holds the right to send it, and the call may take, together.
        within: TimeDelta,
    },
    /// The draft is made.
    Made(OrderId),
    /// A line is added.
    Line(ItemId, OrderLineId),
    /// A surplus line is gone.
    Removed,
    /// It is placed: done.
    Placed(&'a Echo),
    /// The draft is archived: what it is parked for is known.
    Archived,
    /// The call did nothing.
    NotDone {
        /// When to go on.
        next_at: DateTime<Utc>,
        /// Whether that was a failure.
        failed: bool,
    },
    /// Nobody knows what the call did; nobody is sending it any more.
    Doubt {
        /// When to look.
        next_at: DateTime<Utc>,
    },
    /// A look did not show what the call may have done.
    Looked {
        /// When to look again.
        next_at: DateTime<Utc>,
    },
    /// It goes on later.
    Wait {
        /// When.
        next_at: DateTime<Utc>,
        /// Whether that was a failure.
        failed: bool,
    },
    /// A person should know this.
    Warn(&'a str),
}
