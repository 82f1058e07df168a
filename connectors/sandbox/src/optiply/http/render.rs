//! Bodies of answers: resources, and errors in every shape that was seen.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json, json};

use crate::{
    http::answer::Answer,
    optiply::{
        credentials::OptiplyCredentials,
        dump::attributes,
        refusal::Refusal,
        resource::Resource,
        store::{Row, Store},
        value::{Value, instant},
    },
};

use super::{API, Incoming, MEDIA_TYPE};

/// Writes resources of one account for one request.
pub(super) struct Page<'a> {
    pub(super) incoming: &'a Incoming,
    pub(super) account: &'a OptiplyCredentials,
    pub(super) coupling: Option<i64>,
    pub(super) key: &'a [u8; 32],
    pub(super) now: DateTime<Utc>,
}

impl Page<'_> {
    pub(super) fn base(&self) -> String {
        format!("http://{}{API}", self.incoming.host)
    }

    pub(super) fn one(&self, status: u16, resource: Resource, row: &Row) -> Answer {
        let body = json!({ "data": self.object(resource, row) });
        Answer::new(status, MEDIA_TYPE, body.to_string())
    }

    pub(super) fn object(&self, resource: Resource, row: &Row) -> Json {
        let own = format!("{}/{}/{}", self.base(), resource.name(), row.id);
        let mut fields = attributes(resource, row);
        let remote = self.coupling.zip(fields.remove("remoteId"));
        fields.insert("uuid".to_owned(), self.uuid(resource, row.id).into());
        fields.insert("accountId".to_owned(), self.account.account_id.into());
        fields.insert("createdFromPublicApi".to_owned(), row.from_api.into());
        fields.insert("createdAt".to_owned(), instant(row.created).into());
        fields.insert("updatedAt".to_owned(), instant(row.updated).into());
        let map: Map<String, Json> = remote
            .into_iter()
            .filter(|(_, id)| !id.is_null())
            .map(|(coupling, id)| (coupling.to_string(), id))
            .collect();
        fields.insert("remoteIdMap".to_owned(), map.into());
        json!({
            "type": resource.name(),
            "id": row.id.to_string(),
            "attributes": fields,
            "relationships": {
                "account": { "links": {
                    "self": format!("{own}/relationships/account"),
                    "related": format!("{own}/account"),
                } },
            },
            "links": { "self": own },
        })
    }

    fn uuid(&self, resource: Resource, id: i64) -> String {
        let name = format!("uuid {} {id}", resource.name());
        let hex = blake3::keyed_hash(self.key, name.as_bytes()).to_hex();
        let part = |from: usize, to: usize| &hex[from..to];
        format!(
            "{}-{}-4{}-8{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }
}

/// An error in the next of the shapes that clients had to learn.
pub(super) fn error(refusal: &Refusal, count: usize) -> Answer {
    let Refusal { status, message } = refusal;
    // Nothing tells which pair, and the two may even come without a word.
    if *status == 409 {
        return match count % 3 {
            0 => Answer::new(409, MEDIA_TYPE, String::new()),
            1 => Answer::html(409, "<html><h1>Conflict</h1></html>".to_owned()),
            _ => Answer::new(
                409,
                MEDIA_TYPE,
                r#"{"errors":[{"status":"409"}]}"#.to_owned(),
            ),
        };
    }
    if *status >= 500 {
        return Answer::html(*status, format!("<html><h1>{status}</h1></html>"));
    }
    let text = status.to_string();
    let body = match count % 6 {
        0 => json!({"errors": [{"status": text, "meta": {"message": message}}]}),
        1 => json!({"errors": [{"detail": message}]}),
        2 => json!({"errors": [{"message": message}]}),
        3 => json!({"message": message}),
        4 => json!({"error": message}),
        _ => return Answer::new(*status, "text/plain", message.clone()),
    };
    Answer::new(*status, MEDIA_TYPE, body.to_string())
}

/// The value an attribute is filtered by, common ones included.
pub(super) fn filterable(resource: Resource, row: &Row, account: i64, name: &str) -> Option<Value> {
    match name {
        "id" => Some(Value::Int(row.id)),
        "accountId" => Some(Value::Int(account)),
        "createdAt" => Some(Value::Time(row.created)),
        "updatedAt" => Some(Value::Time(row.updated)),
        "createdFromPublicApi" => Some(Value::Flag(row.from_api)),
        // Kept apart from the attributes, so presumably not to be filtered by.
        "remoteId" | "remoteDataSyncedToDate" => None,
        other => resource.place(other).map(|place| row.values[place].clone()),
    }
}

/// A row by its path, as far as it exists.
pub(super) fn row(store: &Store, resource: Resource, id: i64) -> Result<&Row, Refusal> {
    store.live(resource, id).ok_or_else(Refusal::gone)
}
