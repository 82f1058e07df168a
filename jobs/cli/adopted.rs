//! What became of the rows that Optiply held before the first delivery, as `connect` tells it.

use super::out::note;
use crate::deps::Deps;
use crate::stages::adopt_here;
use serde::Serialize;
use storage::{Adoption, AdoptionReport, Connection};

/// What `connect` tells of adoption.
#[derive(Debug, Serialize)]
pub(super) struct Adopted {
    /// `none`, `waits_for_history`, `ready` or `done`.
    adoption: Adoption,
    /// What was held there and what came of it, by kind; empty before adoption has ended.
    report: Vec<AdoptionReport>,
}

/// Begins to deliver. What the account holds is matched at once if the history is loaded.
pub(super) async fn begin(deps: &Deps, connection: &Connection) -> anyhow::Result<Adopted> {
    let store = &deps.store;
    store.start_adoption(connection.id).await?;
    if store.adoption(connection.id).await? == Adoption::Ready {
        note("reading what Optiply holds, to match it before anything is sent");
        adopt_here(deps, connection).await?;
    }
    Ok(Adopted {
        adoption: store.adoption(connection.id).await?,
        report: store.adoption_report(connection.id).await?,
    })
}

impl Adopted {
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        text.push_str(match self.adoption {
            Adoption::None => "",
            Adoption::WaitsForHistory => {
                "What it holds already is matched as soon as the history is in, before anything \
                 is sent.\n"
            }
            Adoption::Ready => "What it holds already is matched before anything is sent.\n",
            Adoption::Done => "What it held was matched before anything was sent:\n",
        });
        text.push_str(&table(&self.report));
        text
    }
}

/// What adoption came to, by kind.
fn table(report: &[AdoptionReport]) -> String {
    if report.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "{:<18}{:>10}{:>10}{:>11}{:>10}\n",
        "", "held", "adopted", "ambiguous", "to make"
    );
    for of in report {
        text.push_str(&format!(
            "{:<18}{:>10}{:>10}{:>11}{:>10}\n",
            of.entity.name(),
            of.held,
            of.adopted,
            of.ambiguous,
            of.to_make
        ));
    }
    if report.iter().any(|of| of.ambiguous > 0) {
        text.push_str("`stockbridge rejected` lists what is ambiguous, with the rows it may be.\n");
    }
    text
}
