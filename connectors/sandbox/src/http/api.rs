//! One call to the API: admitted, charged, answered, recorded.

use chrono::{DateTime, SubsecRound, Utc};
use rust_decimal::Decimal;

use crate::{
    fault::{Fault, resource_name},
    history::{Call, Limited},
    sandbox::{Sandbox, lock},
    tokens::Refused,
};

use super::{
    Incoming,
    answer::{Answer, CUT},
    pages::{self, Asked},
    query::{self, Pair, Plan},
    route::{Route, route},
    tables::Wants,
    writes,
};

/// What a resource request asks for, once its parameters are read.
enum Request {
    List(Plan),
    Record(Wants),
    Other,
}

impl Sandbox {
    /// Answers a call and puts it into the history.
    pub(crate) fn answer_api(&self, incoming: &Incoming) -> Answer {
        let now = self.now();
        let pairs = query::pairs(&incoming.raw_query);
        let (route, suffix) = route(&incoming.path);
        let mut call = new_call(incoming, route.resource(), &pairs, now);
        let answer = self.attempt(incoming, route, suffix, &pairs, &mut call, now);
        call.status = answer.status;
        lock(&self.inner.history).push(call);
        answer
    }

    fn attempt(
        &self,
        incoming: &Incoming,
        route: Route,
        suffix: bool,
        pairs: &[Pair],
        call: &mut Call,
        now: DateTime<Utc>,
    ) -> Answer {
        let resource = route.resource();
        self.draw_weather();
        if self
            .strike(call, resource, |fault| {
                matches!(fault, Fault::ResetBefore { .. })
            })
            .is_some()
        {
            return Answer::cut();
        }
        match self.authorize(incoming, now) {
            Ok(generation) => call.generation = Some(generation),
            Err(refused) => {
                let admission = lock(&self.inner.limiter).peek(now);
                return unauthorized(refused).limit_headers(&admission);
            }
        }
        let storm = lock(&self.inner.faults).storm();
        if let Some(retry_after) = storm {
            call.fault = Some("storm429".to_owned());
            call.limited = Some(Limited::Ordered);
            let admission = lock(&self.inner.limiter).peek(now);
            return too_many("api-leaky-bucket", retry_after).limit_headers(&admission);
        }
        let (request, cost) = read(route, pairs);
        let admission = lock(&self.inner.limiter).admit(cost, now);
        (call.cost, call.level, call.limited) =
            (admission.cost, admission.level, admission.refused);
        if let Some(limited) = admission.refused {
            let kind = match limited {
                Limited::Burst => "api-burst-limiter",
                _ => "api-leaky-bucket",
            };
            return too_many(kind, Some(admission.retry_after)).limit_headers(&admission);
        }
        let answer = self.admitted(incoming, route, suffix, request, pairs, call);
        self.spoil(answer, resource, call).limit_headers(&admission)
    }

    /// What the call gets once it is through the limits.
    fn admitted(
        &self,
        incoming: &Incoming,
        route: Route,
        suffix: bool,
        request: Result<Request, String>,
        pairs: &[Pair],
        call: &mut Call,
    ) -> Answer {
        let resource = route.resource();
        let own = self.inner.credentials.account_id;
        if let Route::Account(id) | Route::List(id, _) | Route::Record(id, ..) = route
            && id != own
        {
            return Answer::error(403, "No access to this account.", "ForbiddenRequestError");
        }
        if matches!(route, Route::Unknown) {
            return Answer::error(404, "Not found.", "NotFoundException");
        }
        if incoming.method != "GET" && !writes::takes(&incoming.method, route) {
            return Answer::error(405, "Method not allowed.", "MethodNotAllowedException");
        }
        let forbidden = lock(&self.inner.faults).standing(|fault| match fault {
            Fault::Forbidden { resource: closed } => {
                (resource_name(closed) == resource).then_some(())
            }
            _ => None,
        });
        if forbidden.is_some() {
            call.fault = Some("forbidden".to_owned());
            return Answer::error(
                403,
                "Missing right for this resource.",
                "ForbiddenRequestError",
            );
        }
        match self.strike(call, resource, |fault| {
            matches!(fault, Fault::Status { .. } | Fault::EmptyBody200 { .. })
        }) {
            Some(Fault::Status { status, body, .. }) => return Answer::html(status, body),
            Some(_) => return Answer::ok(String::new()),
            None => {}
        }
        let request = match request {
            Ok(request) => request,
            Err(message) => return Answer::error(400, &message, "Exception"),
        };
        if !wants_json(&incoming.accept, suffix) {
            return Answer::xml(resource);
        }
        if incoming.method != "GET" {
            return self.write(incoming, route);
        }
        let account = self.read();
        let asked = Asked {
            sandbox: self,
            account: &account,
            incoming,
            pairs,
        };
        match (route, request) {
            (Route::List(_, table), Request::List(plan)) => asked.list(table, &plan, call),
            (Route::Record(_, table, id), Request::Record(wants)) => {
                asked.record(table, id, &wants, call)
            }
            (Route::Account(_), _) => pages::account(&account),
            (Route::Session, _) => pages::session(&account),
            _ => pages::accounts(&account),
        }
    }

