//! Why a write was not accepted.

/// A refusal: the status and what the body may say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            message: message.into(),
        }
    }

    pub(super) fn bad(message: impl Into<String>) -> Refusal {
        Refusal::new(400, message)
    }

    pub(super) fn gone() -> Refusal {
        Refusal::new(404, "Not Found")
    }
}
