//! Where the answer of a command goes.

use serde::Serialize;
use std::io::Write;

/// Stdout, for a person or for a program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Out {
    pub(super) json: bool,
}

impl Out {
    /// Writes the answer: the JSON of `value` for programs, `text` for people.
    pub(super) fn answer(self, value: &impl Serialize, text: impl FnOnce() -> String) {
        if self.json {
            match serde_json::to_string(value) {
                Ok(line) => write(&line),
                // Our own shapes are structs of plain values, which have no way to fail.
                Err(error) => tracing::error!(%error, "the answer could not be written as JSON"),
            }
        } else {
            write(text().trim_end());
        }
    }
}

/// A reader that has gone away, such as `head`, has what it wanted.
fn write(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _gone = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

/// Writes a line for people to stderr, around the bars.
pub(super) fn note(text: &str) {
    crate::telemetry::bars().suspend(|| {
        let _gone = writeln!(std::io::stderr().lock(), "{text}");
    });
}
