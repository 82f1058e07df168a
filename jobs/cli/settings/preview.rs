//! What a change would do, as it is shown.

use super::shown::Change;
use crate::cli::CliError;
use crate::cli::words::{count, grouped, listed};
use crate::preview::Preview;
use serde::Serialize;
use serde_json::{Map, Value};
use storage::{EntityChange, FieldChange, Sample};

/// Letters of a value that are shown to people.
const SHOWN: usize = 60;

/// The answer of `settings --set --preview`.
#[derive(Debug, Serialize)]
pub(super) struct Previewed {
    connection: String,
    changes: Vec<Change>,
    entities: Vec<Entity>,
    /// Entities of which more than one in twenty would be removed or put out of use.
    guarded: Vec<&'static str>,
    /// Whether it is carried out only with `--yes`.
    pub(super) needs_yes: bool,
    /// Items that sales would name and that were never read.
    never_read: i64,
}

#[derive(Debug, Serialize)]
struct Entity {
    entity: &'static str,
    before: i64,
    created: i64,
    changed: i64,
    disabled: i64,
    removed: i64,
    samples: Vec<Shown>,
}

#[derive(Debug, Serialize)]
struct Shown {
    change: &'static str,
    key: Map<String, Value>,
    label: Map<String, Value>,
    fields: Vec<Field>,
}

#[derive(Debug, Serialize)]
struct Field {
    field: String,
    from: Value,
    to: Value,
}

impl From<&EntityChange> for Entity {
    fn from(change: &EntityChange) -> Self {
        Self {
            entity: change.entity,
            before: change.before,
            created: change.created,
            changed: change.changed,
            disabled: change.disabled,
            removed: change.removed,
            samples: change.samples.iter().map(Shown::from).collect(),
        }
    }
}

impl From<&Sample> for Shown {
    fn from(sample: &Sample) -> Self {
        let field = |change: &FieldChange| Field {
            field: change.field.clone(),
            from: change.from.clone(),
            to: change.to.clone(),
        };
        Self {
            change: sample.change,
            key: sample.key.clone(),
            label: sample.label.clone(),
            fields: sample.fields.iter().map(field).collect(),
        }
    }
}

impl Previewed {
    pub(super) fn of(connection: &str, changes: Vec<Change>, preview: &Preview) -> Self {
        let guarded: Vec<&'static str> = preview.guarded().iter().map(|e| e.entity).collect();
        Self {
            connection: connection.to_owned(),
            changes,
            entities: preview.entities.iter().map(Entity::from).collect(),
            needs_yes: !guarded.is_empty(),
            guarded,
            never_read: preview.never_read,
        }
    }

    /// The refusal of a change that removes much and was not confirmed.
    pub(super) fn refusal(&self) -> CliError {
        let much: Vec<String> = self
            .entities
            .iter()
            .filter(|entity| self.guarded.contains(&entity.entity))
            .map(|entity| {
                let mut parts = Vec::new();
                if entity.removed > 0 {
                    parts.push(format!("remove {}", grouped(entity.removed)));
                }
                if entity.disabled > 0 {
                    parts.push(format!("disable {}", grouped(entity.disabled)));
                }
                format!(
                    "{} of {} {}",
                    parts.join(" and "),
                    grouped(entity.before),
                    entity.entity.replace('_', " ")
                )
            })
            .collect();
        CliError::usage(
            "needs_yes",
            format!("this would {}; nothing was changed", listed(&much)),
            format!(
                "`stockbridge settings {} --set .. --preview` shows it; add --yes to carry it out",
                self.connection
            ),
        )
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("What this would do to {:?}:\n", self.connection);
        for change in &self.changes {
            text.push_str(&format!("  {}\n", change.text()));
        }
        text.push_str(&format!(
            "\n  {:<19}{:>11}{:>11}{:>11}{:>11}{:>11}\n",
            "", "before", "created", "changed", "disabled", "removed"
        ));
        for entity in &self.entities {
            text.push_str(&format!("  {:<19}", entity.entity.replace('_', " ")));
            for n in [
                entity.before,
                entity.created,
                entity.changed,
                entity.disabled,
                entity.removed,
            ] {
                text.push_str(&format!("{:>11}", grouped(n)));
            }
            text.push('\n');
        }
        for entity in &self.entities {
            for sample in &entity.samples {
                text.push_str(&sample.text(entity.entity));
            }
        }
        if self.never_read > 0 {
            text.push_str(&format!(
                "\n{} that sales would name were never read; those sales wait for the next backfill.\n",
                count(self.never_read, "item")
            ));
        }
        text.push('\n');
        text.push_str(if self.needs_yes {
            "Nothing was changed. It removes or disables more than one in twenty: add --yes to \
             carry it out.\n"
        } else {
            "Nothing was changed. Leave --preview out to carry it out.\n"
        });
        text
    }
}

impl Shown {
    fn text(&self, entity: &str) -> String {
        let values = |map: &Map<String, Value>, between: &str| {
            let parts: Vec<String> = map.values().map(brief).collect();
            parts.join(between)
        };
        let mut text = format!(
            "\n  {} {} {} {}\n",
            self.change,
            entity.replace('_', " ").trim_end_matches('s'),
            values(&self.key, "/"),
            values(&self.label, ", ")
        );
        for field in &self.fields {
            text.push_str(&format!(
                "      {}: {} -> {}\n",
                field.field,
                brief(&field.from),
                brief(&field.to)
            ));
        }
        text.trim_end_matches('\n').to_owned()
    }
}

/// A value in a few letters.
fn brief(value: &Value) -> String {
    let text = match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(lines) => {
            let lines: Vec<String> = lines
                .iter()
                .map(|line| match line {
                    Value::Object(line) => {
                        let parts: Vec<String> = line.values().map(brief).collect();
                        parts.join(" x ")
                    }
                    other => other.to_string(),
                })
                .collect();
            format!("[{}]", lines.join(", "))
        }
        other => other.to_string(),
    };
    if text.chars().count() <= SHOWN {
        return text;
    }
    let cut: String = text.chars().take(SHOWN).collect();
    format!("{cut}..")
}
