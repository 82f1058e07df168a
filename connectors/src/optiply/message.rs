//! What an error body says, in whichever of its shapes.

use crate::http::{error_json, excerpt};
use serde_json::Value;

/// The server's words, scrubbed: `errors[].meta.message`, `errors[].detail`, `errors[].message`,
/// `message`, `error`, else the body as it is. Several errors are joined.
pub(super) fn read(body: &[u8], secrets: &[&str]) -> String {
    let said = error_json(body).and_then(|body| from_json(&body));
    match said {
        Some(text) => excerpt(text.as_bytes(), secrets),
        None => excerpt(body, secrets),
    }
}

fn from_json(body: &Value) -> Option<String> {
    let filled = |value: &Value| {
        let text = value.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let of_error = |error: &Value| {
        filled(&error["meta"]["message"])
            .or_else(|| filled(&error["detail"]))
            .or_else(|| filled(&error["message"]))
            .or_else(|| filled(&error["title"]))
    };
    let listed: Vec<String> = body["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(of_error)
        .collect();
    if listed.is_empty() {
        filled(&body["message"])
            .or_else(|| filled(&body["error_description"]))
            .or_else(|| filled(&body["error"]))
    } else {
        Some(listed.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_read() {
        for (body, expected) in [
            (
                r#"{"errors":[{"status":"400","meta":{"message":"m"}}]}"#,
                "m",
            ),
            (r#"{"errors":[{"detail":"d"},{"message":"e"}]}"#, "d; e"),
            (r#"{"message":"m","error":"Bad Request"}"#, "m"),
            (r#"{"error":"e"}"#, "e"),
            (r#"{"error":"x","error_description":"why"}"#, "why"),
            (r#"{"errors":[]}"#, r#"{"errors":[]}"#),
            (
                r#"{"errors":[{"status":"409"}]}"#,
                r#"{"errors":[{"status":"409"}]}"#,
            ),
            ("plain", "plain"),
            ("", "(empty)"),
            ("<html>x</html>", "an HTML page: <html>x</html>"),
        ] {
            assert_eq!(read(body.as_bytes(), &[]), expected, "{body}");
        }
        assert!(!read(br#"{"message":"no canary here"}"#, &["canary"]).contains("canary"));
    }
}
