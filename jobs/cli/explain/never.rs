//! A record that is not held: was it looked for, and how sure is that?

use super::Known;
use super::story::Story;
use crate::cli::words::{at, count, grouped, listed};
use pipeline::Feed;
use storage::{Trail, Wanted};

/// Tells of a record that was never seen. `plural` names its kind: `sales`.
pub(super) fn tell(story: &mut Story, known: &Known, trail: &Trail, plural: &str) {
    let name = &known.connection.name;
    let again = format!("stockbridge backfill {name}");
    story.outcome = "never_seen";
    story.summary = format!("{} was never seen by {name:?}.", story.subject());
    let proof = &trail.feed;
    let Some((run, state)) = proof.run.zip(proof.state.as_deref()) else {
        story.say(format!("The {plural} of this connection were never read."));
        story.change = Some("A backfill reads them.".to_owned());
        story.commands = vec![again];
        return;
    };
    if let Some(sale) = of_ticket(story.id()).filter(|_| plural == "sales") {
        story.say(format!(
            "The number looks like that of a receipt; its sale would be {sale}."
        ));
        story.commands = vec![format!("stockbridge explain {name} sale {sale}")];
        return;
    }
    let newer = proof.highest_id.is_some_and(|highest| highest < story.id());
    match (proof.passed, newer, proof.highest_id, state) {
        (false, true, Some(highest), _) => {
            let began = proof
                .opened_at
                .map(|opened| format!(", opened on {},", at(opened)))
                .unwrap_or_default();
            story.say(format!(
                "When run {run}{began} began to read {plural}, the highest id was {}.",
                grouped(highest)
            ));
            story.change = Some(
                "If it was made after that, the next backfill brings it in; if not, look at the \
                 number again."
                    .to_owned(),
            );
            story.commands = vec![again];
        }
        (true, ..) | (_, _, _, "done") => {
            let proven = proof
                .proven_at
                .map(|proven| format!("; the end of the list was proven on {}", at(proven)))
                .unwrap_or_default();
            story.say(format!(
                "Run {run} has read past this id, archived {plural} included{proven}."
            ));
            story.say("Lightspeed did not return it.".to_owned());
            story.change = Some(format!(
                "Look at the number again. If it is right, the record was deleted, or it belongs to \
                 another account than {}.",
                known.connection.account_id
            ));
        }
        _ => {
            story.say(format!(
                "Run {run} is still reading {plural} and has not come to this id."
            ));
            story.change = Some("Wait for the backfill, or let it go on:".to_owned());
            story.commands = vec![again];
        }
    }
    if proof.nameless > 0 {
        story.say(format!(
            "{} of {plural} had no readable id; it may be among them (`stockbridge rejected {name}`).",
            count(proof.nameless, "rejected row")
        ));
    }
}

/// Tells of a record that was never seen and that others may name, which is asked for by its id.
pub(super) async fn tell_named(
    story: &mut Story,
    known: &Known,
    trail: &Trail,
    feed: Feed,
) -> anyhow::Result<()> {
    tell(story, known, trail, feed.name());
    let naming = known
        .store
        .naming(known.connection.id, feed, story.id())
        .await?;
    let by: Vec<String> = [
        (naming.sales, "sale"),
        (naming.orders, "purchase order"),
        (naming.shipments, "shipment"),
        (naming.items, "item"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, noun)| count(n, noun))
    .collect();
    if !by.is_empty() {
        let total = naming.sales + naming.orders + naming.shipments + naming.items;
        let name = if total == 1 { "names" } else { "name" };
        story.say(format!("{} {name} it.", listed(&by)));
    }
    match naming.wanted {
        Some(Wanted::Gone) => {
            story.say("It was asked for by its id, and Lightspeed did not return it.");
            story.change = Some(
                match feed {
                    Feed::Items => {
                        "It was merged into another item or deleted. What names it keeps its other \
                         lines."
                    }
                    Feed::Vendors => {
                        "It was merged into another vendor or deleted. A purchase order counts once \
                         it names another one."
                    }
                    _ => "It was deleted, so what arrived for it belongs to no order.",
                }
                .to_owned(),
            );
            story.commands = Vec::new();
        }
        Some(Wanted::Open) => {
            story.say("It is being asked for by its id.");
            story.change = Some(
                "Nothing is needed: a running backfill asks for it, and what names it waits."
                    .to_owned(),
            );
            story.commands = vec![format!("stockbridge backfill {}", known.connection.name)];
        }
        None => {}
    }
    Ok(())
}

/// The sale of a ticket number: 22, then the sale's id in ten digits.
fn of_ticket(number: i64) -> Option<i64> {
    let sale = number - 220_000_000_000;
    (1..10_000_000_000).contains(&sale).then_some(sale)
}
