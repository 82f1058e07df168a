//! Buy orders on their way to Lightspeed, as people and programs are shown them.

use super::words::at;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use storage::{ExportCounts, ExportRow};

/// A buy order that is not settled.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    /// Optiply's id of it.
    buy_order: i64,
    /// `due`, `working` or `parked`.
    state: &'static str,
    /// The step that comes next.
    step: String,
    /// Its purchase order in Lightspeed, once there is one.
    order: Option<i64>,
    /// Lines that are there.
    lines_done: i64,
    /// All lines, repeated items merged.
    lines: i64,
    /// Why it is parked.
    reason: Option<&'static str>,
    /// Which line, which product, and what to do.
    detail: Option<String>,
    /// When it is looked at again, if it waits for a time.
    next_at: Option<DateTime<Utc>>,
}

impl From<ExportRow> for Shown {
    fn from(row: ExportRow) -> Self {
        Self {
            buy_order: row.order.0,
            state: row.state.name(),
            step: row.step,
            order: row.purchase_order.map(|order| order.0),
            lines_done: row.lines_done,
            lines: row.lines_total,
            reason: row.reason.map(|reason| reason.code()),
            detail: row.detail,
            next_at: row.next_at,
        }
    }
}

impl Shown {
    /// `  buy order 12: lines 3/7` and what it waits for, a line or two.
    pub(super) fn text(&self) -> String {
        let mut text = format!("  buy order {}: ", self.buy_order);
        match (self.state, self.reason) {
            ("parked", reason) => {
                text.push_str(&format!("parked ({})", reason.unwrap_or("no reason")));
            }
            _ => text.push_str(&format!("lines {}/{}", self.lines_done, self.lines)),
        }
        if let Some(order) = self.order {
            text.push_str(&format!(", purchase order {order}"));
        }
        if let Some(next) = self.next_at {
            text.push_str(&format!(", goes on at {}", at(next)));
        }
        text.push('\n');
        if let Some(detail) = &self.detail {
            text.push_str(&format!("    {detail}\n"));
        }
        text
    }
}

/// How the exports of a connection stand.
#[derive(Debug, Serialize)]
pub(super) struct Standing {
    /// How many buy orders stand where.
    orders: BTreeMap<String, i64>,
    /// Of those at work: lines that are there.
    lines_done: i64,
    /// Of those at work: all lines.
    lines: i64,
    /// When the schedule next asks for an export.
    next_run: Option<DateTime<Utc>>,
    /// Those that are not settled, the oldest first.
    open: Vec<Shown>,
}

impl Standing {
    pub(super) fn new(
        counts: ExportCounts,
        open: Vec<ExportRow>,
        next_run: Option<DateTime<Utc>>,
    ) -> Self {
        Self {
            orders: counts.states,
            lines_done: counts.lines.0,
            lines: counts.lines.1,
            next_run,
            open: open.into_iter().map(Shown::from).collect(),
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let states: Vec<String> = self
            .orders
            .iter()
            .map(|(state, n)| format!("{n} {state}"))
            .collect();
        let mut text = match states.as_slice() {
            [] => "no buy orders yet".to_owned(),
            some => some.join(", "),
        };
        if self.lines > 0 {
            text.push_str(&format!("; lines {}/{}", self.lines_done, self.lines));
        }
        if let Some(next) = self.next_run {
            text.push_str(&format!("; next export {}, by a worker", at(next)));
        }
        let mut text = format!("  export            {text}\n");
        for order in &self.open {
            text.push_str(&order.text());
        }
        text
    }
}
