//! Single values as Lightspeed sends them: almost always text, sometimes native, sometimes absent.
//!
//! A value is only looked at when a rule asks for it, so that rubbish in a field nobody needs costs
//! nothing, and a fault can name the field it is in.

use super::fault::{Fault, shown};
use super::instant;
use crate::reason::Reason;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Largest whole number taken as a quantity: what every JSON reader can hold exactly.
const QUANTITY_MAX: i64 = 9_007_199_254_740_991;

/// Largest amount taken: beyond any price or sum, and small enough that sums of a whole order can
/// be held.
const AMOUNT_MAX: i64 = 1_000_000_000_000_000;

/// A value nobody has read yet; the default is an absent one.
#[derive(Clone, Copy, Default)]
pub(super) struct Scalar<'a>(Option<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&'de RawValue>::deserialize(deserializer).map(|raw| Self(Some(raw)))
    }
}

impl<'a> Scalar<'a> {
    /// This value, or the one under another spelling of its key.
    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0.or(other.0))
    }

    /// The value as text; native numbers and booleans as they are written. Absent, null and the
    /// empty text are all "nothing".
    pub(super) fn text(self, path: &str) -> Result<Option<Cow<'a, str>>, Fault> {
        let Some(raw) = self.0 else { return Ok(None) };
        let written = raw.get();
        let text = match written.as_bytes().first() {
            Some(b'"') if written.contains('\\') => Cow::Owned(printable(unescape(written, path)?)),
            Some(b'"') => Cow::Borrowed(written.get(1..written.len() - 1).unwrap_or_default()),
            Some(b'n') => return Ok(None),
            Some(b'{') => return Err(Fault::bad(path, "found an object where one value belongs")),
            Some(b'[') => return Err(Fault::bad(path, "found a list where one value belongs")),
            _ => Cow::Borrowed(written),
        };
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// The value as kept text: nothing becomes the empty text.
    pub(super) fn string(self, path: &str) -> Result<String, Fault> {
        Ok(self
            .text(path)?
            .map(|text| printable(text.into_owned()))
            .unwrap_or_default())
    }

    /// A yes or no; nothing is no.
    pub(super) fn flag(self, path: &str) -> Result<bool, Fault> {
        match self.trimmed(path)?.as_deref() {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(other) => Err(Fault::bad(
                path,
                format!("found {}, not true or false", shown(other)),
            )),
        }
    }

    /// An exact number.
    pub(super) fn decimal(self, path: &str) -> Result<Option<Decimal>, Fault> {
        let Some(text) = self.trimmed(path)? else {
            return Ok(None);
        };
        let numeric = text
            .bytes()
            .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        let parsed = match text.contains(['e', 'E']) {
            _ if !numeric => None,
            true => Decimal::from_scientific(&text).ok(),
            false => text.parse().ok(),
        };
        match parsed {
            // Without idle zeros, so that 5 and 5.0 are the same content.
            Some(number) => bounded(Some(number), path).map(Some),
            None if digits_only(&text) => bounded(None, path).map(Some),
            None => Err(Fault::bad(
                path,
                format!("found {}, not a number", shown(&text)),
            )),
        }
    }

    /// An amount that counts as 0 when it was not sent.
    pub(super) fn amount(self, path: &str) -> Result<Decimal, Fault> {
        Ok(self.decimal(path)?.unwrap_or_default())
    }

    /// A whole number of pieces. A fraction is refused and never cut off.
    pub(super) fn pieces(self, path: &str) -> Result<Option<i64>, Fault> {
        let Some(text) = self.trimmed(path)? else {
            return Ok(None);
        };
        let whole = match text.parse::<i64>() {
            Ok(whole) => whole,
            Err(_) => {
                let Some(number) = self.decimal(path)? else {
                    return Ok(None);
                };
                if !number.is_integer() {
                    let detail = format!("found {}, not a whole number", shown(&text));
                    return Err(Fault::new(Reason::FractionalQuantity, path, detail));
                }
                i64::try_from(number).unwrap_or(i64::MAX)
            }
        };
        if whole.unsigned_abs() > QUANTITY_MAX.unsigned_abs() {
            let detail = format!("found {}, more than a quantity can be", shown(&text));
            return Err(Fault::new(Reason::OutOfRange, path, detail));
        }
        Ok(Some(whole))
    }

    /// The id of another record; 0 and nothing mean "none".
    pub(super) fn foreign(self, path: &str) -> Result<Option<i64>, Fault> {
        match self.trimmed(path)? {
            None => Ok(None),
            Some(text) => match text.parse::<i64>() {
                Ok(0) => Ok(None),
                Ok(id) if id > 0 => Ok(Some(id)),
                _ => Err(Fault::bad(
                    path,
                    format!("found {}, not an id", shown(&text)),
                )),
            },
        }
    }

    /// The id of the record itself, without which nothing can be known about it.
    pub(super) fn key(self, path: &str) -> Result<i64, Fault> {
        let missing = |detail: String| Fault::new(Reason::MissingId, path, detail);
        match self.foreign(path) {
            Ok(Some(id)) => Ok(id),
            Ok(None) => Err(missing("found no id".to_owned())),
            Err(fault) => Err(missing(fault.detail)),
        }
    }

    /// The id of a child. The record it belongs to has one of its own, so without this one a value
    /// is wrong, not the record unknown.
    pub(super) fn child_key(self, path: &str) -> Result<i64, Fault> {
        self.key(path).map_err(|fault| Fault {
            reason: Reason::BadValue,
            ..fault
        })
    }

    /// An instant; zero dates mean "never".
    pub(super) fn instant(self, path: &str) -> Result<Option<DateTime<Utc>>, Fault> {
        match self.trimmed(path)? {
            None => Ok(None),
            Some(text) => instant::read(&text)
                .map_err(|_| Fault::bad(path, format!("found {}, not a time", shown(&text)))),
        }
    }

    fn trimmed(self, path: &str) -> Result<Option<Cow<'a, str>>, Fault> {
        Ok(self
            .text(path)?
            .map(|text| match text {
                Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
                Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
            })
            .filter(|text| !text.is_empty()))
    }
}

/// Whether a text is a plain number, so that only its size can be what is wrong with it.
fn digits_only(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    [whole, part]
        .iter()
        .all(|side| !side.is_empty() && side.bytes().all(|b| b.is_ascii_digit()))
}

/// A number that fits the sums it will be part of, without idle zeros; `None` is one that could
/// not even be computed.
pub(super) fn bounded(number: Option<Decimal>, path: &str) -> Result<Decimal, Fault> {
    match number {
        Some(number) if number.abs() <= Decimal::from(AMOUNT_MAX) => Ok(number.normalize()),
        _ => {
            let detail = "found a number too large to hold";
            Err(Fault::new(Reason::OutOfRange, path, detail))
        }
    }
}

/// A text without characters that no screen shows and that end a text in some programs: control
/// characters other than tabs and line ends. What remains of a name or a code is what its owner
/// sees.
fn printable(mut text: String) -> String {
    if text.contains(char::is_control) {
        text.retain(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'));
    }
    text
}

fn unescape(written: &str, path: &str) -> Result<String, Fault> {
    serde_json::from_str(written).map_err(|_| Fault::bad(path, "found a text with broken escapes"))
}
