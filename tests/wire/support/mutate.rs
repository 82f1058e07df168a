//! Damage done to answers, the same for the same seed: what a fuzzer does, in an ordinary test.
//!
//! A case is a body of the corpus with a few damages. Some know what JSON looks like, so that they
//! get past the first brace; the others do not, and so break what the former would spare.

/// How many cases of each target there are, for a longer run by hand.
const CASES: &str = "STOCKBRIDGE_FUZZ_CASES";

/// How many cases of a target to run: so many, unless the environment says more.
pub(crate) fn cases(usually: u64) -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the size of a test is no configuration of the program"
    )]
    let asked = std::env::var(CASES).ok();
    asked.map_or(usually, |asked| asked.parse().expect("a number"))
}

/// A source of numbers that is the same on every computer and for ever.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below this one; 0 if that is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    pub(crate) fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// What a value may be replaced with: every shape, and the edges of numbers, dates and texts.
const VALUES: [&str; 28] = [
    "null",
    "true",
    "\"\"",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    "[{},{}]",
    "{\"next\":\"\"}",
    "-1",
    "0",
    "0.1",
    "1e999",
    "1E-999",
    "-0",
    "18446744073709551616",
    "9223372036854775807",
    "-9223372036854775808",
    "\"NaN\"",
    "\"1e28\"",
    "\"79228162514264337593543950336\"",
    "\"0000-00-00T00:00:00+00:00\"",
    "\"9999-12-31T23:59:60-23:59\"",
    "\"https://evil.example/API/V3/Account/77/Sale.json?after=x\"",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "\"é\u{202e}\u{1f980}\"",
    "\"Bearer x\"",
];

/// The most that a case grows to.
const MOST: usize = 256 * 1024;

/// A damaged body of the corpus.
pub(crate) fn damaged(dice: &mut Dice, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut body = dice.of(corpus).clone();
    for _ in 0..=dice.below(4) {
        damage(dice, &mut body, corpus);
        body.truncate(MOST);
    }
    body
}

fn damage(dice: &mut Dice, body: &mut Vec<u8>, corpus: &[Vec<u8>]) {
    let from = dice.below(body.len());
    let to = (from + dice.below(64)).min(body.len());
    match dice.below(14) {
        0 => {
            if let Some(byte) = body.get_mut(from) {
                *byte ^= 1 << (dice.next() % 8);
            }
        }
        1 => body.truncate(from),
        2 => {
            body.drain(from..to);
        }
        3 => {
            let piece = body[from..to].repeat(1 + dice.below(64));
            body.splice(from..from, piece);
        }
        4 => {
            let other = dice.of(corpus);
            let at = dice.below(other.len());
            body.truncate(from);
            body.extend_from_slice(&other[at..]);
        }
        5 => {
            let junk = *dice.of(&[0x00, 0x80, 0xc0, 0xff, b'"', b'\\', b'{', b'[', b',', b'}']);
            body.insert(from, junk);
        }
        6 => {
            let digits = "9".repeat(1 + dice.below(5_000));
            replace_value(dice, body, &digits);
        }
        7 => {
            let text = format!(
                "\"{}\"",
                dice.of(&["a", "\\u00e9", " ", "-"])
                    .repeat(dice.below(9_000))
            );
            replace_value(dice, body, &text);
        }
        8 => {
            let depth = 1 + dice.below(20_000);
            let (open, close) = *dice.of(&[("[", "]"), ("{\"a\":", "}")]);
            let middle = if open == "[" { "" } else { "1" };
            let deep = format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
            replace_value(dice, body, &deep);
        }
        9 => {
            let row = *dice.of(&["{}", "null", "0", "[]", "{\"saleID\":\"1\"}"]);
            let list = vec![row; dice.below(5_000)].join(",");
            replace_value(dice, body, &format!("[{list}]"));
        }
        _ => {
            let value = *dice.of(&VALUES);
            replace_value(dice, body, value);
        }
    }
}

/// Replaces the value behind one of the colons, as far as it can be told where it ends.
fn replace_value(dice: &mut Dice, body: &mut Vec<u8>, value: &str) {
    let colons: Vec<usize> = (0..body.len()).filter(|at| body[*at] == b':').collect();
    if colons.is_empty() {
        body.extend_from_slice(value.as_bytes());
        return;
    }
    let start = *dice.of(&colons) + 1;
    let rest = &body[start..];
    let mut values =
        serde_json::Deserializer::from_slice(rest).into_iter::<serde::de::IgnoredAny>();
    let end = match values.next() {
        Some(Ok(_)) => start + values.byte_offset(),
        _ => start,
    };
    body.splice(start..end, value.bytes());
}
