//! Answers that are damaged in every way: no panic, no hang, no walk elsewhere, nothing shown.

mod answers;
mod bounds;
mod lightspeed;
mod optiply;
mod tokens;

use crate::support::mutate::Dice;
use crate::support::script::{reply, with};
use connectors::http::Response;

/// What headers hold on a good day, to be damaged.
const HEADERS: [(&str, &[&str]); 6] = [
    (
        "retry-after",
        &[
            "1",
            "1.5",
            "Sun, 01 Feb 2026 12:00:30 GMT",
            "-1",
            "99999999999",
        ],
    ),
    (
        "date",
        &[
            "Sun, 01 Feb 2026 12:00:05 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "now",
        ],
    ),
    (
        "x-ls-api-bucket-level",
        &["3/90", "92.57/90", "0/0", "NaN/90"],
    ),
    ("x-ls-api-drip-rate", &["1.5", "1", "0", "-1", "1e9"]),
    ("x-ls-api-request-cost", &["1.4", "10", "-3", "1e400"]),
    ("x-ls-api-burst-level", &["1/22", "22/22", "1/0", "x/y"]),
];

/// An answer with this body and some damaged headers.
fn answer(dice: &mut Dice, status: u16, body: Vec<u8>) -> Response {
    let mut response = reply(status, body);
    for (name, values) in HEADERS {
        if dice.below(3) == 0 {
            response = with(response, name, &header(dice, values));
        }
    }
    response
}

/// The status of an answer: mostly a good one, so that its body is read.
fn status(dice: &mut Dice) -> u16 {
    *dice.of(&[
        200, 200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 409, 418, 422, 429, 500, 503,
    ])
}

/// A header value: one of these, or one of them damaged.
fn header(dice: &mut Dice, of: &[&str]) -> String {
    let mut text = (*dice.of(of)).to_owned();
    match dice.below(4) {
        0 => text.push_str(&"9".repeat(dice.below(400))),
        1 => text.truncate(dice.below(text.len())),
        2 => text.insert(dice.below(text.len()), *dice.of(&['/', '-', '.', ' ', 'e'])),
        _ => {}
    }
    text
}
