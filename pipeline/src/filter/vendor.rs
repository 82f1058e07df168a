use super::{Lifecycle, Verdict};
use crate::reason::Reason;

/// Whether a vendor becomes a supplier (DESIGN 13.6). Loaded buy orders need theirs; an item that
/// merely names a vendor does not.
pub fn vendor(archived: bool, lifecycle: &Lifecycle) -> Verdict {
    if lifecycle.loaded {
        Verdict::KEEP
    } else if lifecycle.vanished {
        Verdict::Drop(Reason::VendorGone)
    } else if archived && !lifecycle.needed {
        Verdict::Drop(Reason::ArchivedNeverLoaded)
    } else {
        Verdict::KEEP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(archived: bool, loaded: bool, needed: bool, vanished: bool) -> Option<Reason> {
        let lifecycle = Lifecycle {
            loaded,
            needed,
            vanished,
        };
        vendor(archived, &lifecycle).reason()
    }

    #[test]
    fn an_archived_vendor_stays_once_it_was_loaded() {
        let never = Some(Reason::ArchivedNeverLoaded);
        assert_eq!(reason(true, false, false, false), never);
        assert_eq!(reason(true, true, false, false), None);
        assert_eq!(reason(false, false, false, false), None);
    }

    #[test]
    fn an_archived_vendor_is_created_for_a_loaded_order() {
        assert_eq!(reason(true, false, true, false), None);
    }

    #[test]
    fn a_vendor_that_vanished_before_it_was_loaded_is_gone() {
        let gone = Some(Reason::VendorGone);
        assert_eq!(reason(false, false, true, true), gone);
        assert_eq!(reason(false, true, false, true), None);
    }
}
