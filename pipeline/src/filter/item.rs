use super::Verdict;
use crate::reason::Reason;
use crate::record::ItemKind;

/// What became of an item or a vendor before, and what needs it now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// It was loaded once: from then on it is disabled or ignored, never taken away.
    pub loaded: bool,
    /// A loaded order holds a line of it or is from it, or it is a part of a live assembly.
    pub needed: bool,
    /// Complete reads of the source, or a question for its id, proved that it is not there any more.
    pub vanished: bool,
}

/// Whether an item becomes a product (`mapping.md` 4.2, DESIGN 13.6).
pub fn item(kind: &ItemKind, archived: bool, lifecycle: &Lifecycle) -> Verdict {
    if lifecycle.loaded {
        Verdict::KEEP
    } else if lifecycle.vanished {
        Verdict::Drop(Reason::ItemGone)
    } else if *kind == ItemKind::NonInventory {
        Verdict::Drop(Reason::NonInventory)
    } else if archived && !lifecycle.needed {
        Verdict::Drop(Reason::ArchivedNeverLoaded)
    } else {
        Verdict::KEEP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(kind: &ItemKind, archived: bool, loaded: bool, needed: bool) -> Option<Reason> {
        let lifecycle = Lifecycle {
            loaded,
            needed,
            vanished: false,
        };
        item(kind, archived, &lifecycle).reason()
    }

    #[test]
    fn only_what_was_never_loaded_is_dropped() {
        let labour = ItemKind::NonInventory;
        assert_eq!(
            verdict(&labour, false, false, false),
            Some(Reason::NonInventory)
        );
        assert_eq!(
            verdict(&labour, true, false, true),
            Some(Reason::NonInventory)
        );
        assert_eq!(verdict(&labour, true, true, false), None);
    }

    #[test]
    fn an_archived_item_is_created_only_when_needed() {
        let bike = ItemKind::Default;
        assert_eq!(
            verdict(&bike, true, false, false),
            Some(Reason::ArchivedNeverLoaded)
        );
        assert_eq!(verdict(&bike, true, false, true), None);
        assert_eq!(verdict(&bike, true, true, false), None);
        assert_eq!(verdict(&bike, false, false, false), None);
    }

    #[test]
    fn an_item_that_vanished_before_it_was_loaded_is_gone() {
        let vanished = |loaded| {
            let lifecycle = Lifecycle {
                loaded,
                needed: true,
                vanished: true,
            };
            item(&ItemKind::Default, false, &lifecycle).reason()
        };
        assert_eq!(vanished(false), Some(Reason::ItemGone));
        assert_eq!(vanished(true), None);
    }

    #[test]
    fn an_unknown_kind_is_an_ordinary_item() {
        assert_eq!(
            verdict(&ItemKind::from_name("hologram"), false, false, false),
            None
        );
    }
}
