//! Why a buy order of Optiply is or is not in Lightspeed.

use super::Known;
use crate::cli::words::{at, count};
use chrono::{DateTime, Utc};
use pipeline::id::BuyOrderId;
use serde::Serialize;
use storage::{ExportRow, ExportState};

/// An explanation of a buy order.
#[derive(Debug, Serialize)]
pub(super) struct BuyOrderStory {
    connection: String,
    /// `buy_order`.
    kind: &'static str,
    /// Optiply's id of it.
    id: i64,
    /// `due`, `working`, `parked`, `exported`, `left` or `never_seen`.
    outcome: &'static str,
    /// The code of the reason why it is parked.
    reason: Option<&'static str>,
    /// The answer in a sentence.
    summary: String,
    /// What was found: which line, which product, and what to do.
    detail: Option<String>,
    /// What a person should know.
    warning: Option<String>,
    /// What the reason means, and what would change it.
    change: Option<&'static str>,
    /// Its purchase order in Lightspeed.
    order: Option<i64>,
    first_seen_at: Option<DateTime<Utc>>,
    exported_at: Option<DateTime<Utc>>,
    /// What is ordered, repeated items merged.
    lines: Vec<Line>,
    /// Commands that go on with it.
    commands: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Line {
    item: i64,
    name: Option<String>,
    quantity: i64,
    /// Unit cost.
    price: String,
    /// The line in Lightspeed, once it is known to be there.
    order_line: Option<i64>,
}

pub(super) async fn explain(known: &Known, id: BuyOrderId) -> anyhow::Result<BuyOrderStory> {
    let (store, connection) = (&known.store, &known.connection);
    let row = store.export_row(connection.id, id).await?;
    let lines = store.export_lines(connection.id, id).await?;
    let mut story = BuyOrderStory {
        connection: connection.name.clone(),
        kind: "buy_order",
        id: id.0,
        outcome: "never_seen",
        reason: None,
        summary: format!(
            "No buy order {id} of Optiply was ever to be exported: it is not there, was made \
             through Optiply's API, is a production order, was completed, or was made before \
             export-since."
        ),
        detail: None,
        warning: None,
        change: None,
        order: None,
        first_seen_at: None,
        exported_at: None,
        lines: lines
            .into_iter()
            .map(|line| Line {
                item: line.item.0,
                name: line.name,
                quantity: line.quantity,
                price: line.price,
                order_line: line.line.map(|line| line.0),
            })
            .collect(),
        commands: vec![format!("stockbridge export {}", connection.name)],
    };
    if let Some(row) = row {
        story.tell(row);
    }
    Ok(story)
}

impl BuyOrderStory {
    fn tell(&mut self, row: ExportRow) {
        self.outcome = row.state.name();
        self.order = row.purchase_order.map(|order| order.0);
        self.summary = self.summary_of(&row);
        self.first_seen_at = Some(row.first_seen_at);
        self.exported_at = row.exported_at;
        self.detail = row.detail;
        self.warning = row.warning;
        if row.state == ExportState::Parked {
            self.reason = row.reason.map(|reason| reason.code());
            self.change = row.reason.map(|reason| reason.advice());
        }
        if matches!(row.state, ExportState::Exported | ExportState::Left) {
            self.commands.clear();
        }
    }

    fn summary_of(&self, row: &ExportRow) -> String {
        let id = self.id;
        let order = row
            .purchase_order
            .map_or("no purchase order yet".to_owned(), |order| {
                format!("purchase order {order}")
            });
        match row.state {
            ExportState::Due => format!("Buy order {id} is to be exported with the next export."),
            ExportState::Working => format!(
                "Buy order {id} is being ordered: {order}, lines {}/{}, next step {}.",
                row.lines_done, row.lines_total, row.step
            ),
            ExportState::Parked => format!("Buy order {id} is not ordered yet: it is set aside."),
            ExportState::Exported => format!(
                "Buy order {id} is ordered in Lightspeed as {order}, with {}.",
                count(row.lines_total, "line")
            ),
            ExportState::Left => format!("Buy order {id} is not to be ordered any more."),
        }
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n", self.summary);
        for part in [self.detail.as_deref(), self.warning.as_deref(), self.change]
            .into_iter()
            .flatten()
        {
            text.push_str(&format!("  {part}\n"));
        }
        if let Some(seen) = self.first_seen_at {
            text.push_str(&format!("  First seen {}.", at(seen)));
            if let Some(exported) = self.exported_at {
                text.push_str(&format!(" Ordered {}.", at(exported)));
            }
            text.push('\n');
        }
        for line in &self.lines {
            let there = match line.order_line {
                Some(id) => format!("line {id}"),
                None => "not there yet".to_owned(),
            };
            text.push_str(&format!(
                "  {} x {} (item {}) at {}: {there}\n",
                line.quantity,
                line.name.as_deref().unwrap_or("an item"),
                line.item,
                line.price
            ));
        }
        for command in &self.commands {
            text.push_str(&format!("  $ {command}\n"));
        }
        text
    }
}
