use super::Verdict;
use crate::reason::Reason;

/// Whether a vendor becomes a supplier (DESIGN 13.6).
pub fn vendor(archived: bool, loaded: bool) -> Verdict {
    if archived && !loaded {
        Verdict::Drop(Reason::ArchivedNeverLoaded)
    } else {
        Verdict::KEEP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archived_vendor_stays_once_it_was_loaded() {
        assert_eq!(
            vendor(true, false).reason(),
            Some(Reason::ArchivedNeverLoaded)
        );
        assert!(vendor(true, true).keeps());
        assert!(vendor(false, false).keeps());
    }
}