    /// Faults that strike an answer already computed.
    fn spoil(&self, mut answer: Answer, resource: &str, call: &mut Call) -> Answer {
        match self.strike(call, resource, |fault| {
            matches!(
                fault,
                Fault::ResetAfter { .. } | Fault::StatusAfter { .. } | Fault::TruncatedBody { .. }
            )
        }) {
            Some(Fault::ResetAfter { .. }) => answer.status = CUT,
            Some(Fault::StatusAfter { status, .. }) => {
                return Answer::html(status, "<html><body>Gateway</body></html>".to_owned());
            }
            Some(_) => answer.truncated = true,
            None => {}
        }
        answer
    }

    /// Lets the faults of a kind see this call; one that strikes is noted in the history.
    pub(crate) fn strike(
        &self,
        call: &mut Call,
        resource: &str,
        kind: impl Fn(&Fault) -> bool,
    ) -> Option<Fault> {
        let struck = lock(&self.inner.faults).strike((&call.method, resource), |fault| {
            if kind(fault) { fault.at() } else { None }
        });
        if let Some(fault) = &struck {
            call.fault = Some(fault.name().to_owned());
        }
        struck
    }

    /// What the weather has in store for the next call.
    fn draw_weather(&self) {
        let drawn = lock(&self.inner.sky).draw();
        if let Some(fault) = drawn.and_then(Fault::of_weather) {
            lock(&self.inner.faults).add(fault);
        }
    }

    fn authorize(&self, incoming: &Incoming, now: DateTime<Utc>) -> Result<u64, Refused> {
        let token = incoming
            .authorization
            .as_deref()
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(Refused::Unverified)?;
        let revoked = lock(&self.inner.faults)
            .standing(|fault| matches!(fault, Fault::TokenRevoked).then_some(()));
        if revoked.is_some() {
            return Err(Refused::Revoked);
        }
        lock(&self.inner.tokens).use_access(token, now)
    }
}

/// Reads the parameters, to know the price before the limits are asked. A request that cannot be
/// understood costs the base price.
fn read(route: Route, pairs: &[Pair]) -> (Result<Request, String>, u64) {
    let base = 1_000;
    match route {
        Route::List(_, table) => match Plan::read(table, pairs) {
            Ok(plan) => {
                let cost = query::cost_milli(table, &plan.wants, true, plan.count);
                (Ok(Request::List(plan)), cost)
            }
            Err(message) => (Err(message), base),
        },
        Route::Record(_, table, _) => match query::record_relations(table, pairs) {
            Ok(wants) => {
                let cost = query::cost_milli(table, &wants, false, false);
                (Ok(Request::Record(wants)), cost)
            }
            Err(message) => (Err(message), base),
        },
        _ => (Ok(Request::Other), base),
    }
}

/// The Accept header decides; without a word from it, the suffix does.
fn wants_json(accept: &str, suffix: bool) -> bool {
    if accept.contains("application/json") {
        true
    } else if accept.contains("xml") {
        false
    } else {
        suffix
    }
}

fn unauthorized(refused: Refused) -> Answer {
    let hint = match refused {
        Refused::Unverified => "Access token could not be verified",
        Refused::Revoked => "Access token has been revoked",
    };
    let description = "The resource owner or authorization server denied the request.";
    Answer::oauth_error(401, "access_denied", description, hint)
}

fn too_many(kind: &str, retry_after: Option<u64>) -> Answer {
    let mut answer = Answer::error(429, "Rate limit exceeded.", "RateLimitException")
        .header("X-LS-API-RateLimit-Type", kind);
    if let Some(seconds) = retry_after {
        answer = answer.header("Retry-After", seconds);
    }
    answer
}

/// A history entry as far as it is known on arrival.
pub(crate) fn new_call(
    incoming: &Incoming,
    resource: &str,
    pairs: &[Pair],
    now: DateTime<Utc>,
) -> Call {
    Call {
        at: now.trunc_subsecs(6),
        method: incoming.method.clone(),
        path: incoming.path.clone(),
        resource: resource.to_owned(),
        query: pairs
            .iter()
            .map(|pair| (pair.name.clone(), pair.value.clone()))
            .collect(),
        status: 0,
        cost: Decimal::ZERO,
        level: Decimal::ZERO,
        rows: 0,
        first_id: None,
        last_id: None,
        limited: None,
        generation: None,
        fault: None,
    }
}
