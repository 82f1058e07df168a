use crate::id::ShopId;

/// Why a choice of location is refused, and what to type instead; always one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// No location is called anything like it.
    #[error("{} is not a location of this account{}{}", quoted(.code), guess(.nearest.as_deref()), list_of(.valid))]
    Unknown {
        /// What was typed.
        code: String,
        /// The location that may have been meant.
        nearest: Option<String>,
        /// The codes that may be chosen, quoted.
        valid: Vec<String>,
    },
    /// It fits but for its capitals or the spaces around it.
    #[error("{} is not a location of this account{} Codes are exact, capitals and spaces included; type: {}{}",
        quoted(.code), guess(Some(.name)), one_line(.to_type), list_of(.valid))]
    Inexact {
        /// What was typed.
        code: String,
        /// The location that fits.
        name: String,
        /// Its code in the form to type in a list.
        to_type: String,
        /// The codes that may be chosen, quoted.
        valid: Vec<String>,
    },
    /// Several locations bear the name.
    #[error("{} is the name of {} locations of this account; choose one by its id: {}", quoted(.code), .choices.len(), by_id(.choices))]
    Shared {
        /// What was typed.
        code: String,
        /// The shops that bear it.
        choices: Vec<ShopId>,
    },
    /// The location is archived.
    #[error("{} is an archived location and cannot be chosen; unarchive {} in Lightspeed first, or choose another{}",
        quoted(.code), quoted(.name), list_of(.valid))]
    Archived {
        /// What was typed.
        code: String,
        /// The archived location.
        name: String,
        /// The codes that may be chosen, quoted.
        valid: Vec<String>,
    },
    /// Nothing stands between two commas.
    #[error("entry {position} of the list of locations is empty; remove the comma too many")]
    EmptyEntry {
        /// Which entry, from 1.
        position: usize,
    },
    /// The quotes of an entry do not enclose it.
    #[error(
        "entry {position} of the list of locations has quotes that do not enclose it; write it as \"…\", with quotes inside doubled"
    )]
    BrokenQuotes {
        /// Which entry, from 1.
        position: usize,
    },
}

/// A name in quotes, on one line.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", one_line(name))
}

/// Shops by their ids, as codes.
pub(super) fn by_id(shops: &[ShopId]) -> String {
    shops
        .iter()
        .map(|shop| format!("#{shop}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn one_line(name: &str) -> String {
    let shown = |c: char| match c {
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    name.chars().map(shown).collect()
}

fn guess(nearest: Option<&str>) -> String {
    match nearest {
        Some(name) => format!("; did you mean {}?", quoted(name)),
        None => ".".to_owned(),
    }
}

fn list_of(valid: &[String]) -> String {
    match valid {
        [] => " (the account has no open location)".to_owned(),
        codes => format!(" (valid: {})", codes.join(", ")),
    }
}
