//! The spellings in which a secret may leave us.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// How much of a beginning is already a leak.
const BEGINNING: usize = 16;

/// A secret in every spelling.
pub(super) struct Forms(Vec<(&'static str, String)>);

/// A text in both alphabets of base64.
pub(super) fn encoded(bytes: &[u8]) -> (String, String) {
    (STANDARD.encode(bytes), URL_SAFE.encode(bytes))
}

impl Forms {
    pub(super) fn of(secret: &str) -> Self {
        let bytes = secret.as_bytes();
        let mut forms = vec![
            ("as it is", bytes.to_vec()),
            ("percent", percent(bytes, "%20").into_bytes()),
            ("form", percent(bytes, "+").replace('~', "%7E").into_bytes()),
            (
                "json",
                serde_json::json!(secret)
                    .to_string()
                    .trim_matches('"')
                    .as_bytes()
                    .to_vec(),
            ),
            (
                "hex",
                bytes
                    .iter()
                    .flat_map(|byte| format!("{byte:02x}").into_bytes())
                    .collect(),
            ),
            (
                "its beginning",
                bytes[..BEGINNING.min(bytes.len())].to_vec(),
            ),
        ];
        for shift in 0..3 {
            for (name, text) in inside(bytes, shift) {
                forms.push((name, text.into_bytes()));
            }
        }
        // What is too short stands everywhere by chance. In which case it is written is the same.
        let forms = forms.into_iter().filter(|(_, form)| form.len() >= 8);
        let lower =
            |(name, form): (_, Vec<u8>)| (name, String::from_utf8_lossy(&form).to_lowercase());
        Self(forms.map(lower).collect())
    }

    /// The spelling in which it stands in this text, which is in lower case, if it does.
    pub(super) fn found_in(&self, lower: &str) -> Option<&'static str> {
        let mut forms = self.0.iter();
        forms
            .find(|(_, form)| lower.contains(form))
            .map(|(name, _)| *name)
    }
}

/// The middle of its base64 where so many bytes stand before it: what does not depend on them, nor
/// on what follows.
fn inside(bytes: &[u8], shift: usize) -> [(&'static str, String); 2] {
    let mut padded = vec![0; shift];
    padded.extend_from_slice(bytes);
    let (standard, safe) = encoded(&padded);
    let from = (shift * 8).div_ceil(6);
    let to = padded.len() * 8 / 6;
    [
        ("base64", standard[from..to].to_owned()),
        ("base64url", safe[from..to].to_owned()),
    ]
}

fn percent(bytes: &[u8], blank: &str) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(*byte).to_string()
            }
            b' ' => blank.to_owned(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
