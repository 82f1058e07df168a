use super::Verdict;
use crate::reason::Reason;

/// Whether an arrival counts, as far as it tells by itself: `received` if any of its items holds
/// received pieces. What its order says about it is decided when it is loaded.
pub const fn shipment(received: bool) -> Verdict {
    if received {
        Verdict::KEEP
    } else {
        Verdict::Drop(Reason::NothingReceived)
    }
}
