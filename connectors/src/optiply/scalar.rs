//! Values on the wire: exact on the way out, lenient on the way in.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// `2026-01-06T14:03:22Z`
pub(super) fn instant_text(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A number or a text holding one, as it stands; null and blank are none.
fn number_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let raw: Option<Box<RawValue>> = Option::deserialize(from)?;
    let text = raw.map(|raw| raw.get().trim_matches('"').trim().to_owned());
    Ok(text.filter(|text| !text.is_empty()))
}

fn raw<S: Serializer>(text: String, to: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(text)
        .map_err(S::Error::custom)?
        .serialize(to)
}

/// Amounts: numbers with exactly two decimals.
pub(super) mod money {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Decimal>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(amount) => raw(pipeline::money::cents(*amount).to_string(), to),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Decimal>, D::Error> {
        let Some(text) = number_text(from)? else {
            return Ok(None);
        };
        Decimal::from_str_exact(&text)
            .or_else(|_| Decimal::from_scientific(&text))
            .map(Some)
            .map_err(D::Error::custom)
    }
}

/// Instants: UTC, whole seconds.
pub(super) mod instant {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<DateTime<Utc>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(instant_text).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<DateTime<Utc>>, D::Error> {
        let text: Option<String> = Option::deserialize(from)?;
        text.filter(|text| !text.trim().is_empty())
            .map(|text| {
                DateTime::parse_from_rfc3339(text.trim())
                    .map(|time| time.to_utc())
                    .map_err(D::Error::custom)
            })
            .transpose()
    }
}

/// Whole numbers, ids among them: numbers in requests, either form on read.
pub(super) mod int {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(value: &Option<i64>, to: S) -> Result<S::Ok, S::Error> {
        value.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
        number_text(from)?
            .map(|text| whole(&text).ok_or_else(|| D::Error::custom("not a whole number")))
            .transpose()
    }
}

/// Whole numbers that may be cleared: absent, null or a number.
pub(super) mod clearable {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Option<i64>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.flatten().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Option<i64>>, D::Error> {
        int::deserialize(from).map(Some)
    }
}

/// `5`, and `5.0` from servers that cannot tell the difference.
fn whole(text: &str) -> Option<i64> {
    let (digits, fraction) = text.split_once('.').unwrap_or((text, ""));
    fraction
        .bytes()
        .all(|b| b == b'0')
        .then(|| digits.parse().ok())
        .flatten()
}
