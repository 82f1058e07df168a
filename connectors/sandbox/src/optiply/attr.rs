//! What an attribute is and which values it takes.

use super::resource::Resource;

/// The kind of an attribute's values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Text of at most so many characters.
    Text(usize),
    /// Text of exactly so many characters.
    Exactly(usize),
    Flag,
    /// A whole number within bounds.
    Int(i64, i64),
    /// Two decimals, within whole bounds; a text on read.
    Dec(i64, i64),
    Time,
    /// One of these words.
    Choice(&'static [&'static str]),
    Emails,
    /// The id of another resource; number or text in requests.
    Key(Resource),
}

/// Who may write an attribute, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Always,
    /// With POST only.
    Made,
    /// Never through the API; Optiply's own screens may.
    Never,
    /// Accepted from integrations with a coupling.
    Coupled,
}

/// An attribute of a resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attr {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    /// Documented as taking null.
    pub(super) nullable: bool,
    /// Found without looking at every row.
    pub(super) indexed: bool,
    pub(super) access: Access,
}

impl Attr {
    pub(super) const fn new(name: &'static str, kind: Kind) -> Attr {
        Attr {
            name,
            kind,
            required: false,
            nullable: false,
            indexed: false,
            access: Access::Always,
        }
    }

    pub(super) const fn required(mut self) -> Attr {
        self.required = true;
        self
    }

    pub(super) const fn nullable(mut self) -> Attr {
        self.nullable = true;
        self
    }

    pub(super) const fn indexed(mut self) -> Attr {
        self.indexed = true;
        self
    }

    pub(super) const fn made(mut self) -> Attr {
        self.access = Access::Made;
        self
    }

    pub(super) const fn read_only(mut self) -> Attr {
        self.access = Access::Never;
        self
    }

    pub(super) const fn coupled(mut self) -> Attr {
        self.access = Access::Coupled;
        self
    }

    /// A required key that cannot be changed afterwards.
    pub(super) const fn key(name: &'static str, of: Resource) -> Attr {
        Attr::new(name, Kind::Key(of)).required().indexed().made()
    }
}
