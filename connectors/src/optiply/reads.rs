//! Reads: one row by id, or pages by id.

use super::client::{Call, Optiply};
use super::error::{Doing, OptiplyError};
use super::find::{Find, Fit};
use super::pace::Kind;
use super::resource::Resource;
use super::stored::Stored;
use crate::http::Method;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// A page of rows, by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The rows that fulfil every condition.
    pub rows: Vec<Stored>,
    /// What to ask for next; none when the end is proven.
    pub next: Option<Find>,
    /// Optiply's time when it answered.
    pub date: Option<DateTime<Utc>>,
    /// How long it took.
    pub latency: Duration,
}

impl Optiply {
    /// The row of an id; none if it was deleted or never was.
    ///
    /// # Errors
    /// See [`OptiplyError`].
    pub async fn get(&self, resource: Resource, id: i64) -> Result<Option<Stored>, OptiplyError> {
        let doing = Doing::Reading;
        let answer = self
            .send(Call {
                method: Method::GET,
                url: self.account().read_url(resource, Some(id)),
                body: Bytes::new(),
                resource,
                kind: Kind::Read,
                doing,
            })
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(OptiplyError::Gone { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        Stored::one(resource, &answer.body)
            .filter(|row| row.id == id)
            .map(Some)
            .ok_or_else(|| self.unreadable((resource, doing), &answer))
    }

    /// A page of the rows that are wanted.
    ///
    /// # Errors
    /// See [`OptiplyError`]; nothing is taken for the end of a list that does not look like one.
    pub async fn page(&self, find: &Find) -> Result<Page, OptiplyError> {
        let (resource, doing) = (find.resource, Doing::Reading);
        let mut url = self.account().read_url(resource, None);
        url.set_query(Some(&find.query(self.account().id())));
        let answer = self
            .send(Call {
                method: Method::GET,
                url,
                body: Bytes::new(),
                resource,
                kind: Kind::List,
                doing,
            })
            .await?;
        let Some((rows, more)) = Stored::many(resource, &answer.body) else {
            return Err(self.unreadable((resource, doing), &answer));
        };
        let mut previous = find.last_seen();
        for row in &rows {
            if let Some(previous) = previous.filter(|previous| *previous >= row.id) {
                return Err(OptiplyError::OutOfOrder {
                    resource,
                    previous,
                    id: row.id,
                });
            }
            previous = Some(row.id);
        }
        // A full page without a next link is asked for its successor all the same.
        let ended = rows.is_empty() || (!more && !find.is_full(rows.len()));
        let next = previous
            .filter(|_| !ended)
            .map(|last| find.clone().after(last));
        Ok(Page {
            rows: fitting(find, rows)?,
            next,
            date: answer.date,
            latency: answer.latency,
        })
    }

    /// All rows that are wanted, for conditions that few rows fulfil.
    ///
    /// # Errors
    /// See [`OptiplyError`]; [`OptiplyError::TooMany`] beyond `limit` rows.
    pub async fn find(&self, find: Find, limit: usize) -> Result<Vec<Stored>, OptiplyError> {
        let resource = find.resource;
        let mut found = Vec::new();
        let mut next = Some(find);
        while let Some(find) = next {
            let page = self.page(&find).await?;
            found.extend(page.rows);
            if found.len() > limit {
                return Err(OptiplyError::TooMany { resource, limit });
            }
            next = page.next;
        }
        Ok(found)
    }
}

fn fitting(find: &Find, rows: Vec<Stored>) -> Result<Vec<Stored>, OptiplyError> {
    let mut fitting = Vec::with_capacity(rows.len());
    for row in rows {
        match find.fit(&row) {
            Fit::Fits => fitting.push(row),
            Fit::Near => {}
            Fit::Stranger => {
                return Err(OptiplyError::FilterIgnored {
                    resource: find.resource,
                    id: row.id,
                });
            }
        }
    }
    Ok(fitting)
}
