//! The envelope of a write.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::optiply::{refusal::Refusal, resource::Resource, write::Attributes};

#[derive(Deserialize)]
struct Document {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: Option<Box<RawValue>>,
    #[serde(default)]
    attributes: Attributes,
    #[serde(default)]
    relationships: Option<Box<RawValue>>,
}

/// Reads the attributes of a body for this resource, and row if it is a change.
pub(super) fn read(
    body: &[u8],
    resource: Resource,
    id: Option<i64>,
) -> Result<Attributes, Refusal> {
    let document: Document =
        serde_json::from_slice(body).map_err(|_| Refusal::bad("the body is not a document"))?;
    let data = document.data;
    if data.kind != resource.name() {
        return Err(Refusal::bad(format!("type must be {}", resource.name())));
    }
    if data.relationships.is_some() {
        return Err(Refusal::bad("relationships cannot be written"));
    }
    let named = data.id.map(|raw| raw.get().trim_matches('"').to_owned());
    match (named, id) {
        (None, _) => {}
        (Some(named), Some(id)) if named == id.to_string() => {}
        (Some(_), Some(_)) => return Err(Refusal::bad("id must be that of the path")),
        (Some(_), None) => return Err(Refusal::bad("id cannot be chosen")),
    }
    Ok(data.attributes)
}
