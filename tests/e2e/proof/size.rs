//! How much is proven: a sample by default, everything when asked to.

/// `long` proves everything.
const SIZE: &str = "STOCKBRIDGE_PROOF";
/// Decides the sample.
const SEED: &str = "STOCKBRIDGE_PROOF_SEED";
/// Repeats one case: the n-th place, or the n-th seed.
const ONLY: &str = "STOCKBRIDGE_PROOF_ONLY";

fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the size of a test is no configuration of the program"
    )]
    std::env::var(name).ok()
}

pub(super) fn is_long() -> bool {
    match variable(SIZE).as_deref() {
        None | Some("") => false,
        Some("long") => true,
        Some(other) => panic!("{SIZE} is {other:?}, and only \"long\" is known"),
    }
}

pub(super) fn seed() -> u64 {
    variable(SEED).map_or(7, |seed| seed.parse().expect("a number"))
}

pub(super) fn only() -> Option<u64> {
    variable(ONLY).map(|only| only.parse().expect("a number"))
}

/// Of the numbers from 1 to `count`, all or about `sample` of them, spread evenly from an offset
/// that the seed decides.
pub(super) fn chosen(count: u64, sample: u64) -> Vec<u64> {
    if let Some(only) = only() {
        return vec![only];
    }
    let every = if is_long() {
        1
    } else {
        (count / sample).max(1)
    };
    let all = 1..=count;
    all.filter(|n| n % every == seed() % every).collect()
}

/// How to repeat a case of a test.
pub(super) fn replay(test: &str, n: u64) -> String {
    format!(
        "{ONLY}={n} {SEED}={} cargo test --workspace --test e2e {test}",
        seed()
    )
}
