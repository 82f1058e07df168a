//! Whole journeys at the finest log level: nothing that authenticates anybody is written anywhere,
//! in whatever spelling.

mod forms;
mod heard;
mod journey;

use forms::Forms;
use journey::{Journey, Place};

/// Nothing of what was heard stands in any of these places.
fn assert_silent(journey: &Journey, places: &[Place]) {
    let secrets = journey.secrets();
    let kinds: std::collections::BTreeSet<&str> = secrets.iter().map(|(kind, _)| *kind).collect();
    for kind in [
        "access_token",
        "api token",
        "basic",
        "bearer",
        "client_secret",
        "password",
        "refresh_token",
        "sealing key",
        "webhook address",
        "webhook secret",
    ] {
        assert!(kinds.contains(kind), "no {kind} was heard: {kinds:?}");
    }
    let all: Vec<_> = secrets
        .iter()
        .map(|(kind, secret)| (kind, Forms::of(secret)))
        .collect();
    for place in places {
        let lower = String::from_utf8_lossy(&place.content).to_lowercase();
        for (kind, forms) in &all {
            if let Some(form) = forms.found_in(&lower) {
                panic!("{} shows a secret, {kind} in the form {form}", place.name);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_life_of_a_connection_tells_no_secret() {
    let journey = Journey::begin().await;
    let mut places = journey.connect();
    places.extend(journey.work());
    places.extend(journey.serve().await);
    places.extend(journey.look());
    places.extend(journey.lose_the_grant());
    let logged: usize = places.iter().map(|place| place.content.len()).sum();
    assert!(logged > 100_000, "the finest log is long: {logged} bytes");
    places.extend(journey.files());
    assert_silent(&journey, &places);
}

#[test]
fn a_secret_is_found_in_every_spelling() {
    let secret = "s3cr+t/with=odd chars\"~é";
    let forms = Forms::of(secret);
    let near = |text: &str| forms.found_in(&format!("before {text} after").to_lowercase());
    assert_eq!(near(secret), Some("as it is"));
    assert_eq!(
        near("s3cr%2Bt%2Fwith%3Dodd%20chars%22~%C3%A9"),
        Some("percent")
    );
    assert_eq!(
        near("s3cr%2bt%2fwith%3dodd+chars%22%7E%c3%a9"),
        Some("form")
    );
    assert_eq!(near("s3cr+t/with=odd chars\\\"~é"), Some("json"));
    for shift in 0..3 {
        let padded = format!("{}{secret}tail", &"abc"[..shift]);
        let (standard, safe) = forms::encoded(padded.as_bytes());
        assert!(near(&standard).is_some(), "{shift}: {standard}");
        assert!(near(&safe).is_some(), "{shift}: {safe}");
    }
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(near(&hex), Some("hex"));
    assert_eq!(near("nothing of the kind"), None);
    // A part of it is told from nothing too, as soon as it is long enough to be of use.
    assert_eq!(near(&secret[..16]), Some("its beginning"));
}
