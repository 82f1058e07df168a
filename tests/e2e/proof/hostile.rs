//! Whole cycles under systems that misbehave as a seed decides. Once they are well again, what is
//! left takes no longer than it must, and the end is that of a cycle without a fault.

use super::cycle::End;
use super::endure::Part;
use super::trial::{Conditions, Trial};
use super::{runtime, size};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::time::Duration;

/// Seeds that are tried, and all of them.
const SAMPLE: u64 = 20;
const ALL: u64 = 500;

/// How many failures are told in full.
const TOLD: usize = 3;

/// Ten calls: what it takes to be let in again by both systems, each with a call that is refused and
/// one for a token, and to read back what was half done.
const AGAIN: Duration = Duration::from_millis(2_500);

/// A cycle, how its parts went, and how many answers were spoiled.
struct Lived {
    end: End,
    parts: Vec<Part>,
    spoiled: usize,
}

fn live(conditions: Conditions) -> Lived {
    runtime().block_on(Box::pin(async {
        let mut trial = Trial::under(conditions).await;
        let end = trial.cycle().await;
        let sandbox = &trial.world.sandbox;
        let read = sandbox.history();
        let told = sandbox.optiply().history();
        let read = read.iter().filter(|call| call.fault.is_some()).count();
        let told = told.iter().filter(|call| call.fault.is_some()).count();
        Lived {
            end,
            parts: trial.parts,
            spoiled: read + told,
        }
    }))
}

/// A cycle under the same conditions in which nothing goes wrong.
fn undisturbed() -> &'static Lived {
    static UNDISTURBED: OnceLock<Lived> = OnceLock::new();
    UNDISTURBED.get_or_init(|| {
        let lived = live(Conditions::real(None));
        eprintln!("undisturbed: {:?}", lived.parts);
        lived
    })
}

/// The least that the rest of a part can take: until the moment to which something had already been
/// put off, and then as long as all of it takes undisturbed.
fn least(part: &Part, undisturbed: &Part) -> Duration {
    part.announced + undisturbed.rest + AGAIN
}

/// What came of all seeds.
#[derive(Default)]
struct Tally {
    failed: Vec<String>,
    spoiled: usize,
    /// Of each part that went on after the faults, its rest in thousandths of the least.
    rests: Vec<u128>,
}

impl Tally {
    fn judge(&mut self, lived: &Lived) -> Vec<String> {
        let expected = undisturbed();
        let mut wrong = lived.end.differs_from(&expected.end);
        self.spoiled += lived.spoiled;
        let parts = lived.parts.iter().zip(&expected.parts);
        for (part, undisturbed) in parts.filter(|(part, _)| part.open) {
            let least = least(part, undisturbed);
            let permille = part.rest.as_millis() * 1000 / least.as_millis();
            if permille > 1_100 {
                wrong.push(format!("{part:?} should have taken {least:?}"));
            }
            self.rests.push(permille);
        }
        wrong
    }

    fn try_seed(&mut self, seed: u64) {
        let lived = catch_unwind(AssertUnwindSafe(|| live(Conditions::real(Some(seed)))));
        let wrong = match lived {
            Err(_) => vec!["it panicked; see above".to_owned()],
            Ok(lived) => self.judge(&lived),
        };
        if !wrong.is_empty() {
            let first: Vec<&String> = wrong.iter().take(8).collect();
            let replay = size::replay("hostile_systems", seed);
            self.failed.push(format!("{replay}\n{first:#?}"));
        }
    }
}

#[test]
fn hostile_systems_cost_time_and_nothing_else() {
    let seeds: Vec<u64> = match size::only() {
        Some(seed) => vec![seed],
        None => (1..=if size::is_long() { ALL } else { SAMPLE }).collect(),
    };
    let began = std::time::Instant::now();
    let mut tally = Tally::default();
    for seed in &seeds {
        tally.try_seed(*seed);
    }
    let Tally {
        failed,
        spoiled,
        rests,
    } = tally;
    eprintln!(
        "{} seeds, {spoiled} spoiled answers; {} runs went on when all was well again and took at \
         most {:?} thousandths of the least; {:?}",
        seeds.len(),
        rests.len(),
        rests.iter().max(),
        began.elapsed()
    );
    let told: Vec<String> = failed.iter().take(TOLD).cloned().collect();
    let told = told.join("\n");
    assert!(failed.is_empty(), "{} failed:\n{told}", failed.len());
    let many = spoiled > 10 * seeds.len() || size::only().is_some();
    assert!(many, "only {spoiled} answers were spoiled");
}
