//! `status --watch`: the same, again and again, until Ctrl-C.

use super::{Answer, Status};
use crate::cli::context::Context;
use crate::deps::Deps;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Clears the screen and goes to its top.
const REDRAW: &str = "\x1b[2J\x1b[H";

/// The shortest pause between two looks.
const SHORTEST: Duration = Duration::from_millis(50);

/// Shows where everything stands until this process is asked to stop: redrawn on a terminal, else
/// once more whenever something has changed.
pub(super) async fn watch(
    status: &Status,
    context: &Context,
    deps: &Deps,
    pause: Duration,
) -> anyhow::Result<()> {
    let screen = !context.out.json && std::io::stdout().is_terminal();
    let mut shown = None;
    while !context.shutdown.is_cancelled() {
        let answer = status.look(context, deps).await?;
        let now = without_times(&answer)?;
        if screen {
            let mut stdout = std::io::stdout().lock();
            // A reader that has gone away has what it wanted.
            if write!(stdout, "{REDRAW}{}", answer.text())
                .and_then(|()| stdout.flush())
                .is_err()
            {
                return Ok(());
            }
        } else if shown.as_ref() != Some(&now) {
            context
                .out
                .answer(&answer, || format!("{}\n", answer.text()));
            shown = Some(now);
        }
        tokio::select! {
            () = tokio::time::sleep(pause.max(SHORTEST)) => {}
            () = context.shutdown.cancelled() => {}
        }
    }
    Ok(())
}

/// The answer without what is another one at every look although nothing has happened.
fn without_times(answer: &Answer) -> anyhow::Result<serde_json::Value> {
    let mut value = serde_json::to_value(answer)?;
    forget(&mut value);
    Ok(value)
}

fn forget(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            for name in ["at", "seen_at", "eta", "budget"] {
                fields.remove(name);
            }
            fields.values_mut().for_each(forget);
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(forget),
        _ => {}
    }
}
