//! Calls in doubt: looked for, and only then sent again.

use super::order::{Flow, Order};
use chrono::TimeDelta;
use storage::{ExportMove, OpenCall, StoreError};

/// How long after a call came to nothing known it is looked for first.
pub(super) const FIRST_LOOK: TimeDelta = TimeDelta::seconds(10);

/// How long after that a second time: what is not shown then was not done.
const SECOND_LOOK: TimeDelta = TimeDelta::seconds(20);

impl Order {
    /// A look did not show what a call in doubt may have done. Tells whether to wait; nothing when
    /// it may be sent again.
    pub(super) async fn not_seen(
        &self,
        open: Option<&OpenCall>,
    ) -> Result<Option<Flow>, StoreError> {
        let Some(open) = open else { return Ok(None) };
        let now = self.context.now();
        if now < open.over_at + FIRST_LOOK {
            // A process that ended may still have it on its way.
            let next_at = open.over_at + FIRST_LOOK;
            self.go_to(&[ExportMove::Wait {
                next_at,
                failed: false,
            }])
            .await?;
            return Ok(Some(Flow::Later));
        }
        if open.looks == 0 {
            let next_at = now + SECOND_LOOK;
            self.go_to(&[ExportMove::Looked { next_at }]).await?;
            return Ok(Some(Flow::Later));
        }
        let next_at = now;
        self.go_to(&[ExportMove::NotDone {
            next_at,
            failed: true,
        }])
        .await?;
        Ok(None)
    }
}
