//! Which path means what.

use super::tables::{self, Table};

/// What a call is for.
#[derive(Clone, Copy)]
pub(crate) enum Route {
    Accounts,
    Account(u64),
    Session,
    List(u64, &'static dyn Table),
    Record(u64, &'static dyn Table, u64),
    Unknown,
}

/// A path, understood, and whether it ended in `.json`.
pub(crate) fn route(path: &str) -> (Route, bool) {
    let (bare, suffix) = match path.strip_suffix(".json") {
        Some(bare) => (bare, true),
        None => (path, false),
    };
    let segments: Vec<&str> = bare.trim_start_matches('/').split('/').collect();
    let id = |text: &str| text.parse::<u64>().ok();
    let found = match segments.as_slice() {
        ["API", "Session"] => Some(Route::Session),
        ["API", "V3", "Account"] => Some(Route::Accounts),
        ["API", "V3", "Account", account] => id(account).map(Route::Account),
        ["API", "V3", "Account", account, resource] => {
            id(account).and_then(|account| Some(Route::List(account, tables::find(resource)?)))
        }
        ["API", "V3", "Account", account, resource, record] => {
            id(account).zip(id(record)).and_then(|(account, record)| {
                Some(Route::Record(account, tables::find(resource)?, record))
            })
        }
        _ => None,
    };
    (found.unwrap_or(Route::Unknown), suffix)
}

impl Route {
    /// The name faults and the history know it by.
    pub(crate) fn resource(&self) -> &'static str {
        match self {
            Route::Accounts | Route::Account(_) => "Account",
            Route::Session => "Session",
            Route::List(_, table) | Route::Record(_, table, _) => table.name(),
            Route::Unknown => "",
        }
    }
}
