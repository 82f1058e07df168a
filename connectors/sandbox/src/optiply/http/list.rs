//! Lists: pages by offset, filters, order.

use serde_json::{Value as Json, json};

use crate::{
    http::{answer::Answer, query::Pair},
    optiply::{State, refusal::Refusal, resource::Resource, store::Row},
};

use super::{
    MEDIA_TYPE,
    filter::{self, Filter, Op},
    render::{Page, filterable},
};

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 100;

/// A list request, understood.
pub(super) struct Plan {
    limit: usize,
    offset: usize,
    sort: Option<(String, bool)>,
    filters: Vec<Filter>,
}

/// A page, with what a second writer needs to disturb the walk.
pub(super) struct Listed {
    pub(super) answer: Answer,
    pub(super) rows: u32,
    /// The first row, if more pages follow.
    pub(super) first_of_more: Option<i64>,
}

impl Plan {
    pub(super) fn read(
        resource: Resource,
        pairs: &[Pair],
        sort_by_anything: bool,
    ) -> Result<Plan, Refusal> {
        let mut plan = Plan {
            limit: LIMIT_DEFAULT,
            offset: 0,
            sort: None,
            filters: Vec::new(),
        };
        for Pair { name, value, .. } in pairs {
            match name.as_str() {
                "page[limit]" => {
                    plan.limit = value
                        .parse()
                        .ok()
                        .filter(|limit| (1..=LIMIT_MAX).contains(limit))
                        .ok_or_else(|| Refusal::bad("page[limit] must be 1 to 100"))?;
                }
                "page[offset]" => {
                    plan.offset = value
                        .parse()
                        .map_err(|_| Refusal::bad("page[offset] must be a number"))?;
                }
                "sort" => {
                    let attr = value.trim_start_matches('-');
                    if attr != "id" && !sort_by_anything {
                        return Err(Refusal::bad(format!("cannot sort by {attr}")));
                    }
                    plan.sort = Some((attr.to_owned(), value.starts_with('-')));
                }
                // Takes no part in a list's meaning.
                "accountId" | "couplingId" => {}
                other => match filter::parse(resource, other, value)? {
                    Some(filter) => plan.filters.push(filter),
                    None => return Err(Refusal::bad(format!("{other} is not a parameter"))),
                },
            }
        }
        if plan.offset.is_multiple_of(plan.limit) {
            Ok(plan)
        } else {
            Err(Refusal::bad(
                "page[offset] must be a multiple of page[limit]",
            ))
        }
    }

    /// As if no filter had been given.
    pub(super) fn without_filters(mut self) -> Plan {
        self.filters.clear();
        self
    }

    pub(super) fn run(&self, state: &State, resource: Resource, page: &Page<'_>) -> Listed {
        let now = page.now;
        let account = page.account.account_id;
        let passes = |row: &&Row| {
            !row.deleted
                && row.visible <= now
                && self.filters.iter().all(|filter| {
                    filterable(resource, row, account, &filter.attr)
                        .is_some_and(|value| filter.admits(&value))
                })
        };
        let wanted = self.offset + self.limit + 1;
        let rows: Vec<&Row> = match &self.sort {
            Some((attr, false)) if attr == "id" => self
                .candidates(state, resource)
                .filter(passes)
                .take(wanted)
                .collect(),
            sort => {
                let mut rows: Vec<&Row> = self.candidates(state, resource).filter(passes).collect();
                match sort {
                    // Without a word about the order, what changed last comes last: rows that
                    // change during a walk move away from under it.
                    None => rows.sort_by_key(|row| (row.updated, row.id)),
                    Some((attr, descending)) => {
                        let key = |row: &&Row| {
                            filterable(resource, row, account, attr).and_then(|value| value.key())
                        };
                        if attr == "id" {
                            rows.sort_by_key(|row| row.id);
                        } else {
                            rows.sort_by_key(key);
                        }
                        if *descending {
                            rows.reverse();
                        }
                    }
                }
                rows
            }
        };
        let shown: Vec<&Row> = rows
            .iter()
            .skip(self.offset)
            .take(self.limit)
            .copied()
            .collect();
        let more = rows.len() > self.offset + self.limit;
        let data: Vec<Json> = shown.iter().map(|row| page.object(resource, row)).collect();
        let mut links = json!({ "self": format!("{}/{}", page.base(), resource.name()) });
        if more {
            links["next"] = self.next(resource, page).into();
        }
        let body = json!({ "data": data, "links": links });
        Listed {
            rows: u32::try_from(shown.len()).unwrap_or(u32::MAX),
            first_of_more: shown.first().filter(|_| more).map(|row| row.id),
            answer: Answer::new(200, MEDIA_TYPE, body.to_string()),
        }
    }

    /// The rows worth looking at, by id.
    fn candidates<'a>(
        &self,
        state: &'a State,
        resource: Resource,
    ) -> Box<dyn Iterator<Item = &'a Row> + 'a> {
        let table = state.store.table(resource);
        let indexed = self.filters.iter().find_map(|filter| {
            let place = resource.place(&filter.attr)?;
            (filter.op == Op::Eq && resource.attrs()[place].indexed)
                .then(|| filter.operand.key())
                .flatten()
                .map(|key| state.store.found(resource, &filter.attr, &key))
        });
        if let Some(ids) = indexed {
            return Box::new(ids.into_iter().filter_map(|id| table.rows.get(&id)));
        }
        let from = self
            .filters
            .iter()
            .filter(|filter| filter.attr == "id" && matches!(filter.op, Op::Gt | Op::Ge | Op::Eq))
            .filter_map(|filter| filter.operand.int())
            .max();
        Box::new(
            table
                .rows
                .range(from.unwrap_or(i64::MIN)..)
                .map(|(_, row)| row),
        )
    }

    fn next(&self, resource: Resource, page: &Page<'_>) -> String {
        let mut parts: Vec<&str> = page
            .incoming
            .query
            .split('&')
            .filter(|part| !part.is_empty() && !part.starts_with("page"))
            .collect();
        let own = format!(
            "page%5Blimit%5D={}&page%5Boffset%5D={}",
            self.limit,
            self.offset + self.limit
        );
        parts.push(&own);
        format!("{}/{}?{}", page.base(), resource.name(), parts.join("&"))
    }
}
