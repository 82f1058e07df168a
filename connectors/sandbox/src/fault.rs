//! How a sandbox can be told to misbehave.

use serde::{Deserialize, Serialize};

/// On which calls a fault strikes: those of a resource (or all), after letting some pass, a
/// number of times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct When {
    /// Resource or feed name (`Sale` or `sales`; `token` is the token endpoint), a method (`POST`)
    /// or both (`POST Order`); none = any resource of the API.
    pub resource: Option<String>,
    /// Matching calls that pass unharmed first.
    pub skip: u32,
    /// How many matching calls it then strikes.
    pub times: u32,
}

impl Default for When {
    fn default() -> When {
        When {
            resource: None,
            skip: 0,
            times: 1,
        }
    }
}

impl When {
    /// The next call.
    #[must_use]
    pub fn next() -> When {
        When::default()
    }

    /// The n-th call from now, counted from 1.
    #[must_use]
    pub fn nth(n: u32) -> When {
        When {
            skip: n.saturating_sub(1),
            ..When::default()
        }
    }

    /// The next so many calls.
    #[must_use]
    pub fn times(times: u32) -> When {
        When {
            times,
            ..When::default()
        }
    }

    /// Every call until cleared.
    #[must_use]
    pub fn always() -> When {
        When {
            times: u32::MAX,
            ..When::default()
        }
    }

    fn means(&self, method: &str, resource: &str) -> bool {
        let Some(wanted) = &self.resource else {
            return resource != "token";
        };
        match wanted.split_once(' ') {
            Some((verb, wanted)) => verb == method && resource_name(wanted) == resource,
            None => resource_name(wanted) == resource || (wanted == method && resource != "token"),
        }
    }

    /// Only calls of this resource, feed or method.
    #[must_use]
    pub fn on(mut self, resource: &str) -> When {
        self.resource = Some(resource.to_owned());
        self
    }
}

/// What a garbage record is replaced by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Garbage {
    /// A bare string in the place of an object.
    #[default]
    Text,
    /// An object without an id.
    NoId,
}

/// One way to misbehave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// The connection is cut before the call has any effect.
    ResetBefore {
        /// On which calls.
        #[serde(default)]
        at: When,
    },
    /// The call takes effect, then the connection is cut instead of answering.
    ResetAfter {
        /// On which calls.
        #[serde(default)]
        at: When,
    },
    /// An error status with an HTML body.
    Status {
        /// The status.
        status: u16,
        /// The body.
        #[serde(default = "html")]
        body: String,
        /// On which calls.
        #[serde(default)]
        at: When,
    },
    /// The call takes effect, then a gateway answers with this status.
    StatusAfter {
        /// The status, 504 for example.
        status: u16,
        /// On which calls.
        #[serde(default)]
        at: When,
    },
    /// The answer ends in the middle.
    TruncatedBody {
        /// On which calls.
        #[serde(default)]
        at: When,
    },
    /// Status 200 without a body.
    EmptyBody200 {
        /// On which calls.
        #[serde(default)]
        at: When,
    },
    /// The link to the next page points at a foreign host.
    NextToOtherHost {
        /// On which pages that have a next one.
        #[serde(default)]
        at: When,
    },
    /// The link to the next page is the page itself.
    NextLoops {
        /// On which pages that have a next one.
        #[serde(default)]
        at: When,
    },
    /// A page begins half a page too early: its first half was already delivered.
    DuplicatePage {
        /// On which pages reached by a cursor.
        #[serde(default)]
        at: When,
    },
    /// A row is replaced by something that is no record.
    GarbageRecord {
        /// Resource or feed.
        feed: String,
        /// The record to replace; none = the first row of the page.
        #[serde(default)]
        id: Option<u64>,
        /// What stands in its place.
        #[serde(default)]
        kind: Garbage,
        /// On which pages (that hold the record).
        #[serde(default)]
        at: When,
    },
    /// The next calls are refused with 429.
    Storm429 {
        /// How many.
        calls: u32,
        /// Seconds announced; none = no `Retry-After` header.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// Every answer that would hold this record is a 504, until cleared.
    AlwaysFails {
        /// Resource or feed.
        feed: String,
        /// The record.
        id: u64,
    },
    /// A resource may not be read, until cleared.
    Forbidden {
        /// Resource or feed.
        resource: String,
    },
    /// The server's clock is off, until cleared.
    ClockOffset {
        /// By how many seconds; may be negative.
        seconds: i64,
        /// Whether change times of records written from now on are off too, not only the `Date`
        /// header.
        #[serde(default)]
        records: bool,
    },
    /// Filtering and sorting by `updatetime` is refused, until cleared.
    UpdatetimeRefused,
    /// Filtering purchase orders by `refNum` is refused, until cleared.
    ReferenceRefused,
    /// Lists show a purchase order made through the API only so many seconds later, until cleared;
    /// by its id it is found at once.
    SlowOrders {
        /// Seconds.
        seconds: i64,
    },
    /// The merchant took the access away: every token is dead, until cleared.
    TokenRevoked,
    /// The token endpoint refuses with 429.
    TokenEndpoint429 {
        /// On which calls of the token endpoint.
        #[serde(default)]
        at: When,
    },
}

