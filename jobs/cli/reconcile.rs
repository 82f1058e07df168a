//! `reconcile`: both sides read and compared, and repaired on request.

use super::context::{Context, Missing};
use super::exit::CliError;
use super::out::note;
use super::target;
use crate::cli::Exit;
use crate::reconcile::{self, Difference, Options, Report};
use clap::Args;
use serde::Serialize;
use storage::Adoption;

/// The arguments of `reconcile`.
#[derive(Debug, Args)]
pub(super) struct Reconcile {
    /// The connection
    name: String,
    /// Have what differs sent again, and rows deleted that provably repeat ours
    #[arg(long)]
    repair: bool,
    /// With --repair: have missing rows made again however many they are
    #[arg(long, requires = "repair")]
    yes: bool,
    /// How many differences of each sort to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    samples: usize,
}

/// The answer of `reconcile`.
#[derive(Debug, Serialize)]
struct Answer {
    connection: String,
    #[serde(flatten)]
    report: Report,
}

impl Reconcile {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.store(Missing::Refuse).await?;
        let connection = store.connection(&self.name).await?;
        target::needed(&store, &connection).await?;
        if !matches!(
            store.adoption(connection.id).await?,
            Adoption::None | Adoption::Done
        ) {
            return Err(CliError::usage(
                "not_adopted",
                "what Optiply held before the first delivery was not matched yet",
                format!(
                    "`stockbridge backfill {}` brings the history in and matches it",
                    self.name
                ),
            )
            .exit(Exit::Failed)
            .into());
        }
        note("reading everything that Optiply holds");
        let deps = context.deps(&store)?;
        let options = Options {
            repair: self.repair,
            however_much: self.yes,
            samples: self.samples,
        };
        let report = reconcile::reconcile(&deps, &connection, options).await?;
        let clean = report.clean;
        let answer = Answer {
            connection: connection.name,
            report,
        };
        context.out.answer(&answer, || answer.text());
        Ok(if clean { Exit::Done } else { Exit::Partly })
    }
}

impl Answer {
    fn text(&self) -> String {
        let report = &self.report;
        let mut text = format!(
            "{:<18}{:>9}{:>10}{:>11}{:>9}{:>10}{:>9}{:>10}{:>11}{:>10}{:>8}\n",
            "",
            "model",
            "delivered",
            "in Optiply",
            "missing",
            "different",
            "not ours",
            "by others",
            "duplicates",
            "unsettled",
            "parked"
        );
        for of in &report.entities {
            text.push_str(&format!(
                "{:<18}{:>9}{:>10}{:>11}{:>9}{:>10}{:>9}{:>10}{:>11}{:>10}{:>8}\n",
                of.entity.name(),
                of.in_model,
                of.delivered,
                of.in_optiply,
                of.missing,
                of.different,
                of.not_ours,
                of.by_others,
                of.duplicates,
                of.unsettled,
                of.parked
            ));
        }
        text.push('\n');
        for difference in &report.differences {
            text.push_str(&shown(difference));
        }
        let list = &report.checklist;
        for (fine, line) in [
            (
                list.products,
                "every product is at Optiply as it should be".to_owned(),
            ),
            (
                list.stock,
                "every stock level is what it should be".to_owned(),
            ),
            (
                list.sell_orders,
                "every sell order is at Optiply with its lines".to_owned(),
            ),
            (
                list.model.non_inventory_enabled == 0,
                format!(
                    "{} products of items without stock keeping are enabled",
                    list.model.non_inventory_enabled
                ),
            ),
            (
                list.model.products_without_supplier == 0,
                format!(
                    "{} enabled products have no supplier product",
                    list.model.products_without_supplier
                ),
            ),
            (
                list.model.stock_totals_differ == 0,
                format!(
                    "{} items have another stock over all shops than Lightspeed tells as their \
                     total",
                    list.model.stock_totals_differ
                ),
            ),
        ] {
            let mark = if fine { "ok     " } else { "careful" };
            text.push_str(&format!("  {mark}  {line}\n"));
        }
        for entity in &report.held_back {
            text.push_str(&format!(
                "  careful  so much of {entity} is not shown that an incomplete answer is more \
                 likely; --repair leaves it alone unless --yes is given\n"
            ));
        }
        text.push('\n');
        text.push_str(&match (report.clean, report.repaired) {
            (true, _) => "Both sides agree.\n".to_owned(),
            (false, true) => format!(
                "What differs is marked: the next delivery (`stockbridge sync {}`, or a worker) \
                 sends it.\n",
                self.connection
            ),
            (false, false) => format!(
                "The sides differ; `stockbridge reconcile {} --repair` has what is ours sent \
                 again.\n",
                self.connection
            ),
        });
        text
    }
}

fn shown(difference: &Difference) -> String {
    let record = match (difference.record, difference.part.as_deref()) {
        (Some(record), None | Some("")) => format!(" {record}"),
        (Some(record), Some(part)) => format!(" {record}/{part}"),
        (None, _) => String::new(),
    };
    let row = match difference.optiply_id {
        Some(id) => format!(", row {id}"),
        None => String::new(),
    };
    let mut text = format!("  {} {}{record}{row}", difference.kind, difference.entity);
    for (name, values) in &difference.attributes {
        let theirs = values.theirs.as_ref().map_or("nothing", |raw| raw.get());
        text.push_str(&format!("; {name} is {theirs}, not {}", values.ours.get()));
    }
    text.push('\n');
    text
}
