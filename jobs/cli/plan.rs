//! `plan`: what a delivery would do now, writing nothing.

use super::context::{Context, Missing};
use super::target;
use super::words::{count, duration, grouped};
use crate::cli::Exit;
use crate::plan::{self, OfEntity, Sample};
use clap::Args;
use serde::Serialize;
use storage::Adoption;

/// The arguments of `plan`.
#[derive(Debug, Args)]
pub(super) struct Plan {
    /// The connection
    name: String,
    /// How many calls of each kind to show
    #[arg(long, value_name = "N", default_value_t = 3)]
    samples: usize,
}

/// The answer of `plan`.
#[derive(Debug, Serialize)]
struct Answer {
    connection: String,
    adoption: Adoption,
    #[serde(flatten)]
    plan: plan::Plan,
}

impl Plan {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.store(Missing::Refuse).await?;
        let connection = store.connection(&self.name).await?;
        target::needed(&store, &connection).await?;
        let deps = context.deps(&store)?;
        let answer = Answer {
            plan: plan::plan(&deps, connection.id, self.samples).await?,
            adoption: store.adoption(connection.id).await?,
            connection: connection.name,
        };
        context.out.answer(&answer, || answer.text());
        Ok(Exit::Done)
    }
}

impl Answer {
    fn text(&self) -> String {
        let plan = &self.plan;
        let mut text = if plan.entities.is_empty() {
            format!(
                "A delivery of {:?} would do nothing: Optiply holds what it should.\n",
                self.connection
            )
        } else {
            let calls = plan.writes + plan.reads;
            let calls = i64::try_from(calls).unwrap_or(i64::MAX);
            let seconds = i64::try_from(plan.seconds).unwrap_or(i64::MAX);
            format!(
                "A delivery of {:?} would make {}: {} at {} a minute.\n\n{}",
                self.connection,
                count(calls, "call"),
                duration(seconds),
                plan.calls_per_minute,
                table(&plan.entities)
            )
        };
        if matches!(self.adoption, Adoption::Ready | Adoption::WaitsForHistory) {
            text.push('\n');
            text.push_str(
                "What Optiply holds already is matched first: what is found there is not made.\n",
            );
        }
        for of in plan.entities.iter().filter(|of| !of.samples.is_empty()) {
            text.push_str(&format!("\n{}, for example:\n", of.entity));
            for sample in &of.samples {
                text.push_str(&shown(sample));
            }
        }
        text
    }
}

fn table(entities: &[OfEntity]) -> String {
    let mut text = format!(
        "{:<18}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n",
        "", "create", "change", "delete", "waiting", "parked", "in doubt"
    );
    for of in entities {
        let cell = |n: u64| grouped(i64::try_from(n).unwrap_or(i64::MAX));
        text.push_str(&format!(
            "{:<18}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n",
            of.entity.name(),
            cell(of.create),
            cell(of.patch),
            cell(of.delete),
            cell(of.waiting),
            cell(of.parked),
            cell(of.in_doubt)
        ));
    }
    text
}

fn shown(sample: &Sample) -> String {
    let part = match sample.part.as_str() {
        "" => String::new(),
        part => format!("/{part}"),
    };
    let id = match sample.optiply_id {
        Some(id) => format!(" (row {id})"),
        None => String::new(),
    };
    format!(
        "  {} {}{part}{id} {}\n",
        sample.op.name(),
        sample.record,
        sample.attributes.get()
    )
}
