//! Licences: every package can be had under terms that `deny.toml` allows.

use super::cargo::{Package, foreign, tree};
use super::{complains_of, deny, no_complaints};

fn unacceptable<'a>(packages: impl Iterator<Item = &'a Package>, allow: &[String]) -> Vec<String> {
    packages
        .filter_map(|package| {
            let verdict = match &package.licence {
                None => Err("it names no licence".to_owned()),
                Some(terms) => satisfied(terms, allow).and_then(|satisfied| {
                    if satisfied {
                        Ok(())
                    } else {
                        Err(format!("{terms:?} is not allowed"))
                    }
                }),
            };
            let why = verdict.err()?;
            Some(format!("{} {}: {why}", package.name, package.version))
        })
        .collect()
}

/// Whether an SPDX expression can be satisfied by allowed terms alone. The `/` of older manifests
/// means OR.
fn satisfied(expression: &str, allow: &[String]) -> Result<bool, String> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut reader = Reader {
        words: spaced.split_whitespace().collect(),
        next: 0,
        allow,
    };
    let verdict = reader.either();
    match reader.peek() {
        None if !reader.words.is_empty() => verdict,
        _ => Err(format!("cannot read {expression:?}")),
    }
    .map_err(|error| format!("{error} in {expression:?}"))
}

struct Reader<'a> {
    words: Vec<&'a str>,
    next: usize,
    allow: &'a [String],
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).copied()
    }

    fn take(&mut self) -> Option<&'a str> {
        let word = self.peek();
        self.next += 1;
        word
    }

    fn taken(&mut self, word: &str) -> bool {
        let here = self.peek() == Some(word);
        self.next += usize::from(here);
        here
    }

    fn either(&mut self) -> Result<bool, String> {
        let mut verdict = self.all()?;
        while self.taken("OR") {
            verdict |= self.all()?;
        }
        Ok(verdict)
    }

    /// AND binds tighter than OR.
    fn all(&mut self) -> Result<bool, String> {
        let mut verdict = self.one()?;
        while self.taken("AND") {
            verdict &= self.one()?;
        }
        Ok(verdict)
    }

    fn one(&mut self) -> Result<bool, String> {
        match self.take() {
            Some("(") => {
                let verdict = self.either()?;
                if self.taken(")") {
                    Ok(verdict)
                } else {
                    Err("a bracket is open".to_owned())
                }
            }
            None | Some(")" | "OR" | "AND" | "WITH") => Err("a licence is missing".to_owned()),
            Some(id) => {
                let id = if self.taken("WITH") {
                    format!("{id} WITH {}", self.take().unwrap_or_default())
                } else {
                    id.to_owned()
                };
                Ok(self.allow.contains(&id))
            }
        }
    }
}

#[test]
fn every_package_has_a_licence_we_accept() {
    let complaints = unacceptable(tree().packages.iter(), &deny::licences());
    no_complaints("licences outside the list in deny.toml", &complaints);
}

#[test]
fn an_unexpected_licence_is_refused() {
    let packages = [
        foreign("fine", "1.0.0", Some("GPL-3.0-only OR MIT")),
        foreign("copyleft", "1.0.0", Some("GPL-3.0-only")),
        foreign("both", "1.0.0", Some("MIT AND GPL-3.0-only")),
        foreign("silent", "1.0.0", None),
        foreign("broken", "1.0.0", Some("MIT AND (ISC")),
    ];
    let complaints = unacceptable(packages.iter(), &deny::licences());
    for named in ["copyleft", "both", "silent", "broken"] {
        complains_of(named, &complaints);
    }
    assert_eq!(complaints.len(), 4, "{complaints:?}");
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    let allow = ["MIT".to_owned(), "A WITH B".to_owned()];
    for (expression, expected) in [
        ("MIT", Ok(true)),
        ("MIT/Apache-2.0", Ok(true)),
        ("Apache-2.0 / MIT", Ok(true)),
        ("X OR MIT AND Y", Ok(false)),
        ("X AND Y OR MIT", Ok(true)),
        ("(X OR MIT) AND MIT", Ok(true)),
        ("A", Ok(false)),
        ("A WITH B", Ok(true)),
        ("A WITH C", Ok(false)),
        ("", Err(())),
        ("MIT MIT", Err(())),
        ("MIT OR", Err(())),
        ("(MIT", Err(())),
        ("MIT)", Err(())),
    ] {
        let read = satisfied(expression, &allow).map_err(drop);
        assert_eq!(read, expected, "{expression:?}");
    }
}
