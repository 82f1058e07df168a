//! The body of a write: a flat object whose values are strings, numbers or flags.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::{super::Incoming, Refusal};

pub(super) struct Body(Map<String, Value>);

impl Body {
    pub(super) fn read(incoming: &Incoming) -> Result<Body, Refusal> {
        if !incoming.content_type.starts_with("application/json") {
            return Err(Refusal::bad("The body must be application/json."));
        }
        match serde_json::from_slice(&incoming.body) {
            Ok(Value::Object(fields)) => Ok(Body(fields)),
            _ => Err(Refusal::bad("The body is not a JSON object.")),
        }
    }

    /// Refuses fields that do not exist, or cannot be written.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(Refusal::bad(format!("'{name}' cannot be written."))),
        }
    }

    /// A field's text; a native number or flag counts as its text. None when it is not sent.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(String::new())),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::Bool(flag)) => Ok(Some(flag.to_string())),
            Some(_) => Err(Refusal::bad(format!("{name} must be a plain value."))),
        }
    }

    pub(super) fn id(&self, name: &str) -> Result<Option<u64>, Refusal> {
        self.parsed(name)
    }

    pub(super) fn decimal(&self, name: &str) -> Result<Option<Decimal>, Refusal> {
        self.parsed(name)
    }

    /// A time with its offset; blank takes away what is there.
    pub(super) fn time(&self, name: &str) -> Result<Option<Option<DateTime<Utc>>>, Refusal> {
        match self.text(name)? {
            None => Ok(None),
            Some(text) if text.is_empty() => Ok(Some(None)),
            Some(text) => DateTime::parse_from_rfc3339(&text)
                .map(|time| Some(Some(time.to_utc())))
                .map_err(|_| Refusal::bad(format!("{name} is no time: {text}."))),
        }
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Refusal> {
        self.text(name)?
            .map(|text| {
                text.parse()
                    .map_err(|_| Refusal::bad(format!("{name} cannot be '{text}'.")))
            })
            .transpose()
    }
}
