//! Location codes: the names by which a shop owner chooses locations.
//!
//! A code is the exact name of a shop, capitals and spaces included, or `#` and its id. Nothing is
//! guessed: choosing the wrong location would fill Optiply with somebody else's stock, so whatever
//! does not fit exactly is refused together with what to type instead. Settings keep the id, so
//! that a later rename changes nothing.

mod error;
mod list;

pub use error::LocationError;
pub use list::parse_list;

use crate::id::ShopId;

/// How alike two names must be for one to be suggested for the other, from 0 to 1. Two swapped or
/// missing letters in a short name pass, a different word does not.
const LIKENESS_MIN: f64 = 0.6;

/// A shop as a choice of location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopEntry {
    /// Its id.
    pub id: ShopId,
    /// Its name as spelled, spaces included.
    pub name: String,
    /// Archived shops cannot be chosen.
    pub archived: bool,
}

/// The locations of an account.
#[derive(Clone, Debug, Default)]
pub struct LocationBook {
    shops: Vec<ShopEntry>,
}

impl LocationBook {
    /// The locations of these shops.
    pub fn new(mut shops: Vec<ShopEntry>) -> Self {
        shops.sort_by_key(|shop| shop.id);
        Self { shops }
    }

    /// The shop of one code.
    ///
    /// # Errors
    /// When the code is not exactly one open shop; the error says what to type.
    pub fn resolve_one(&self, code: &str) -> Result<ShopId, LocationError> {
        // The form that errors tell people to type is quoted where a list would need it.
        let unquoted = list::unquoted(code);
        match self.named(code) {
            Some(found) => found,
            None => match unquoted.as_deref().and_then(|code| self.named(code)) {
                Some(found) => found,
                None => Err(self.miss(unquoted.as_deref().unwrap_or(code))),
            },
        }
    }

    /// The shops of a comma list of codes, each once, in the order given.
    ///
    /// # Errors
    /// When the list cannot be read or one of its codes is not exactly one open shop.
    pub fn resolve_list(&self, text: &str) -> Result<Vec<ShopId>, LocationError> {
        let mut chosen = Vec::new();
        for code in parse_list(text)? {
            let shop = self.resolve_one(&code)?;
            if !chosen.contains(&shop) {
                chosen.push(shop);
            }
        }
        Ok(chosen)
    }

    /// The code of a shop, in the form to type: its name, or `#` and its id if others share it.
    pub fn code_of(&self, shop: ShopId) -> Option<String> {
        let entry = self.shops.iter().find(|entry| entry.id == shop)?;
        let shared = self.open().filter(|other| other.name == entry.name).count() > 1;
        Some(if shared {
            format!("#{shop}")
        } else {
            list::to_type(&entry.name)
        })
    }

    fn open(&self) -> impl Iterator<Item = &ShopEntry> {
        self.shops.iter().filter(|shop| !shop.archived)
    }

    /// The shop that bears exactly this name or id, if any does.
    fn named(&self, code: &str) -> Option<Result<ShopId, LocationError>> {
        let open: Vec<&ShopEntry> = self.open().filter(|shop| shop.name == code).collect();
        match open.as_slice() {
            [] => {}
            [shop] => return Some(Ok(shop.id)),
            several => {
                let choices = several.iter().map(|shop| shop.id).collect();
                return Some(Err(LocationError::Shared {
                    code: code.to_owned(),
                    choices,
                }));
            }
        }
        let id = code
            .strip_prefix('#')
            .and_then(|id| id.parse().ok())
            .map(ShopId);
        let shop = self
            .shops
            .iter()
            .find(|shop| Some(shop.id) == id || shop.name == code)?;
        Some(if shop.archived {
            Err(self.archived(code, shop))
        } else {
            Ok(shop.id)
        })
    }

    /// Why a code that nobody bears exactly is refused.
    fn miss(&self, code: &str) -> LocationError {
        let loose = |name: &str| name.trim().to_lowercase();
        let wanted = loose(code);
        let fits = |shop: &&ShopEntry| !wanted.is_empty() && loose(&shop.name) == wanted;
        if let Some(shop) = self.open().find(fits) {
            return LocationError::Inexact {
                code: code.to_owned(),
                name: shop.name.clone(),
                to_type: self.code_of(shop.id).unwrap_or_default(),
                valid: self.valid(),
            };
        }
        if let Some(shop) = self.shops.iter().find(fits) {
            return self.archived(code, shop);
        }
        LocationError::Unknown {
            code: code.to_owned(),
            nearest: self.nearest(&wanted).map(|shop| shop.name.clone()),
            valid: self.valid(),
        }
    }

    fn nearest(&self, wanted: &str) -> Option<&ShopEntry> {
        let likeness = |shop: &ShopEntry| {
            let name = shop.name.trim().to_lowercase();
            // Half a name says more than its distance from the whole: "main" for "Main Warehouse".
            let part = wanted.chars().count() >= 3 && name.contains(wanted);
            strsim::normalized_damerau_levenshtein(&name, wanted).max(if part {
                LIKENESS_MIN
            } else {
                0.0
            })
        };
        self.open()
            .map(|shop| (likeness(shop), shop))
            .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
            // Of equally near ones the first, which is the oldest shop.
            .reduce(|best, next| if next.0 > best.0 { next } else { best })
            .map(|(_, shop)| shop)
    }

    fn archived(&self, code: &str, shop: &ShopEntry) -> LocationError {
        LocationError::Archived {
            code: code.to_owned(),
            name: shop.name.clone(),
            valid: self.valid(),
        }
    }

    /// The codes that may be chosen, for people to read.
    fn valid(&self) -> Vec<String> {
        let mut names: Vec<(&str, Vec<ShopId>)> = Vec::new();
        for shop in self.open() {
            match names.iter_mut().find(|(name, _)| *name == shop.name) {
                Some((_, ids)) => ids.push(shop.id),
                None => names.push((&shop.name, vec![shop.id])),
            }
        }
        let shown = |(name, ids): (&str, Vec<ShopId>)| match ids.as_slice() {
            [_] => error::quoted(name),
            shared => format!("{} ({})", error::quoted(name), error::by_id(shared)),
        };
        names.into_iter().map(shown).collect()
    }
}

#[cfg(test)]
mod tests;
