//! The settings that would make a record count.

use super::Known;
use super::story::Story;
use crate::cli::words::listed;
use pipeline::Reason;
use pipeline::id::ShopId;
use pipeline::location::LocationBook;
use pipeline::settings::Locations;
use std::collections::BTreeSet;

/// Tells the commands, where the rule is a setting; `there` are the shops that it happened in.
pub(super) fn tell(story: &mut Story, known: &Known, there: &BTreeSet<ShopId>) {
    let sets = match story.reason.and_then(Reason::from_code) {
        Some(Reason::NotCompleted) => "--set sync-all-sales-orders=true".to_owned(),
        Some(Reason::DraftOrder) => "--set include-open-pos=true".to_owned(),
        Some(Reason::BeforeHistory) => "--set history-since=all".to_owned(),
        Some(Reason::OtherLocation) => {
            story.say(format!("This connection reads {}.", reads(known)));
            match codes(known, there) {
                Some(codes) => format!("--set get-data-from=multiple --set 'locations={codes}'"),
                None => "--set get-data-from=all".to_owned(),
            }
        }
        _ => return,
    };
    story.commands = vec![format!(
        "stockbridge settings {} {sets}",
        known.connection.name
    )];
}

fn reads(known: &Known) -> String {
    let shops: Vec<String> = match &known.settings.locations {
        Locations::All => return "all locations".to_owned(),
        Locations::Multiple(shops) => shops.iter().map(|id| known.shop(Some(*id))).collect(),
        Locations::One => {
            return format!(
                "only its default location, {}",
                known.shop(Some(known.settings.default_location))
            );
        }
    };
    format!("only {}", listed(&shops))
}

/// The present choice with these shops added, as it would be typed; none if a shop of it cannot be
/// chosen.
fn codes(known: &Known, add: &BTreeSet<ShopId>) -> Option<String> {
    let mut chosen = match &known.settings.locations {
        Locations::Multiple(shops) => shops.clone(),
        Locations::One | Locations::All => vec![known.settings.default_location],
    };
    chosen.extend(add.iter().filter(|id| !known.settings.selects(**id)));
    let closed = |id: &ShopId| {
        known
            .shops
            .iter()
            .any(|shop| shop.id == *id && shop.archived)
    };
    if chosen.iter().any(closed) {
        return None;
    }
    let book = LocationBook::new(known.shops.clone());
    let codes: Option<Vec<String>> = chosen.into_iter().map(|id| book.code_of(id)).collect();
    codes.map(|codes| codes.join(","))
}
