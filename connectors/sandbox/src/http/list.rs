//! Running a plan: keyset pages over the account.

use std::ops::RangeInclusive;

use chrono::DateTime;

use crate::account::Account;

use super::{
    filter::{Operand, Test},
    query::{Archived, Cursor, Plan},
    tables::{Table, Value},
};

/// A sort key. Missing values come first, as the real database sorts them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Null,
    Id(u64),
    Time(i64),
    Text(String),
}

impl Key {
    fn of(value: &Value<'_>) -> Key {
        match value {
            Value::Id(id) => Key::Id(*id),
            Value::Time(time) => Key::Time(*time),
            Value::Text(text) => Key::Text((*text).to_owned()),
            _ => Key::Null,
        }
    }

    pub(crate) fn to_json(&self) -> serde_json::Value {
        match self {
            Key::Null => serde_json::Value::Null,
            Key::Id(id) => (*id).into(),
            Key::Text(text) => text.as_str().into(),
            Key::Time(time) => {
                let mut text = String::new();
                super::json::instant(
                    &mut text,
                    DateTime::from_timestamp(*time, 0).unwrap_or_default(),
                );
                text.into()
            }
        }
    }
}

/// The records of a page and whether there are more on either side.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) rows: Vec<(Key, u64)>,
    pub(crate) more_after: bool,
    pub(crate) more_before: bool,
}

/// Finds the records of a page.
pub(crate) fn page(table: &dyn Table, account: &Account, plan: &Plan) -> Page {
    let backward = plan.cursor.as_ref().is_some_and(|cursor| !cursor.after);
    // Walking down: towards smaller keys.
    let down = plan.descending != backward;
    let by_id = plan.sort.name == table.fields()[0].name;
    let mut rows = if by_id {
        by_primary(table, account, plan, down)
    } else {
        by_key(table, account, plan, down)
    };
    let more = rows.len() > plan.limit;
    rows.truncate(plan.limit);
    if backward {
        rows.reverse();
        Page {
            rows,
            more_after: true,
            more_before: more,
        }
    } else {
        Page {
            rows,
            more_after: more,
            more_before: plan.cursor.is_some(),
        }
    }
}

/// How many records a plan's filters leave.
pub(crate) fn count(table: &dyn Table, account: &Account, plan: &Plan) -> usize {
    let admits = |id: &u64| admits(table, account, plan, *id);
    table.ids(account, 0..=u64::MAX).filter(admits).count()
}

/// By id, only the asked range is walked, and no further than the page.
fn by_primary(table: &dyn Table, account: &Account, plan: &Plan, down: bool) -> Vec<(Key, u64)> {
    let range = id_range(table, plan, down);
    if range.is_empty() {
        return Vec::new();
    }
    let ids: Box<dyn Iterator<Item = u64> + '_> = match listed_ids(table, plan) {
        Some(mut listed) => {
            if down {
                listed.reverse();
            }
            let visible = move |id: &u64| {
                range.contains(id) && table.ids(account, *id..=*id).next().is_some()
            };
            Box::new(listed.into_iter().filter(visible))
        }
        None if down => Box::new(table.ids(account, range).rev()),
        None => Box::new(table.ids(account, range)),
    };
    ids.filter(|id| admits(table, account, plan, *id))
        .take(plan.limit + 1)
        .map(|id| (Key::Null, id))
        .collect()
}

/// By another field, all matching records are sorted.
fn by_key(table: &dyn Table, account: &Account, plan: &Plan, down: bool) -> Vec<(Key, u64)> {
    let mut rows: Vec<(Key, u64)> = table
        .ids(account, 0..=u64::MAX)
        .filter(|id| admits(table, account, plan, *id))
        .map(|id| (Key::of(&table.value(account, id, plan.sort.name)), id))
        .filter(|row| match &plan.cursor {
            Some(cursor) if down => *row < cursor.key,
            Some(cursor) => *row > cursor.key,
            None => true,
        })
        .collect();
    rows.sort();
    if down {
        rows.reverse();
    }
    rows.truncate(plan.limit + 1);
    rows
}

fn admits(table: &dyn Table, account: &Account, plan: &Plan, id: u64) -> bool {
    let shown = match plan.archived {
        Archived::Both => true,
        Archived::Hidden => !table.archived(account, id),
        Archived::Only => table.archived(account, id),
    };
    shown
        && plan
            .filters
            .iter()
            .all(|filter| filter.admits(&table.value(account, id, filter.field.name)))
}

/// The ids that filters on the primary id and the cursor leave.
fn id_range(table: &dyn Table, plan: &Plan, down: bool) -> RangeInclusive<u64> {
    let (mut low, mut high) = (0, u64::MAX);
    if let Some(Cursor { key: (_, id), .. }) = &plan.cursor {
        if down {
            high = id.saturating_sub(1);
        } else {
            low = id.saturating_add(1);
        }
    }
    let primary = table.fields()[0].name;
    for filter in plan
        .filters
        .iter()
        .filter(|filter| filter.field.name == primary)
    {
        match &filter.test {
            Test::Equal(Operand::Id(id)) => (low, high) = (low.max(*id), high.min(*id)),
            Test::Greater(Operand::Id(id)) => low = low.max(id.saturating_add(1)),
            Test::AtLeast(Operand::Id(id)) => low = low.max(*id),
            Test::Less(Operand::Id(id)) => high = high.min(id.saturating_sub(1)),
            Test::AtMost(Operand::Id(id)) => high = high.min(*id),
            Test::Between(Operand::Id(from), Operand::Id(to)) => {
                (low, high) = (low.max(*from), high.min(*to));
            }
            _ => {}
        }
    }
    low..=high
}

/// The ids an IN filter on the primary id lists, in order.
fn listed_ids(table: &dyn Table, plan: &Plan) -> Option<Vec<u64>> {
    let primary = table.fields()[0].name;
    let listed = plan.filters.iter().find_map(|filter| match &filter.test {
        Test::In(operands) if filter.field.name == primary => Some(operands),
        _ => None,
    })?;
    let mut ids: Vec<u64> = listed
        .iter()
        .filter_map(|operand| match operand {
            Operand::Id(id) => Some(*id),
            _ => None,
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    Some(ids)
}
