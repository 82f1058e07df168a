//! Small questions asked before and beside the walks: whose account is this, what may we do, and
//! does the clock agree.

use super::budget::Drips;
use super::client::{Answer, Lightspeed};
use super::error::SourceError;
use super::pages::Page;
use super::query::{IdRange, Query};
use chrono::{DateTime, TimeDelta, Utc};
use pipeline::Feed;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// The account a token belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountInfo {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
}

/// What the employee who connected us may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The account, if the answer names it.
    pub account_id: Option<i64>,
    /// The employee, if the answer names one.
    pub employee_id: Option<i64>,
    /// The names of the rights that are granted.
    pub rights: BTreeSet<String>,
}

impl Lightspeed {
    /// The account the token belongs to: a token sees exactly one.
    ///
    /// # Errors
    /// See [`SourceError`].
    pub async fn account(&self) -> Result<AccountInfo, SourceError> {
        let answer = self
            .get(
                &self.account_space().discovery(),
                "Account",
                Drips::whole(1),
            )
            .await?;
        let body = json("Account", &answer)?;
        let account = match &body["Account"] {
            Value::Array(several) => several.first().unwrap_or(&Value::Null),
            one => one,
        };
        match integer(&account["accountID"]) {
            Some(id) => Ok(AccountInfo {
                id,
                name: account["name"].as_str().unwrap_or_default().to_owned(),
            }),
            None => Err(SourceError::Envelope {
                resource: "Account".to_owned(),
            }),
        }
    }

    /// The code of the account's own currency, such as `EUR`, if the account tells it.
    ///
    /// # Errors
    /// See [`SourceError`].
    pub async fn currency(&self) -> Result<Option<String>, SourceError> {
        let answer = self
            .get(&self.account_space().itself(), "Account", Drips::whole(1))
            .await?;
        let body = json("Account", &answer)?;
        // Some answers wrap the fields in the resource's name.
        let account = body.get("Account").unwrap_or(&body);
        let code = account["defaultCurrency"]["code"].as_str();
        Ok(code
            .map(|code| code.trim().to_owned())
            .filter(|code| !code.is_empty()))
    }

    /// The rights of the employee who connected us.
    ///
    /// # Errors
    /// See [`SourceError`].
    pub async fn session(&self) -> Result<Session, SourceError> {
        let answer = self
            .get(&self.account_space().session(), "Session", Drips::whole(1))
            .await?;
        let body = json("Session", &answer)?;
        // Some answers wrap the fields in the resource's name.
        let session = body.get("Session").unwrap_or(&body);
        let rights = match &session["Rights"] {
            Value::Object(rights) => rights
                .iter()
                .filter(|(_, granted)| is_true(granted))
                .map(|(name, _)| name.clone())
                .collect(),
            _ => BTreeSet::new(),
        };
        Ok(Session {
            account_id: integer(&session["systemCustomerID"]),
            employee_id: integer(&session["employeeID"]),
            rights,
        })
    }

    /// The first page of shops, archived ones too. Accounts with more than a page of shops follow
    /// its link.
    ///
    /// # Errors
    /// See [`SourceError`].
    pub async fn shops(&self) -> Result<Page, SourceError> {
        self.first(&Query::walk(Feed::Shops, IdRange::ALL)).await
    }
}

/// How far the server's clock is ahead of ours, by a page's `server_date`; negative if behind.
pub fn clock_offset(server_date: DateTime<Utc>, ours: DateTime<Utc>) -> TimeDelta {
    server_date - ours
}

fn json(resource: &str, answer: &Answer) -> Result<Value, SourceError> {
    serde_json::from_slice(&answer.response.body).map_err(|error| SourceError::Unreadable {
        resource: resource.to_owned(),
        excerpt: answer.excerpt(),
        source: Some(pipeline::page::EnvelopeError::NotJson(error.into())),
    })
}

fn integer(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_str()?.trim().parse().ok())
}

fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true) || matches!(value.as_str(), Some("true" | "1"))
}
