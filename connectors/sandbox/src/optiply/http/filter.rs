//! Filters of lists: `filter[attr]=x` and `filter[attr][OP]=x`, all of which must hold.

use std::cmp::Ordering;

use crate::optiply::{
    attr::Kind,
    refusal::Refusal,
    resource::Resource,
    value::{Value, read_instant},
};

/// An operator; upper case only, the other spelling is unproven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Neq,
    Like,
    Lt,
    Le,
    Gt,
    Ge,
}

/// One condition.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) attr: String,
    pub(super) op: Op,
    pub(super) operand: Value,
}

/// Reads `name` if it is that of a filter.
pub(super) fn parse(
    resource: Resource,
    name: &str,
    value: &str,
) -> Result<Option<Filter>, Refusal> {
    let Some(rest) = name.strip_prefix("filter[") else {
        return Ok(None);
    };
    let (attr, rest) = rest
        .split_once(']')
        .ok_or_else(|| Refusal::bad(format!("{name} is not a filter")))?;
    let op = match rest {
        "" | "[EQ]" => Op::Eq,
        "[NEQ]" => Op::Neq,
        "[LIKE]" => Op::Like,
        "[LT]" => Op::Lt,
        "[LE]" => Op::Le,
        "[GT]" => Op::Gt,
        "[GE]" => Op::Ge,
        other => return Err(Refusal::bad(format!("{other} is not an operator"))),
    };
    let operand = operand(resource, attr, value)
        .ok_or_else(|| Refusal::bad(format!("cannot filter {attr} by this value")))?;
    Ok(Some(Filter {
        attr: attr.to_owned(),
        op,
        operand,
    }))
}

fn operand(resource: Resource, attr: &str, text: &str) -> Option<Value> {
    let kind = match attr {
        "id" | "accountId" => Kind::Int(0, i64::MAX),
        "createdAt" | "updatedAt" => Kind::Time,
        "createdFromPublicApi" => Kind::Flag,
        "remoteId" | "remoteDataSyncedToDate" | "remoteIdMap" => return None,
        other => resource.attrs()[resource.place(other)?].kind,
    };
    match kind {
        Kind::Text(_) | Kind::Exactly(_) => Some(Value::Text(text.to_owned())),
        Kind::Flag => text.parse().ok().map(Value::Flag),
        Kind::Int(..) | Kind::Key(_) => text.parse().ok().map(Value::Int),
        Kind::Dec(..) => text.parse().ok().map(Value::Dec),
        Kind::Time => read_instant(text).map(Value::Time),
        // Upper case in filters, although bodies use lower case.
        Kind::Choice(words) => words
            .iter()
            .find(|word| word.to_uppercase() == text)
            .map(|word| Value::Text((*word).to_owned())),
        Kind::Emails => None,
    }
}

impl Filter {
    /// Whether a value passes; what is not set passes nothing.
    pub(super) fn admits(&self, value: &Value) -> bool {
        let order = match (value, &self.operand) {
            (Value::Flag(a), Value::Flag(b)) => a.cmp(b),
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Dec(a), Value::Dec(b)) => a.cmp(b),
            (Value::Time(a), Value::Time(b)) => a.cmp(b),
            (Value::Text(a), Value::Text(b)) if self.op == Op::Like => {
                return like(&b.to_lowercase(), &a.to_lowercase());
            }
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            _ => return false,
        };
        match self.op {
            Op::Eq => order == Ordering::Equal,
            Op::Neq => order != Ordering::Equal,
            Op::Lt => order == Ordering::Less,
            Op::Le => order != Ordering::Greater,
            Op::Gt => order == Ordering::Greater,
            Op::Ge => order != Ordering::Less,
            Op::Like => false,
        }
    }
}

/// `%` stands for any run of characters.
fn like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('%') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|left| {
            (0..=left.len())
                .filter(|at| left.is_char_boundary(*at))
                .any(|at| like(rest, &left[at..]))
        }),
    }
}
