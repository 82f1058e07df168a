//! Writes: purchase orders and their lines. Nothing else can be written.
//!
//! What the documentation leaves open is refused here: a client that relies on it would find out
//! on a real account only.

mod body;
mod line;
mod order;

use chrono::TimeDelta;

use crate::{
    account::Account,
    fault::Fault,
    sandbox::{Sandbox, lock},
    writes::OrderWrite,
};

use super::{
    Incoming,
    answer::Answer,
    json::Obj,
    route::Route,
    tables::{Table, Wants},
};
use body::Body;

/// Why a write is refused.
struct Refusal {
    status: u16,
    message: String,
}

impl Refusal {
    fn bad(message: impl Into<String>) -> Refusal {
        Refusal {
            status: 400,
            message: message.into(),
        }
    }

    fn invalid(message: impl Into<String>) -> Refusal {
        Refusal {
            status: 422,
            message: message.into(),
        }
    }

    fn unknown(kind: &str, id: u64) -> Refusal {
        Refusal {
            status: 404,
            message: format!("Object of type '{kind}' not found with primary ID '{id}'."),
        }
    }
}

/// What a write did: the record it concerns and its order.
struct Done {
    id: u64,
    order: u64,
    answer: String,
}

/// Whether a route takes a method other than GET.
pub(super) fn takes(method: &str, route: Route) -> bool {
    match (method, route) {
        ("POST", Route::List(_, table)) | ("PUT" | "DELETE", Route::Record(_, table, _)) => {
            matches!(table.name(), "Order" | "OrderLine")
        }
        _ => false,
    }
}

impl Sandbox {
    /// Carries a write out and puts it into the list of writes.
    pub(super) fn write(&self, incoming: &Incoming, route: Route) -> Answer {
        let (table, id) = match route {
            Route::List(_, table) => (table, None),
            Route::Record(_, table, id) => (table, Some(id)),
            _ => return Answer::error(405, "Method not allowed.", "MethodNotAllowedException"),
        };
        let done = self.mutate(|account| {
            let done = carry_out(account, incoming, table, id)?;
            let after = account.orders.get(&done.order).cloned();
            Ok::<_, Refusal>((done, after))
        });
        let (done, after) = match done {
            Ok(done) => done,
            Err(refusal) => {
                return Answer::error(refusal.status, &refusal.message, "Exception");
            }
        };
        let slow = lock(&self.inner.faults).standing(|fault| match fault {
            Fault::SlowOrders { seconds } => Some(*seconds),
            _ => None,
        });
        let mut writes = lock(&self.inner.writes);
        if let (Some(seconds), "POST", "Order") = (slow, incoming.method.as_str(), table.name()) {
            let until = self.now() + TimeDelta::seconds(seconds);
            writes.late.push((done.order, until));
        }
        writes.done.extend(after.map(|after| OrderWrite {
            at: self.now(),
            method: incoming.method.clone(),
            resource: table.name().to_owned(),
            id: done.id,
            order: done.order,
            body: String::from_utf8_lossy(&incoming.body).into_owned(),
            after,
        }));
        Answer::ok(done.answer)
    }
}

fn carry_out(
    account: &mut Account,
    incoming: &Incoming,
    table: &dyn Table,
    id: Option<u64>,
) -> Result<Done, Refusal> {
    let orders = table.name() == "Order";
    if let Some(id) = id
        && table.ids(account, id..=id).next().is_none()
    {
        return Err(Refusal::unknown(table.name(), id));
    }
    match (incoming.method.as_str(), id) {
        ("DELETE", Some(id)) if orders => Ok(order::archive(account, table, id)),
        ("DELETE", Some(id)) => line::delete(account, table, id),
        ("PUT", Some(id)) if orders => order::change(account, table, id, &Body::read(incoming)?),
        ("PUT", Some(id)) => line::change(account, table, id, &Body::read(incoming)?),
        (_, _) if orders => order::make(account, table, &Body::read(incoming)?),
        (_, _) => line::make(account, table, &Body::read(incoming)?),
    }
}

/// A record as the answer to a write shows it.
fn shown(account: &Account, table: &dyn Table, id: u64) -> String {
    let mut text = format!("{{\"@attributes\":{{\"count\":\"1\"}},\"{}\":", table.key());
    Obj::write(&mut text, |obj| {
        table.write(account, id, &Wants::default(), obj);
    });
    text.push('}');
    text
}
