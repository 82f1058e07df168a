//! Who waits: exports before imports, each kind in the order it came.

use super::Priority;
use std::collections::VecDeque;

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    number: u64,
    pub(super) priority: Priority,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    next: u64,
    imports: VecDeque<u64>,
    exports: VecDeque<u64>,
}

impl Queue {
    pub(super) fn enter(&mut self, priority: Priority) -> Ticket {
        let number = self.next;
        self.next += 1;
        self.line(priority).push_back(number);
        Ticket { number, priority }
    }

    pub(super) fn leave(&mut self, ticket: Ticket) {
        self.line(ticket.priority)
            .retain(|number| *number != ticket.number);
    }

    /// Whether it is this ticket's turn. An import's turn never comes while an export waits.
    pub(super) fn is_first(&self, ticket: Ticket) -> bool {
        let first = match ticket.priority {
            Priority::Export => self.exports.front(),
            Priority::Import if self.exports.is_empty() => self.imports.front(),
            Priority::Import => None,
        };
        first == Some(&ticket.number)
    }

    pub(super) fn waiting(&self) -> usize {
        self.imports.len() + self.exports.len()
    }

    fn line(&mut self, priority: Priority) -> &mut VecDeque<u64> {
        match priority {
            Priority::Import => &mut self.imports,
            Priority::Export => &mut self.exports,
        }
    }
}
