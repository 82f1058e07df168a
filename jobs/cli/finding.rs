//! What `check` and `doctor` find: each thing they looked at, and a remedy where one is needed.

use serde::Serialize;

/// How something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Ok,
    /// It works, but a person should know.
    Warning,
    Failed,
}

/// Something that was looked at.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    /// What was looked at, for programs.
    pub(super) check: String,
    pub(super) result: Verdict,
    /// What was found.
    pub(super) text: String,
    /// What to do about it.
    pub(super) remedy: Option<String>,
}

impl Finding {
    fn new(check: &str, result: Verdict, text: String, remedy: Option<String>) -> Self {
        Self {
            check: check.to_owned(),
            result,
            text,
            remedy,
        }
    }

    pub(super) fn ok(check: &str, text: String) -> Self {
        Self::new(check, Verdict::Ok, text, None)
    }

    pub(super) fn warning(check: &str, text: String, remedy: String) -> Self {
        Self::new(check, Verdict::Warning, text, Some(remedy))
    }

    pub(super) fn failed(check: &str, text: String, remedy: String) -> Self {
        Self::new(check, Verdict::Failed, text, Some(remedy))
    }

    pub(super) fn text(&self) -> String {
        let mark = match self.result {
            Verdict::Ok => "ok     ",
            Verdict::Warning => "careful",
            Verdict::Failed => "FAILED ",
        };
        let mut text = format!("  {mark}  {:<14} {}\n", self.check, self.text);
        if let Some(remedy) = &self.remedy {
            text.push_str(&format!("                          -> {remedy}\n"));
        }
        text
    }
}
