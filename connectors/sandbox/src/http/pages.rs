//! The bodies: lists, single records, the account and the session.

use crate::{
    account::Account,
    fault::{Fault, Garbage, resource_name},
    history::Call,
    sandbox::{Sandbox, lock},
};

use super::{
    Incoming,
    answer::Answer,
    json::{Obj, quoted},
    list::{self, Key, Page},
    query::{self, Cursor, Pair, Plan},
    tables::{Table, Wants},
};

/// A call that may be answered, with all it takes to do so.
pub(super) struct Asked<'a> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) account: &'a Account,
    pub(super) incoming: &'a Incoming,
    pub(super) pairs: &'a [Pair],
}

impl Asked<'_> {
    pub(super) fn list(&self, table: &dyn Table, plan: &Plan, call: &mut Call) -> Answer {
        if plan.uses_updatetime && self.standing(|fault| matches!(fault, Fault::UpdatetimeRefused))
        {
            call.fault = Some("updatetime_refused".to_owned());
            return Answer::error(400, "'updatetime' cannot be used here.", "Exception");
        }
        if plan.filters_on("refNum")
            && self.standing(|fault| matches!(fault, Fault::ReferenceRefused))
        {
            call.fault = Some("reference_refused".to_owned());
            return Answer::error(400, "'refNum' cannot be used here.", "Exception");
        }
        if plan.count {
            let count = list::count(table, self.account, plan);
            return Answer::ok(format!("{{\"@attributes\":{{\"count\":\"{count}\"}}}}"));
        }
        let mut page = list::page(table, self.account, plan);
        self.hide(table, plan, &mut page);
        self.overlap(table, plan, &mut page, call);
        let ids: Vec<u64> = page.rows.iter().map(|(_, id)| *id).collect();
        if ids.iter().any(|id| self.always_fails(table, *id)) {
            return self.gateway_timeout(call);
        }
        call.rows = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        (call.first_id, call.last_id) = (ids.first().copied(), ids.last().copied());
        let garbage = self.garbage(table, &ids, call);
        let (next, previous) = self.links(table, plan, &page, call);

        let rows = Rows {
            table,
            account: self.account,
            wants: &plan.wants,
            garbage,
        };
        Answer::ok(rows.body(&ids, &next, &previous))
    }

    pub(super) fn record(
        &self,
        table: &dyn Table,
        id: u64,
        wants: &Wants,
        call: &mut Call,
    ) -> Answer {
        if table.ids(self.account, id..=id).next().is_none() {
            let message = format!(
                "Object of type '{}' not found with primary ID '{id}'.",
                table.name()
            );
            return Answer::error(404, &message, "NotFoundException");
        }
        if self.always_fails(table, id) {
            return self.gateway_timeout(call);
        }
        (call.rows, call.first_id, call.last_id) = (1, Some(id), Some(id));
        let mut body = format!("{{\"@attributes\":{{\"count\":\"1\"}},\"{}\":", table.key());
        Obj::write(&mut body, |obj| table.write(self.account, id, wants, obj));
        body.push('}');
        Answer::ok(body)
    }

    /// The links to the pages on either side; blank at the ends.
    fn links(
        &self,
        table: &dyn Table,
        plan: &Plan,
        page: &Page,
        call: &mut Call,
    ) -> (String, String) {
        let mut next = match page.rows.last() {
            Some(last) if page.more_after => self.link(table, plan, "after", last),
            _ => String::new(),
        };
        let previous = match page.rows.first() {
            Some(first) if page.more_before => self.link(table, plan, "before", first),
            _ => String::new(),
        };
        if !next.is_empty() {
            match self.sandbox.strike(call, table.name(), |fault| {
                matches!(
                    fault,
                    Fault::NextToOtherHost { .. } | Fault::NextLoops { .. }
                )
            }) {
                Some(Fault::NextToOtherHost { .. }) => {
                    next = next.replacen(&self.incoming.host, "elsewhere.example", 1);
                }
                Some(_) => next = self.own_url(),
                None => {}
            }
        }
        (next, previous)
    }

    fn link(&self, table: &dyn Table, plan: &Plan, side: &str, row: &(Key, u64)) -> String {
        let base = format!("http://{}{}", self.incoming.host, self.incoming.path);
        link(&base, self.pairs, table, plan, (side, row))
    }

    fn own_url(&self) -> String {
        let Incoming {
            host,
            path,
            raw_query,
            ..
        } = self.incoming;
        format!("http://{host}{path}?{raw_query}")
    }

    /// Takes out purchase orders that lists do not show yet; whoever asks by id sees them.
    fn hide(&self, table: &dyn Table, plan: &Plan, page: &mut Page) {
        if table.name() == "Order" && !plan.filters_on(table.fields()[0].name) {
            let now = self.sandbox.now();
            let writes = lock(&self.sandbox.inner.writes);
            page.rows.retain(|(_, id)| !writes.hides(*id, now));
        }
    }

    /// The fault that lets a page begin half a page too early.
    fn overlap(&self, table: &dyn Table, plan: &Plan, page: &mut Page, call: &mut Call) {
        let Some(Cursor { after: true, .. }) = plan.cursor else {
            return;
        };
        let Some(first) = page.rows.first().cloned() else {
            return;
        };
        let struck = self.sandbox.strike(call, table.name(), |fault| {
            matches!(fault, Fault::DuplicatePage { .. })
        });
        if struck.is_none() {
            return;
        }
        let filters = Plan::read(table, self.pairs);
        let Ok(mut before) = filters else { return };
        before.cursor = Some(Cursor {
            after: false,
            key: first,
        });
        before.limit = (plan.limit / 2).max(1);
        let mut rows = list::page(table, self.account, &before).rows;
        rows.append(&mut page.rows);
        if rows.len() > plan.limit && rows.len() > before.limit + 1 {
            rows.truncate(plan.limit.max(before.limit + 1));
            page.more_after = true;
        }
        page.rows = rows;
    }

    /// Where a garbage record stands on the page, if one was ordered.
    fn garbage(&self, table: &dyn Table, ids: &[u64], call: &mut Call) -> Option<(usize, Garbage)> {
        let place = |fault: &Fault| match fault {
            Fault::GarbageRecord { feed, id, .. } if resource_name(feed) == table.name() => {
                match id {
                    Some(id) => ids.iter().position(|each| each == id),
                    None => (!ids.is_empty()).then_some(0),
                }
            }
            _ => None,
        };
        let struck = self
            .sandbox
            .strike(call, table.name(), |fault| place(fault).is_some())?;
        match &struck {
            Fault::GarbageRecord { kind, .. } => Some((place(&struck)?, *kind)),
            _ => None,
        }
    }

    fn always_fails(&self, table: &dyn Table, id: u64) -> bool {
        self.standing(|fault| {
            matches!(fault, Fault::AlwaysFails { feed, id: failing }
                if resource_name(feed) == table.name() && *failing == id)
        })
    }

    fn gateway_timeout(&self, call: &mut Call) -> Answer {
        call.fault = Some("always_fails".to_owned());
        Answer::html(
            504,
            "<html><body><h1>Gateway timeout</h1></body></html>".to_owned(),
        )
    }

    fn standing(&self, is: impl Fn(&Fault) -> bool) -> bool {
        lock(&self.sandbox.inner.faults)
            .standing(|fault| is(fault).then_some(()))
            .is_some()
    }
}

