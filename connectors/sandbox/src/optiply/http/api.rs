//! One call to the API: admitted, answered, recorded.

use std::time::Duration;

use crate::{
    http::{answer::Answer, query},
    optiply::{
        Optiply, OptiplyWrite, State,
        fault::OptiplyFault,
        history::OptiplyCall,
        refusal::Refusal,
        resource::Resource,
        write::{Made, Pen},
    },
    sandbox::lock,
};

use super::{
    API, Incoming, MEDIA_TYPE, Reply, body,
    list::Plan,
    render::{self, Page},
    token::spoil,
};

/// What a path names.
enum Route {
    List(Resource),
    Row(Resource, i64),
}

/// A call on its way through the server.
pub(super) struct Passage<'a> {
    pub(super) optiply: &'a Optiply,
    pub(super) state: &'a mut State,
    pub(super) incoming: &'a Incoming,
    pairs: Vec<query::Pair>,
    pub(super) call: OptiplyCall,
    /// What the weather has in store for it.
    chance: Option<OptiplyFault>,
    write: Option<OptiplyWrite>,
}

impl Optiply {
    /// Answers a call and puts it into the history.
    pub(super) fn answer_api(&self, incoming: &Incoming) -> Reply {
        let mut state = lock(&self.inner.state);
        let pairs = query::pairs(&incoming.query);
        let named = incoming
            .path
            .split('/')
            .nth(2)
            .and_then(Resource::from_name);
        let call = OptiplyCall {
            at: self.now(&state),
            method: incoming.method.clone(),
            path: incoming.path.clone(),
            resource: named.map_or("", Resource::name).to_owned(),
            query: pairs
                .iter()
                .map(|pair| (pair.name.clone(), pair.value.clone()))
                .collect(),
            status: 0,
            rows: 0,
            fault: None,
        };
        let chance = state.sky.draw();
        let mut passage = Passage {
            optiply: self,
            state: &mut state,
            incoming,
            pairs,
            call,
            chance,
            write: None,
        };
        let slow = passage.strike(|fault| matches!(fault, OptiplyFault::Slow { .. }));
        let answer = match passage.go() {
            Ok(answer) => answer,
            Err(refusal) => {
                passage.state.errors += 1;
                render::error(&refusal, passage.state.errors)
            }
        };
        let answer = passage.spoilt(answer);
        let Passage {
            mut call, write, ..
        } = passage;
        call.status = answer.status;
        if let Some(mut write) = write {
            write.status = answer.status;
            state.writes.push(write);
        }
        state.calls.push(call);
        let slow = match slow {
            Some(OptiplyFault::Slow { millis, .. }) => Duration::from_millis(millis),
            _ => Duration::ZERO,
        };
        Reply { answer, slow }
    }
}

