//! What Optiply calls the lines that came with an order: asked for when it is first needed.

use super::call::Line;
use super::payload::resource;
use super::settle::lines_of_order;
use connectors::optiply::{OptiplyError, Payload};
use pipeline::deliver::Key;
use storage::LinesOfOrder;

/// What was learned of an order's lines.
#[derive(Debug, Default)]
pub(super) struct Learned {
    pub(super) named: Vec<(Key, i64)>,
    /// Lines that Optiply does not hold, although it took their order.
    pub(super) missing: Vec<Key>,
}

impl Line {
    /// Asks for the lines of an order.
    pub(super) async fn learn(&self, order: &LinesOfOrder) -> Result<Learned, OptiplyError> {
        let kind = resource(order.order.entity);
        let shown = lines_of_order(&self.client, kind, order.remote_id).await?;
        let known: Vec<i64> = order.lines.iter().filter_map(|l| l.remote_id).collect();
        let mut left: Vec<(i64, Payload)> = Vec::with_capacity(shown.len());
        for row in shown.iter().filter(|row| !known.contains(&row.id)) {
            left.push((row.id, row.payload()?));
        }
        let (mut learned, mut open) = (Learned::default(), Vec::new());
        for line in &order.lines {
            let (None, Some(text)) = (line.remote_id, &line.acknowledged) else {
                continue;
            };
            let held = Payload::from_json(resource(line.key.entity), text)?;
            match left.iter().position(|(_, shown)| held.same_line(shown)) {
                Some(at) => learned.named.push((line.key.clone(), left.remove(at).0)),
                None => open.push((&line.key, held)),
            }
        }
        // A planner may have changed a line; its product is still the same.
        for (key, held) in open {
            match left.iter().position(|(_, shown)| held.same_product(shown)) {
                Some(at) => learned.named.push((key.clone(), left.remove(at).0)),
                None => learned.missing.push(key.clone()),
            }
        }
        // What Optiply took only just now it may not show yet.
        let shown_by = order.acknowledged_at.map(|at| at + self.settle * 2);
        if shown_by.is_some_and(|at| self.now() < at) {
            learned.missing.clear();
        }
        Ok(learned)
    }
}
