//! The spellings in which a server may repeat a secret to us.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// What is shorter stands in a text by chance.
const SHORTEST: usize = 6;

/// A secret as it is, as an address or a form writes it, as JSON does, and as base64 wherever it
/// begins in what is encoded. None of an empty one.
pub(super) fn spellings(secret: &str) -> Vec<String> {
    let mut all = vec![secret.to_owned()];
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let mut usual = percent.clone();
    // What need not be escaped mostly is not.
    for (escaped, plain) in [("%2D", "-"), ("%2E", "."), ("%5F", "_"), ("%7E", "~")] {
        usual = usual.replace(escaped, plain);
    }
    all.extend([usual.replace("%20", "+"), usual, percent]);
    let json = serde_json::Value::from(secret).to_string();
    all.push(json.trim_matches('"').to_owned());
    all.push(json.trim_matches('"').replace('/', "\\/"));
    for shift in 0..3 {
        all.extend(inside(secret.as_bytes(), shift));
    }
    all.retain(|spelling| spelling == secret || spelling.len() >= SHORTEST);
    all.retain(|spelling| !spelling.is_empty());
    // The longest first, so that none is spoiled by a part of it.
    all.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    all.dedup();
    all
}

/// What of its base64 depends on nothing else, where so many bytes stand before it.
fn inside(bytes: &[u8], shift: usize) -> [String; 2] {
    let mut padded = vec![0; shift];
    padded.extend_from_slice(bytes);
    let from = (shift * 8).div_ceil(6);
    let to = padded.len() * 8 / 6;
    [STANDARD.encode(&padded), URL_SAFE.encode(&padded)]
        .map(|text| text.get(from..to).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::excerpt;

    #[test]
    fn no_spelling_of_a_secret_is_shown() {
        let secret = "pa55 w/rd+x=1";
        for said in [
            secret.to_owned(),
            "pa55%20w%2Frd%2Bx%3D1".to_owned(),
            "pa55+w%2Frd%2Bx%3D1".to_owned(),
            "pa55 w\\/rd+x=1".to_owned(),
            STANDARD.encode(secret),
            STANDARD.encode(format!("a{secret}b")),
            URL_SAFE.encode(format!("id:{secret}")),
        ] {
            let shown = excerpt(format!("before {said} after").as_bytes(), &[secret]);
            assert!(shown.contains("[redacted]"), "{said}: {shown}");
            assert!(
                !shown.contains("rd+x") && !shown.contains("rd%2B"),
                "{shown}"
            );
            assert!(
                shown.starts_with("before") && shown.ends_with("after"),
                "{shown}"
            );
        }
        assert_eq!(spellings(""), Vec::<String>::new());
    }

    #[test]
    fn a_secret_at_the_end_of_what_is_looked_at_is_not_shown_in_part() {
        let secret = "canary of several words, and long enough to be cut";
        for at in (65_400..65_540).step_by(7) {
            let body = format!("{}{secret}{}", " ".repeat(at), " x".repeat(100));
            let shown = excerpt(body.as_bytes(), &[secret]);
            assert!(!shown.contains("canary"), "{at}: {shown}");
        }
    }
}
