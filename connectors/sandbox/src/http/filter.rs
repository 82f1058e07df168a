//! Filters: operators, operands and how they compare.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::tables::{Field, Kind, Value};

/// Longest list an IN filter takes.
const IN_VALUES_MAX: usize = 100;

/// One condition on a field.
pub(crate) struct Filter {
    pub(crate) field: &'static Field,
    pub(crate) test: Test,
}

/// What is asked of the field.
pub(crate) enum Test {
    Equal(Operand),
    Not(Operand),
    Greater(Operand),
    AtLeast(Operand),
    Less(Operand),
    AtMost(Operand),
    Between(Operand, Operand),
    Like(String),
    Unlike(String),
    In(Vec<Operand>),
}

/// A value given in the query, read as the field's kind.
#[derive(Debug, PartialEq)]
pub(crate) enum Operand {
    Id(u64),
    Number(Decimal),
    Flag(bool),
    Time(i64),
    Text(String),
}

const OPERATORS: [&str; 11] = ["=", ">", ">=", "<", "<=", "><", "!=", "~", "!~", "IN", "or"];

/// Reads `OP,value` or a bare value. `raw` is the value as it stood in the query: the operator and
/// its comma must have been percent-encoded.
pub(crate) fn parse(field: &'static Field, decoded: &str, raw: &str) -> Result<Filter, String> {
    let (operator, rest) = match decoded.split_once(',') {
        Some((head, rest)) if OPERATORS.contains(&head) => {
            if raw.contains([',', '<', '>']) {
                return Err(format!(
                    "The operator of '{}' is not URL encoded.",
                    field.name
                ));
            }
            (head, rest)
        }
        Some((head, _)) if !head.is_empty() && head.chars().all(|c| "<>=!~".contains(c)) => {
            return Err(format!(
                "'{head}' is not a valid operator for '{}'.",
                field.name
            ));
        }
        _ => ("=", decoded),
    };
    let one = |text: &str| operand(field, text);
    let test = match operator {
        "=" => Test::Equal(one(rest)?),
        "!=" => Test::Not(one(rest)?),
        ">" => Test::Greater(one(rest)?),
        ">=" => Test::AtLeast(one(rest)?),
        "<" => Test::Less(one(rest)?),
        "<=" => Test::AtMost(one(rest)?),
        "><" => {
            let (low, high) = rest
                .split_once(',')
                .ok_or_else(|| format!("'{}' needs two values for '><'.", field.name))?;
            Test::Between(one(low)?, one(high)?)
        }
        "~" if field.kind == Kind::Text => Test::Like(rest.to_lowercase()),
        "!~" if field.kind == Kind::Text => Test::Unlike(rest.to_lowercase()),
        "IN" => {
            let listed = rest.trim().trim_start_matches('[').trim_end_matches(']');
            let values: Vec<&str> = listed
                .split(',')
                .map(|value| value.trim().trim_matches('"'))
                .collect();
            if values.len() > IN_VALUES_MAX {
                return Err(format!("'{}': IN takes at most 100 values.", field.name));
            }
            Test::In(values.into_iter().map(one).collect::<Result<_, _>>()?)
        }
        other => {
            return Err(format!(
                "'{other}' is not a valid operator for '{}'.",
                field.name
            ));
        }
    };
    Ok(Filter { field, test })
}

fn operand(field: &Field, text: &str) -> Result<Operand, String> {
    let read = match field.kind {
        Kind::Id => text.parse().ok().map(Operand::Id),
        Kind::Number => text.parse().ok().map(Operand::Number),
        Kind::Flag => match text {
            "true" | "1" => Some(Operand::Flag(true)),
            "false" | "0" => Some(Operand::Flag(false)),
            _ => None,
        },
        Kind::Time => instant(text).map(|time| Operand::Time(time.timestamp())),
        Kind::Text => Some(Operand::Text(text.to_owned())),
    };
    read.ok_or_else(|| format!("'{text}' is not a valid value for '{}'.", field.name))
}

/// A time with `Z`, `±HH:MM` or `±HHMM`. A plus sign that was not encoded arrives as a blank and
/// is no time.
pub(crate) fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z"))
        .ok()
        .map(|time| time.to_utc())
}

impl Filter {
    /// Whether a value passes. A missing value passes nothing.
    pub(crate) fn admits(&self, value: &Value<'_>) -> bool {
        let ordered = |operand: &Operand| compare(value, operand);
        match &self.test {
            Test::Equal(operand) => ordered(operand) == Some(Ordering::Equal),
            Test::Not(operand) => ordered(operand).is_some_and(|order| order != Ordering::Equal),
            Test::Greater(operand) => ordered(operand) == Some(Ordering::Greater),
            Test::AtLeast(operand) => ordered(operand).is_some_and(Ordering::is_ge),
            Test::Less(operand) => ordered(operand) == Some(Ordering::Less),
            Test::AtMost(operand) => ordered(operand).is_some_and(Ordering::is_le),
            Test::Between(low, high) => {
                ordered(low).is_some_and(Ordering::is_ge)
                    && ordered(high).is_some_and(Ordering::is_le)
            }
            Test::Like(pattern) => {
                matches!(value, Value::Text(text) if like(pattern, &text.to_lowercase()))
            }
            Test::Unlike(pattern) => {
                matches!(value, Value::Text(text) if !like(pattern, &text.to_lowercase()))
            }
            Test::In(operands) => operands
                .iter()
                .any(|operand| ordered(operand) == Some(Ordering::Equal)),
        }
    }
}

fn compare(value: &Value<'_>, operand: &Operand) -> Option<Ordering> {
    match (value, operand) {
        (Value::Id(a), Operand::Id(b)) => Some(a.cmp(b)),
        (Value::Number(a), Operand::Number(b)) => Some(a.cmp(b)),
        (Value::Flag(a), Operand::Flag(b)) => Some(a.cmp(b)),
        (Value::Time(a), Operand::Time(b)) => Some(a.cmp(b)),
        (Value::Text(a), Operand::Text(b)) => Some((*a).cmp(b.as_str())),
        _ => None,
    }
}

/// `%` stands for any run of characters.
fn like(pattern: &str, text: &str) -> bool {
    let parts: Vec<&str> = pattern.split('%').collect();
    let [first, middle @ .., last] = parts.as_slice() else {
        return pattern == text;
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        assert!(like("%bike%", "red bike 26"));
        assert!(like("red%", "red bike"));
        assert!(like("red bike", "red bike"));
        assert!(!like("bike", "red bike"));
        assert!(!like("%car%", "red bike"));
    }

    #[test]
    fn times_in_every_accepted_form() {
        let expected = DateTime::from_timestamp(1_767_571_200, 0);
        for text in [
            "2026-01-05T00:00:00-00:00",
            "2026-01-05T00:00:00Z",
            "2026-01-05T01:00:00+0100",
            "2026-01-05T01:00:00+01:00",
        ] {
            assert_eq!(instant(text), expected, "{text}");
        }
        assert_eq!(instant("2026-01-05T00:00:00 00:00"), None);
    }
}
