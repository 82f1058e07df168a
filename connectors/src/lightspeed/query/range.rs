//! Ranges of primary ids.

/// A range of primary ids. Open on both sides by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdRange {
    /// Only ids greater than this one.
    pub after: Option<i64>,
    /// Only ids from this one on.
    pub from: Option<i64>,
    /// Only ids up to and including this one.
    pub to: Option<i64>,
}

impl IdRange {
    /// Every id.
    pub const ALL: Self = Self {
        after: None,
        from: None,
        to: None,
    };

    /// The lowest id of the range, if it has one.
    pub fn lowest(self) -> Option<i64> {
        self.after.map(|id| id.saturating_add(1)).max(self.from)
    }

    /// Whether no id can lie in the range.
    pub fn is_empty(self) -> bool {
        matches!((self.lowest(), self.to), (Some(low), Some(high)) if low > high)
    }

    pub(in crate::lightspeed) fn render(self) -> Option<String> {
        match (self.lowest(), self.to) {
            (None, None) => None,
            (Some(low), Some(high)) => Some(format!("><,{low},{high}")),
            (None, Some(high)) => Some(format!("<=,{high}")),
            (Some(low), None) => Some(match self.after {
                Some(after) if after.saturating_add(1) == low => format!(">,{after}"),
                _ => format!(">=,{low}"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_has_its_spelling() {
        let range = |after, from, to| IdRange { after, from, to }.render();
        assert_eq!(range(None, None, None), None);
        assert_eq!(range(Some(5), None, None).as_deref(), Some(">,5"));
        assert_eq!(range(None, Some(5), None).as_deref(), Some(">=,5"));
        assert_eq!(range(None, None, Some(9)).as_deref(), Some("<=,9"));
        assert_eq!(range(Some(5), None, Some(9)).as_deref(), Some("><,6,9"));
        assert_eq!(range(Some(5), Some(2), Some(9)).as_deref(), Some("><,6,9"));
        assert!(
            IdRange {
                after: Some(9),
                from: None,
                to: Some(9)
            }
            .is_empty()
        );
        assert!(!IdRange::ALL.is_empty());
    }
}
