//! The account of the cycle: small, with one of everything, before and after some things happened.

use chrono::TimeDelta;
use sandbox::{Account, RandomHistory};
use std::sync::OnceLock;

/// An account with assemblies, purchase orders half received, and returns.
pub(super) const SEED: u64 = 5;

/// What happens between the first look and the second.
const STEPS: usize = 16;

/// How the account stands at two moments.
pub(super) struct Past {
    pub(super) before: Account,
    pub(super) after: Account,
}

impl Past {
    /// The same for every trial, so that nothing but the fault differs between two.
    pub(super) fn of_all() -> &'static Self {
        static PAST: OnceLock<Past> = OnceLock::new();
        PAST.get_or_init(|| {
            let mut history = RandomHistory::new(SEED);
            history.let_closed_orders_rest();
            let before = history.account().clone();
            history.wait(TimeDelta::minutes(30));
            for _ in 0..STEPS {
                // What no change time tells, only a sweep would find.
                history.step_of(crate::differential::told);
            }
            let after = history.account().clone();
            Self { before, after }
        })
    }

    /// How much later the second moment is.
    pub(super) fn between(&self) -> std::time::Duration {
        let between = self.after.now() - self.before.now();
        between.to_std().expect("time goes on")
    }
}