/// The link to the page on a side of a row.
fn link(
    base: &str,
    pairs: &[Pair],
    table: &dyn Table,
    plan: &Plan,
    (side, row): (&str, &(Key, u64)),
) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for pair in pairs {
        if !matches!(pair.name.as_str(), "limit" | "sort" | "after" | "before") {
            query.append_pair(&pair.name, &pair.value);
        }
    }
    let sign = if plan.descending { "-" } else { "" };
    query.append_pair("limit", &plan.limit.to_string());
    query.append_pair("sort", &format!("{sign}{}", plan.sort.name));
    query.append_pair(
        side,
        &query::write_key(plan.sort, table.fields()[0].name, row),
    );
    format!("{base}?{}", query.finish())
}

/// The rows of a page, as they are written.
struct Rows<'a> {
    table: &'a dyn Table,
    account: &'a Account,
    wants: &'a Wants,
    garbage: Option<(usize, Garbage)>,
}

impl Rows<'_> {
    fn body(&self, ids: &[u64], next: &str, previous: &str) -> String {
        let mut body = String::with_capacity(512 + ids.len() * 2_048);
        body.push_str("{\"@attributes\":{\"next\":");
        quoted(&mut body, next);
        body.push_str(",\"previous\":");
        quoted(&mut body, previous);
        body.push('}');
        if !ids.is_empty() {
            body.push_str(",\"");
            body.push_str(self.table.key());
            body.push_str("\":");
            let several = ids.len() > 1;
            if several {
                body.push('[');
            }
            for (at, id) in ids.iter().enumerate() {
                if at > 0 {
                    body.push(',');
                }
                match self.garbage {
                    Some((place, Garbage::Text)) if place == at => body.push_str("\"garbage\""),
                    Some((place, Garbage::NoId)) if place == at => {
                        body.push_str("{\"archived\":\"false\"}");
                    }
                    _ => Obj::write(&mut body, |obj| {
                        self.table.write(self.account, *id, self.wants, obj);
                    }),
                }
            }
            if several {
                body.push(']');
            }
        }
        body.push('}');
        body
    }
}

