//! What one walk of a feed is to read.

use crate::error::StoreError;
use crate::instant::{instant, millis};
use chrono::{DateTime, Utc};
use pipeline::id::RunId;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// Which rows of its range of ids a walk reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// Every row.
    #[default]
    All,
    /// Only purchase orders from which something is still expected.
    Open,
    /// The journal of voided sales, which only names sales to be read again.
    Voids,
    /// Changed lines of sales, which only name sales to be read again.
    Lines,
}

impl Reading {
    const NAMES: [(Self, &str); 4] = [
        (Self::All, "all"),
        (Self::Open, "open"),
        (Self::Voids, "voids"),
        (Self::Lines, "lines"),
    ];

    /// Whether it reads records; the others read only what names them.
    pub fn is_of_records(self) -> bool {
        matches!(self, Self::All | Self::Open)
    }
}

/// By which of a record's times a walk chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenBy {
    /// When it changed.
    Changed,
    /// When a sale was updated, which says more than when it changed.
    Updated,
    /// When a sale was completed.
    Completed,
}

impl ChosenBy {
    const NAMES: [(Self, &str); 3] = [
        (Self::Changed, "changed"),
        (Self::Updated, "updated"),
        (Self::Completed, "completed"),
    ];
}

/// Only rows at or after an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// By which time.
    pub by: ChosenBy,
    /// The instant.
    pub at: DateTime<Utc>,
}

/// What one walk of a feed is to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// First id.
    pub lower: i64,
    /// Last id; `None` for the one that ends where the feed ends.
    pub upper: Option<i64>,
    /// Which rows of these.
    pub reading: Reading,
    /// From which time on.
    pub since: Option<Since>,
}

impl Slice {
    /// All rows there are.
    pub const WHOLE: Self = Self::of(1, None);

    /// All rows of a range of ids.
    pub const fn of(lower: i64, upper: Option<i64>) -> Self {
        Self {
            lower,
            upper,
            reading: Reading::All,
            since: None,
        }
    }

    /// All rows since an instant.
    pub const fn since(by: ChosenBy, at: DateTime<Utc>) -> Self {
        Self {
            since: Some(Since { by, at }),
            ..Self::WHOLE
        }
    }

    /// The names of what it reads and of its time, and the time.
    pub(super) fn stored(&self) -> (&'static str, Option<&'static str>, Option<i64>) {
        (
            name_of(&Reading::NAMES, self.reading),
            self.since.map(|since| name_of(&ChosenBy::NAMES, since.by)),
            self.since.map(|since| millis(since.at)),
        )
    }
}

pub(super) fn reading_of(row: &SqliteRow, run: RunId) -> Result<Reading, StoreError> {
    named(&Reading::NAMES, row.try_get("reading")?, "reading", run)
}

pub(super) fn since_of(row: &SqliteRow, run: RunId) -> Result<Option<Since>, StoreError> {
    let by: Option<String> = row.try_get("since_by")?;
    let at: Option<i64> = row.try_get("since_at")?;
    let (Some(by), Some(at)) = (by, at) else {
        return Ok(None);
    };
    let by = named(&ChosenBy::NAMES, by, "since_by", run)?;
    Ok(Some(Since {
        by,
        at: instant(at),
    }))
}

fn name_of<T: PartialEq>(names: &[(T, &'static str)], value: T) -> &'static str {
    names
        .iter()
        .find(|(each, _)| *each == value)
        .map_or("", |(_, name)| name)
}

fn named<T: Copy>(
    names: &[(T, &'static str)],
    found: String,
    column: &'static str,
    run: RunId,
) -> Result<T, StoreError> {
    let known = names.iter().find(|(_, name)| *name == found);
    known
        .map(|(value, _)| *value)
        .ok_or_else(|| StoreError::Inconsistent {
            table: "walks",
            column,
            row: format!("run {run}"),
            found,
        })
}
