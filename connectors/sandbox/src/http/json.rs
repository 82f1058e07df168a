//! Writing JSON the way this API does: every scalar a string, slashes escaped, one child an
//! object, several an array.

use std::fmt::Write;

use chrono::{DateTime, Datelike, Timelike, Utc};
use rust_decimal::Decimal;

/// An object being written straight into the body.
pub(crate) struct Obj<'a> {
    out: &'a mut String,
    first: bool,
}

impl<'a> Obj<'a> {
    /// Writes one object.
    pub(crate) fn write(out: &'a mut String, fill: impl FnOnce(&mut Obj<'_>)) {
        out.push('{');
        fill(&mut Obj {
            out: &mut *out,
            first: true,
        });
        out.push('}');
    }

    fn key(&mut self, name: &str) {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.key(name);
        quoted(self.out, value);
    }

    /// Any number or flag that displays without need of escapes.
    pub(crate) fn plain(&mut self, name: &str, value: impl std::fmt::Display) {
        self.key(name);
        // Writing into a String cannot fail.
        let _ = write!(self.out, "\"{value}\"");
    }

    pub(crate) fn dec(&mut self, name: &str, value: Decimal) {
        self.plain(name, value.normalize());
    }

    pub(crate) fn time(&mut self, name: &str, value: DateTime<Utc>) {
        self.key(name);
        self.out.push('"');
        instant(self.out, value);
        self.out.push('"');
    }

    /// A time that is left out when there is none.
    pub(crate) fn time_if(&mut self, name: &str, value: Option<DateTime<Utc>>) {
        if let Some(value) = value {
            self.time(name, value);
        }
    }

    pub(crate) fn child(&mut self, name: &str, fill: impl FnOnce(&mut Obj<'_>)) {
        self.key(name);
        Obj::write(self.out, fill);
    }

    /// A collection in its wrapper: one row is an object, several an array; none leaves the
    /// wrapper out, or blank.
    pub(crate) fn many<T>(
        &mut self,
        (wrapper, inner): (&str, &str),
        rows: &[T],
        blank_if_none: bool,
        fill: impl Fn(&mut Obj<'_>, &T),
    ) {
        match rows {
            [] if blank_if_none => self.text(wrapper, ""),
            [] => {}
            [one] => self.child(wrapper, |obj| obj.child(inner, |obj| fill(obj, one))),
            several => self.child(wrapper, |obj| {
                obj.key(inner);
                obj.out.push('[');
                for (at, row) in several.iter().enumerate() {
                    if at > 0 {
                        obj.out.push(',');
                    }
                    Obj::write(obj.out, |obj| fill(obj, row));
                }
                obj.out.push(']');
            }),
        }
    }
}

/// A JSON string with slashes escaped, as this API writes them.
pub(crate) fn quoted(out: &mut String, value: &str) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// `2026-03-02T09:00:00+00:00`
pub(crate) fn instant(out: &mut String, time: DateTime<Utc>) {
    let _ = write!(
        out,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+00:00",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
}