impl Passage<'_> {
    fn go(&mut self) -> Result<Answer, Refusal> {
        if self
            .strike(|fault| matches!(fault, OptiplyFault::ResetBefore { .. }))
            .is_some()
        {
            return Ok(Answer::cut());
        }
        self.check_token()?;
        if let Some(answer) = self.too_many() {
            return Ok(answer);
        }
        self.check_headers()?;
        let resource = self.call.resource.clone();
        if self.state.faults.standing(
            |fault| matches!(fault, OptiplyFault::Forbidden { resource: closed } if *closed == resource),
        ) {
            self.call.fault = Some("forbidden".to_owned());
            return Err(Refusal::new(403, "Access is denied"));
        }
        if let Some(OptiplyFault::Status { status, body, .. }) =
            self.strike(|fault| matches!(fault, OptiplyFault::Status { .. }))
        {
            return Ok(Answer::html(status, body));
        }
        let route = route(&self.incoming.path)?;
        match (self.incoming.method.as_str(), route) {
            ("GET", Route::List(resource)) => self.list(resource),
            ("GET", Route::Row(resource, id)) => self.show(200, resource, id),
            ("POST", Route::List(resource)) if resource.writable() => self.post(resource),
            ("PATCH", Route::Row(resource, id)) if resource.writable() => self.patch(resource, id),
            ("DELETE", Route::Row(resource, id)) if resource.writable() => {
                self.delete(resource, id)
            }
            _ => Err(Refusal::new(405, "Method not allowed")),
        }
    }

    /// Lets the faults of a kind see the call; the weather's counts as one of them.
    pub(super) fn strike(&mut self, kind: impl Fn(&OptiplyFault) -> bool) -> Option<OptiplyFault> {
        let set = self
            .state
            .faults
            .strike(&self.call.method, &self.call.resource, &kind);
        let struck = set.or_else(|| self.chance.take_if(|fault| kind(fault)))?;
        self.call.fault = Some(struck.name().to_owned());
        Some(struck)
    }

    fn list(&mut self, resource: Resource) -> Result<Answer, Refusal> {
        let anything = self.state.behaviour.sort_by_anything;
        let mut plan = Plan::read(resource, &self.pairs, anything)?;
        if self
            .strike(|fault| matches!(fault, OptiplyFault::FiltersIgnored { .. }))
            .is_some()
        {
            plan = plan.without_filters();
        }
        let listed = plan.run(self.state, resource, &self.page());
        self.call.rows = listed.rows;
        if let Some(first) = listed.first_of_more {
            let now = self.call.at;
            if self
                .strike(|fault| matches!(fault, OptiplyFault::ChangeBetweenPages { .. }))
                .is_some()
            {
                self.state.store.set(resource, first, Vec::new(), now);
            }
            if self
                .strike(|fault| matches!(fault, OptiplyFault::DeleteBetweenPages { .. }))
                .is_some()
            {
                self.state.store.delete(resource, first, now);
            }
        }
        Ok(listed.answer)
    }

    fn show(&self, status: u16, resource: Resource, id: i64) -> Result<Answer, Refusal> {
        let row = render::row(&self.state.store, resource, id)?;
        Ok(self.page().one(status, resource, row))
    }

    fn post(&mut self, resource: Resource) -> Result<Answer, Refusal> {
        self.check_account()?;
        let attributes = body::read(&self.incoming.body, resource, None)?;
        let with_lines = attributes.contains_key("orderLines");
        let most = match self
            .strike(|fault| with_lines && matches!(fault, OptiplyFault::PartialOrder { .. }))
        {
            Some(fault @ OptiplyFault::PartialOrder { lines, .. }) => {
                self.chance = Some(fault);
                Some(lines)
            }
            _ => None,
        };
        let behaviour = self.state.behaviour.clone();
        let pen = self.pen(&behaviour);
        match pen.make_all(&mut self.state.store, resource, attributes, most) {
            Ok(made) => {
                let id = made.id;
                self.accept(resource, made);
                self.show(201, resource, id)
            }
            Err((refusal, made)) => {
                if let Some(made) = made {
                    self.accept(resource, made);
                }
                Err(refusal)
            }
        }
    }

    fn patch(&mut self, resource: Resource, id: i64) -> Result<Answer, Refusal> {
        self.check_account()?;
        render::row(&self.state.store, resource, id)?;
        let attributes = body::read(&self.incoming.body, resource, Some(id))?;
        let behaviour = self.state.behaviour.clone();
        let pen = self.pen(&behaviour);
        pen.change(&mut self.state.store, resource, id, &attributes)?;
        self.accept(
            resource,
            Made {
                id,
                ..Made::default()
            },
        );
        self.show(200, resource, id)
    }

    fn delete(&mut self, resource: Resource, id: i64) -> Result<Answer, Refusal> {
        self.check_account()?;
        let behaviour = self.state.behaviour.clone();
        let pen = self.pen(&behaviour);
        pen.delete(&mut self.state.store, resource, id)?;
        self.accept(
            resource,
            Made {
                id,
                ..Made::default()
            },
        );
        Ok(Answer::new(204, MEDIA_TYPE, String::new()))
    }

    fn accept(&mut self, resource: Resource, made: Made) {
        self.write = Some(OptiplyWrite {
            at: self.call.at,
            method: self.call.method.clone(),
            resource,
            id: made.id,
            lines: made.lines,
            body: String::from_utf8_lossy(&self.incoming.body).into_owned(),
            status: 0,
        });
    }

    /// Faults that strike an answer whose effect is there already.
    fn spoilt(&mut self, answer: Answer) -> Answer {
        if answer.status >= 300 {
            return answer;
        }
        let fault = self.strike(|fault| {
            matches!(
                fault,
                OptiplyFault::ResetAfter { .. }
                    | OptiplyFault::StatusAfter { .. }
                    | OptiplyFault::TruncatedBody { .. }
                    | OptiplyFault::EmptyBody { .. }
            )
        });
        let partial = self
            .chance
            .take_if(|fault| matches!(fault, OptiplyFault::PartialOrder { .. }));
        spoil(answer, partial.or(fault))
    }

    fn pen<'p>(&self, behaviour: &'p crate::optiply::Behaviour) -> Pen<'p> {
        Pen {
            behaviour,
            now: self.call.at,
            api: true,
        }
    }

    fn page(&self) -> Page<'_> {
        Page {
            incoming: self.incoming,
            account: &self.optiply.inner.credentials,
            coupling: self.state.behaviour.coupling,
            key: &self.optiply.inner.key,
            now: self.call.at,
        }
    }
}

/// Reads a path. An id that is none makes the real server fail, not refuse.
fn route(path: &str) -> Result<Route, Refusal> {
    let rest = path.strip_prefix(API).unwrap_or_default();
    let parts: Vec<&str> = rest.trim_matches('/').split('/').collect();
    let resource = parts
        .first()
        .and_then(|name| Resource::from_name(name))
        .ok_or_else(Refusal::gone)?;
    match parts.as_slice() {
        [_] => Ok(Route::List(resource)),
        [_, id] => id
            .parse()
            .map(|id| Route::Row(resource, id))
            .map_err(|_| Refusal::new(500, "Internal Server Error")),
        _ => Err(Refusal::gone()),
    }
}
