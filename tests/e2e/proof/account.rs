//! The account of the cycle: small, with one of everything, before and after some things happened.

use chrono::TimeDelta;
use sandbox::{Account, RandomHistory};
use std::sync::OnceLock;

/// An account with assemblies, purchase orders half received, and returns.
pub(super) const SEED: u64 = 5;

/// What happens between the first look and the second.
const STEPS: usize = 16;

/// What no change time tells, so that only a sweep would find it.
const UNTOLD: [&str; 12] = [
    "sell late",
    "order late",
    "receive late",
    "hide vendor",
    "hide item",
    "merge item",
    "add vendor number",
    "edit vendor number",
    "remove vendor number",
    "add component",
    "edit component",
    "remove component",
];

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
                history.step_of(|name| !UNTOLD.contains(&name));
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
