//! What of a foreign body may stand in an error or a log line.

use super::spellings::spellings;

/// The most of a body that is ever shown.
pub const EXCERPT_BYTES: usize = 2048;

/// A run of letters and digits this long is taken for a token.
const OPAQUE_RUN: usize = 32;

/// How much of a body is looked at: what is shown is found in its beginning, and a hostile body
/// must not cost more than its transfer.
const LOOKED_AT: usize = 64 * 1024;

/// How much of that the later sieves look at.
const SIEVED: usize = 16 * 1024;

/// The longest body of an error that is read as JSON: a tree takes many times the size of its text,
/// and what is longer says nothing to a person.
const JSON_BYTES: usize = 256 * 1024;

/// The body of an error as JSON, if it is that and short enough to be worth it.
pub(crate) fn error_json(body: &[u8]) -> Option<serde_json::Value> {
    let short = (body.len() <= JSON_BYTES).then_some(body)?;
    serde_json::from_slice(short).ok()
}

/// The beginning of a body, on one line, without anything that authenticates.
///
/// Three sieves, because none is enough: the secrets we know, in whatever spelling, the fields that
/// by name hold a secret, and every long opaque run, wherever it stands.
pub fn excerpt(body: &[u8], secrets: &[&str]) -> String {
    let start = &body[..body.len().min(LOOKED_AT)];
    if start.iter().all(u8::is_ascii_whitespace) {
        return if start.len() < body.len() {
            "(blank at its beginning)".to_owned()
        } else {
            "(empty)".to_owned()
        };
    }
    // On one line first, since that joins what was apart: from here on nothing comes together that
    // might be a secret.
    let text = String::from_utf8_lossy(start);
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.retain(|c| !c.is_control());
    // Known secrets go next: a cut through one would leave a part of it.
    let mut longest = OPAQUE_RUN;
    for spelling in secrets.iter().flat_map(|secret| spellings(secret)) {
        longest = longest.max(spelling.len());
        text = text.replace(&spelling, "[redacted]");
    }
    if start.len() < body.len() {
        // What was cut may be the beginning of one.
        let most = text.len().saturating_sub(longest).min(SIEVED);
        cut(&mut text, most);
        let whole = text.trim_end_matches(opaque).len();
        text.truncate(whole);
    }
    let mut shown = blank_opaque_runs(&blank_named_fields(&text));
    if shown.len() > EXCERPT_BYTES {
        cut(&mut shown, EXCERPT_BYTES);
        shown.push('…');
    }
    if shown.is_empty() {
        "(nothing that can be shown)".to_owned()
    } else if looks_like_html(&shown) {
        format!("an HTML page: {shown}")
    } else {
        shown
    }
}

/// Shortens a text to so many bytes at most.
fn cut(text: &mut String, most: usize) {
    let most = most.min(text.len());
    let at = (0..=most).rev().find(|&at| text.is_char_boundary(at));
    text.truncate(at.unwrap_or(0));
}

fn looks_like_html(text: &str) -> bool {
    let start = text
        .trim_start()
        .get(..14)
        .unwrap_or(text)
        .to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// Blanks what follows a name such as `access_token`, up to the end of its value.
fn blank_named_fields(text: &str) -> String {
    const NAMES: [&str; 6] = [
        "access_token",
        "refresh_token",
        "client_secret",
        "authorization",
        "bearer",
        "password",
    ];
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some((start, name)) = NAMES
        .iter()
        .filter_map(|name| lower[at..].find(name).map(|found| (at + found, *name)))
        .min()
    {
        let value = start + name.len();
        out.push_str(&text[at..value]);
        // A value follows only behind a separator; in prose the name stands alone.
        let rest = &text[value..];
        let separators: usize = rest
            .chars()
            .take_while(|c| matches!(c, '"' | '\'' | ':' | '=' | ' ' | '\\'))
            .map(char::len_utf8)
            .sum();
        let glued = rest[..separators].chars().any(|c| matches!(c, ':' | '=')) || name == "bearer";
        out.push_str(&rest[..separators]);
        at = value + separators;
        if glued && separators > 0 {
            let length = text[at..]
                .find(['"', '\'', '&', ',', '}', ' ', '\n', '\\'])
                .unwrap_or(text.len() - at);
            // "Authorization: Bearer x" is left to the name that follows.
            if length > 0 && !lower[at..].starts_with("bearer") {
                out.push_str("[redacted]");
                at += length;
            }
        }
    }
    out.push_str(&text[at..]);
    out
}

fn opaque(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '+')
}

fn blank_opaque_runs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.find(|c| !opaque(c)).unwrap_or(rest.len());
        if run >= OPAQUE_RUN {
            out.push_str("[redacted]");
        } else {
            out.push_str(&rest[..run]);
        }
        let next = rest[run..]
            .chars()
            .next()
            .map_or(run, |c| run + c.len_utf8());
        out.push_str(&rest[run..next]);
        rest = &rest[next..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_by_value_by_name_and_by_looks() {
        let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJ4In0.c2lnbmF0dXJlLXNpZ25hdHVyZQ";
        let body = format!(
            r#"{{"error":"invalid_grant","hint":"canary-1 is unknown","refresh_token":"short","note":"{jwt}","h":"Authorization: Bearer abc"}}"#
        );
        let shown = excerpt(body.as_bytes(), &["canary-1"]);
        for gone in ["canary-1", "short", jwt, "abc"] {
            assert!(!shown.contains(gone), "{gone} in {shown}");
        }
        assert!(shown.contains("invalid_grant"), "{shown}");
    }

    #[test]
    fn prose_stays_readable_and_long_bodies_are_cut() {
        let shown = excerpt(b"the access_token could not be verified", &[]);
        assert_eq!(shown, "the access_token could not be verified");
        assert!(excerpt("ä ".repeat(5000).as_bytes(), &[]).len() <= EXCERPT_BYTES + 3);
        assert_eq!(excerpt(b" \n", &[]), "(empty)");
        assert!(excerpt(b"<html><h1>502</h1></html>", &[]).starts_with("an HTML page"));
    }
}