/// The bodies of a walk over a table by id, with these query parameters, `limit` rows a page.
pub(super) fn walk(
    account: &Account,
    table: &'static dyn Table,
    pairs: &[Pair],
    limit: usize,
) -> Result<Vec<String>, String> {
    let mut plan = Plan::read(table, pairs)?;
    plan.limit = limit.clamp(1, 100);
    let base = format!(
        "http://localhost/API/V3/Account/{}/{}.json",
        account.id,
        table.name()
    );
    let mut bodies = Vec::new();
    loop {
        let page = list::page(table, account, &plan);
        let side = |side: &str, row: Option<&(Key, u64)>, more: bool| match row {
            Some(row) if more => link(&base, pairs, table, &plan, (side, row)),
            _ => String::new(),
        };
        let next = side("after", page.rows.last(), page.more_after);
        let previous = side("before", page.rows.first(), page.more_before);
        let ids: Vec<u64> = page.rows.iter().map(|(_, id)| *id).collect();
        let rows = Rows {
            table,
            account,
            wants: &plan.wants,
            garbage: None,
        };
        bodies.push(rows.body(&ids, &next, &previous));
        match page.rows.into_iter().last() {
            Some(key) if page.more_after => plan.cursor = Some(Cursor { after: true, key }),
            _ => return Ok(bodies),
        }
    }
}

/// `Account.json`: the one account of the token.
pub(super) fn accounts(account: &Account) -> Answer {
    let mut body = String::from("{\"@attributes\":{\"count\":\"1\"},\"Account\":");
    Obj::write(&mut body, |obj| {
        obj.plain("accountID", account.id());
        obj.text("name", &account.name);
        obj.child("link", |obj| {
            obj.child("@attributes", |obj| {
                obj.text("href", &format!("/API/Account/{}", account.id()));
            });
        });
    });
    body.push('}');
    Answer::ok(body)
}

/// `Account/{id}.json`: no wrapper around the fields.
pub(super) fn account(account: &Account) -> Answer {
    let mut body = String::new();
    Obj::write(&mut body, |obj| {
        obj.child("@attributes", |obj| {
            obj.plain("systemCustomerID", account.id())
        });
        obj.text("status", "active");
        obj.text("name", &account.name);
        obj.text("employeeCount", "4");
        obj.text("employeeLimit", "10");
        obj.text("uniqueSubscriptionIdentifier", "sandbox");
        obj.child("defaultCurrency", |obj| {
            obj.text("code", &account.currency);
            obj.text("symbol", if account.currency == "EUR" { "€" } else { "" });
        });
        obj.text("purchasingCurrencies", "");
    });
    Answer::ok(body)
}

/// `Session.json`: who the token acts as, and with which rights.
pub(super) fn session(account: &Account) -> Answer {
    const RIGHTS: [&str; 8] = [
        "allow_login",
        "register",
        "inventory_base",
        "product_cost",
        "purchase_orders",
        "vendors",
        "admin_void_sale",
        "reports",
    ];
    let mut body = String::new();
    Obj::write(&mut body, |obj| {
        obj.plain("systemCustomerID", account.id());
        obj.text("systemUserID", "1");
        obj.text("employeeID", "1");
        obj.plain("shopCount", account.shops().len());
        obj.child("Rights", |obj| {
            for right in RIGHTS {
                obj.text(right, "true");
            }
        });
    });
    Answer::ok(body)
}
