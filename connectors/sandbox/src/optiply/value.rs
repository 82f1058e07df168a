//! Values of attributes: read strictly from requests, written as the API writes them.

use chrono::{DateTime, NaiveDateTime, Utc};
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::attr::{Attr, Kind};

/// A value as stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Flag(bool),
    Int(i64),
    Dec(Decimal),
    Text(String),
    Time(DateTime<Utc>),
    Texts(Vec<String>),
}

impl Value {
    /// What an index finds it by.
    pub(super) fn key(&self) -> Option<String> {
        match self {
            Value::Null | Value::Texts(_) => None,
            Value::Flag(flag) => Some(flag.to_string()),
            Value::Int(int) => Some(int.to_string()),
            Value::Dec(decimal) => Some(decimal.normalize().to_string()),
            Value::Text(text) => Some(text.clone()),
            Value::Time(time) => Some(time.timestamp().to_string()),
        }
    }

    pub(super) fn int(&self) -> Option<i64> {
        match self {
            Value::Int(int) => Some(*int),
            _ => None,
        }
    }

    pub(super) fn json(&self) -> serde_json::Value {
        match self {
            Value::Null => serde_json::Value::Null,
            Value::Flag(flag) => (*flag).into(),
            Value::Int(int) => (*int).into(),
            Value::Dec(decimal) => {
                let mut two = *decimal;
                two.rescale(2);
                two.to_string().into()
            }
            Value::Text(text) => text.as_str().into(),
            Value::Time(time) => instant(*time).into(),
            Value::Texts(texts) => texts.clone().into(),
        }
    }
}

/// `2026-01-06T14:03:22Z`
pub(super) fn instant(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads whole seconds in UTC: `Z` or `+00:00`.
pub(super) fn read_instant(text: &str) -> Option<DateTime<Utc>> {
    let local = text
        .strip_suffix('Z')
        .or_else(|| text.strip_suffix("+00:00"))?;
    if local.len() != 19 {
        return None;
    }
    NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M:%S")
        .ok()
        .map(|time| time.and_utc())
}

/// Reads a value that is not null; the error is the text after the attribute's name.
pub(super) fn read(attr: &Attr, raw: &RawValue) -> Result<Value, String> {
    let raw = raw.get();
    let text = || serde_json::from_str::<String>(raw).map_err(|_| "must be a string".to_owned());
    match attr.kind {
        Kind::Text(most) => match text()? {
            blank if attr.required && blank.trim().is_empty() => Err("must not be blank".into()),
            long if long.chars().count() > most => {
                Err(format!("must be at most {most} characters"))
            }
            text => Ok(Value::Text(text)),
        },
        Kind::Exactly(length) => match text()? {
            other if other.chars().count() != length => {
                Err(format!("must be exactly {length} characters"))
            }
            text => Ok(Value::Text(text)),
        },
        Kind::Flag => match raw {
            "true" => Ok(Value::Flag(true)),
            "false" => Ok(Value::Flag(false)),
            _ => Err("must be a boolean".to_owned()),
        },
        Kind::Int(low, high) => {
            let int: i64 = raw.parse().map_err(|_| "must be a number".to_owned())?;
            if (low..=high).contains(&int) {
                Ok(Value::Int(int))
            } else {
                Err(format!("must be between {low} and {high}"))
            }
        }
        Kind::Dec(low, high) => decimal(raw.trim_matches('"'), low, high).map(Value::Dec),
        Kind::Time => read_instant(&text()?)
            .map(Value::Time)
            .ok_or_else(|| "must be a date and time".to_owned()),
        Kind::Choice(words) => match text()? {
            word if words.contains(&word.as_str()) => Ok(Value::Text(word)),
            other => Err(format!("cannot be {other}")),
        },
        Kind::Emails => {
            let addresses: Vec<String> =
                serde_json::from_str(raw).map_err(|_| "must be a list".to_owned())?;
            match addresses.iter().find(|address| !is_address(address)) {
                Some(bad) => Err(format!("'{bad}' is not a valid address")),
                None => Ok(Value::Texts(addresses)),
            }
        }
        Kind::Key(_) => raw
            .trim_matches('"')
            .parse()
            .map(Value::Int)
            .map_err(|_| "must be an id".to_owned()),
    }
}

/// Plain digits with at most two decimals. Exponents and longer fractions are what comes of
/// binary fractions.
fn decimal(text: &str, low: i64, high: i64) -> Result<Decimal, String> {
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b"-.".contains(&b));
    let value: Decimal = text
        .parse()
        .ok()
        .filter(|_| plain)
        .ok_or("must be a number")?;
    if value.scale() > 2 {
        return Err("must have at most 2 decimals".to_owned());
    }
    let cent_less = Decimal::new(99, 2);
    if value < Decimal::from(low) || value > Decimal::from(high) + cent_less {
        return Err("is out of range".to_owned());
    }
    Ok(value)
}

/// Strict, and not what any client uses to check beforehand.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let word = |c: char| c.is_ascii_alphanumeric() || "._+-'".contains(c);
    let labels: Vec<&str> = domain.split('.').collect();
    !local.is_empty()
        && local.chars().all(word)
        && labels.len() >= 2
        && labels.iter().all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        })
        && labels
            .last()
            .is_some_and(|top| top.len() >= 2 && top.chars().all(|c| c.is_ascii_alphabetic()))
}