fn html() -> String {
    "<html><body><h1>Bad gateway</h1></body></html>".to_owned()
}

impl Fault {
    /// An error status with a plain HTML body.
    #[must_use]
    pub fn status(status: u16, at: When) -> Fault {
        Fault::Status {
            status,
            body: html(),
            at,
        }
    }

    /// When it strikes, if it is of the counted kind.
    pub(crate) fn at(&mut self) -> Option<&mut When> {
        match self {
            Fault::ResetBefore { at }
            | Fault::ResetAfter { at }
            | Fault::Status { at, .. }
            | Fault::StatusAfter { at, .. }
            | Fault::TruncatedBody { at }
            | Fault::EmptyBody200 { at }
            | Fault::NextToOtherHost { at }
            | Fault::NextLoops { at }
            | Fault::DuplicatePage { at }
            | Fault::GarbageRecord { at, .. }
            | Fault::TokenEndpoint429 { at } => Some(at),
            Fault::Storm429 { .. }
            | Fault::AlwaysFails { .. }
            | Fault::Forbidden { .. }
            | Fault::ClockOffset { .. }
            | Fault::UpdatetimeRefused
            | Fault::ReferenceRefused
            | Fault::SlowOrders { .. }
            | Fault::TokenRevoked => None,
        }
    }

    /// Whether it has struck for the last time.
    fn is_spent(&mut self) -> bool {
        match self {
            Fault::Storm429 { calls, .. } => *calls == 0,
            other => other.at().is_some_and(|at| at.times == 0),
        }
    }

    /// The name under which the history shows it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Fault::ResetBefore { .. } => "reset_before",
            Fault::ResetAfter { .. } => "reset_after",
            Fault::Status { .. } => "status",
            Fault::StatusAfter { .. } => "status_after",
            Fault::TruncatedBody { .. } => "truncated_body",
            Fault::EmptyBody200 { .. } => "empty_body200",
            Fault::NextToOtherHost { .. } => "next_to_other_host",
            Fault::NextLoops { .. } => "next_loops",
            Fault::DuplicatePage { .. } => "duplicate_page",
            Fault::GarbageRecord { .. } => "garbage_record",
            Fault::Storm429 { .. } => "storm429",
            Fault::AlwaysFails { .. } => "always_fails",
            Fault::Forbidden { .. } => "forbidden",
            Fault::ClockOffset { .. } => "clock_offset",
            Fault::UpdatetimeRefused => "updatetime_refused",
            Fault::ReferenceRefused => "reference_refused",
            Fault::SlowOrders { .. } => "slow_orders",
            Fault::TokenRevoked => "token_revoked",
            Fault::TokenEndpoint429 { .. } => "token_endpoint429",
        }
    }
}

/// The resource a feed's or resource's name means, as spelled in paths.
pub(crate) fn resource_name(word: &str) -> &str {
    match word {
        "shops" => "Shop",
        "vendors" => "Vendor",
        "items" => "Item",
        "stock" => "ItemShop",
        "sales" => "Sale",
        "sale_lines" | "sale-lines" => "SaleLine",
        "voids" => "SaleVoid",
        "orders" => "Order",
        "order_lines" | "order-lines" => "OrderLine",
        "shipments" => "Shipment",
        other => other,
    }
}

/// The faults in force, with what is left of them.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    active: Vec<Fault>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.active.retain_mut(|old| !old.is_spent());
        self.active.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.active.clear();
    }

    /// The first standing fault that `pick` recognises; it is not used up.
    pub(crate) fn standing<T>(&self, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.active.iter().find_map(pick)
    }

    /// Lets the counted faults that `pick` recognises see a call of this resource: each counts it,
    /// and the first that strikes is returned.
    pub(crate) fn strike(
        &mut self,
        (method, resource): (&str, &str),
        pick: impl Fn(&mut Fault) -> Option<&mut When>,
    ) -> Option<Fault> {
        let mut struck = None;
        for fault in &mut self.active {
            let snapshot = fault.clone();
            let Some(at) = pick(fault) else { continue };
            if !at.means(method, resource) {
                continue;
            }
            if at.skip > 0 {
                at.skip -= 1;
            } else if at.times > 0 && struck.is_none() {
                if at.times != u32::MAX {
                    at.times -= 1;
                }
                struck = Some(snapshot);
            }
        }
        struck
    }

    /// Takes one call out of a storm, if one rages; the inner value is `Retry-After`.
    pub(crate) fn storm(&mut self) -> Option<Option<u64>> {
        self.active.iter_mut().find_map(|fault| match fault {
            Fault::Storm429 { calls, retry_after } if *calls > 0 => {
                *calls -= 1;
                Some(*retry_after)
            }
            _ => None,
        })
    }
}
