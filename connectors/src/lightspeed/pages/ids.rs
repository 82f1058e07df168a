//! The primary ids of a page's rows.

use crate::lightspeed::error::SourceError;
use crate::lightspeed::query::Order;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The lowest and highest id, and the proof that ascending ids do ascend. A row whose id cannot be
/// read is normalize's to reject.
pub(in crate::lightspeed) fn span_of_ids(
    rows: &[&RawValue],
    key: &str,
    order: Order,
    resource: &str,
) -> Result<(Option<i64>, Option<i64>), SourceError> {
    let (mut first, mut last, mut previous): (Option<i64>, Option<i64>, Option<i64>) =
        (None, None, None);
    for id in rows.iter().filter_map(|row| id_of(row, key)) {
        if order == Order::Ascending
            && let Some(previous) = previous.filter(|previous| *previous > id)
        {
            return Err(SourceError::OutOfOrder {
                resource: resource.to_owned(),
                previous,
                id,
            });
        }
        previous = Some(id);
        first = Some(first.map_or(id, |first| first.min(id)));
        last = Some(last.map_or(id, |last| last.max(id)));
    }
    Ok((first, last))
}

/// An id of a row, written as text or as a number.
pub(in crate::lightspeed) fn id_of(row: &RawValue, key: &str) -> Option<i64> {
    let mut id = None;
    // Reading stops at the id, which usually comes first; the error that stopping causes is ours.
    let _stopped = serde_json::Deserializer::from_str(row.get())
        .deserialize_map(IdVisitor { key, id: &mut id });
    id
}

struct IdVisitor<'a> {
    key: &'a str,
    id: &'a mut Option<i64>,
}

impl<'de> Visitor<'de> for IdVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == self.key {
                let value: &RawValue = map.next_value()?;
                *self.id = value.get().trim_matches('"').trim().parse().ok();
                return Ok(());
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(row: &str) -> Option<i64> {
        id_of(
            &RawValue::from_string(row.to_owned()).expect("a valid sample"),
            "saleID",
        )
    }

    #[test]
    fn ids_are_read_leniently() {
        assert_eq!(id(r#"{"saleID":"501","completed":"true"}"#), Some(501));
        assert_eq!(id(r#"{"completed":{"saleID":9},"saleID":7}"#), Some(7));
        for none in [
            r#"{"saleID":"x"}"#,
            r#"{"saleID":null}"#,
            r#"{"a":1}"#,
            "[]",
            "7",
            "null",
            r#"{"saleID":{}}"#,
        ] {
            assert_eq!(id(none), None, "{none}");
        }
    }
}
