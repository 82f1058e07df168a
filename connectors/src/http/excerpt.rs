//! What of a foreign body may stand in an error or a log line.

/// The most of a body that is ever shown.
pub const EXCERPT_BYTES: usize = 2048;

/// A run of letters and digits this long is taken for a token.
const OPAQUE_RUN: usize = 32;

/// The beginning of a body, on one line, without anything that authenticates.
///
/// Three sieves, because none is enough: the secrets we know, the fields that by name hold a
/// secret, and every long opaque run, wherever it stands.
pub fn excerpt(body: &[u8], secrets: &[&str]) -> String {
    if body.iter().all(u8::is_ascii_whitespace) {
        return "(empty)".to_owned();
    }
    // Known secrets go first, on the whole body: a cut through one would leave a part of it.
    let mut text = String::from_utf8_lossy(body).into_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "[redacted]");
    }
    let mut text = blank_named_fields(&text);
    text = blank_opaque_runs(&text);
    let mut shown: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shown.retain(|c| !c.is_control());
    if shown.len() > EXCERPT_BYTES {
        let cut = (0..=EXCERPT_BYTES)
            .rev()
            .find(|&at| shown.is_char_boundary(at))
            .unwrap_or(0);
        shown.truncate(cut);
        shown.push('…');
    }
    if looks_like_html(&shown) {
        format!("an HTML page: {shown}")
    } else {
        shown
    }
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

fn blank_opaque_runs(text: &str) -> String {
    let opaque = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '+');
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
