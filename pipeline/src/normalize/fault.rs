//! What is wrong with a row, and where in it.

use crate::reason::Reason;

/// Why a row was refused. Grows its path outwards, from the value to the row.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) reason: Reason,
    pub(super) path: String,
    pub(super) detail: String,
}

/// A refused row: its fault, and its id where that much could be read.
#[derive(Debug)]
pub(super) struct Flaw {
    pub(super) id: Option<i64>,
    pub(super) fault: Fault,
}

impl Fault {
    pub(super) fn new(reason: Reason, path: &str, detail: impl Into<String>) -> Self {
        Self {
            reason,
            path: path.to_owned(),
            detail: detail.into(),
        }
    }

    pub(super) fn bad(path: &str, detail: impl Into<String>) -> Self {
        Self::new(Reason::BadValue, path, detail)
    }

    /// The same fault, seen from the record around it.
    pub(super) fn within(mut self, outer: &str) -> Self {
        self.path = format!("{outer}.{}", self.path);
        self
    }

    /// The same fault, seen from the list around it.
    pub(super) fn in_row(self, list: &str, index: usize) -> Self {
        self.within(&format!("{list}[{index}]"))
    }
}

/// Names a found value for a person who looks for it in Lightspeed.
///
/// Codes, numbers and dates are shown. Anything that could be a name or an address is only
/// measured, because rejections are listed on screens.
pub(super) fn shown(text: &str) -> String {
    let plain = |c: char| c.is_ascii_digit() || c.is_ascii_alphabetic() || "+-.:,_/%".contains(c);
    if text.len() <= 32 && text.chars().all(plain) {
        format!("{text:?}")
    } else {
        format!("a text of {} characters", text.chars().count())
    }
}
