//! Writes: one row a call, each either done, refused, or openly in doubt.

use super::client::{Call, Optiply};
use super::error::{Doing, OptiplyError};
use super::pace::Kind;
use super::payload::Payload;
use super::resource::Resource;
use super::stored::Stored;
use crate::http::Method;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// What came of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The row as Optiply shows it now; a change may be acknowledged without it.
    pub row: Option<Stored>,
    /// Optiply's time when it answered.
    pub date: Option<DateTime<Utc>>,
    /// How long it took.
    pub latency: Duration,
}

/// What came of making a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The row as Optiply shows it. Compare it: not everything sent need have been taken.
    pub row: Stored,
    /// Optiply's time when it answered.
    pub date: Option<DateTime<Utc>>,
    /// How long it took.
    pub latency: Duration,
}

/// What came of deleting a row; either way it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// By this call.
    Now,
    /// It was gone already.
    Before,
}

impl Optiply {
    /// Makes a row, an order together with its lines.
    ///
    /// Optiply has no key against doing so twice: record the intent first, and after an error whose
    /// [`OptiplyError::effect`] is not nothing read back before another call.
    ///
    /// # Errors
    /// See [`OptiplyError`].
    pub async fn create(&self, payload: &Payload) -> Result<Made, OptiplyError> {
        let resource = payload.resource();
        let doing = if payload.has_lines() {
            Doing::WritingLines
        } else {
            Doing::Writing
        };
        let answer = self
            .send(Call {
                method: Method::POST,
                url: self.account().write_url(resource, None),
                body: payload.document(None).into(),
                resource,
                kind: Kind::Write,
                doing,
            })
            .await?;
        match Stored::one(resource, &answer.body) {
            Some(row) => Ok(Made {
                row,
                date: answer.date,
                latency: answer.latency,
            }),
            None => Err(self.unreadable((resource, doing), &answer)),
        }
    }

    /// Changes the given attributes of a row and no others.
    ///
    /// # Errors
    /// See [`OptiplyError`]; [`OptiplyError::Gone`] if the row was deleted at Optiply.
    pub async fn patch(&self, id: i64, payload: &Payload) -> Result<Written, OptiplyError> {
        let resource = payload.resource();
        let doing = Doing::Writing;
        let answer = self
            .send(Call {
                method: Method::PATCH,
                url: self.account().write_url(resource, Some(id)),
                body: payload.document(Some(id)).into(),
                resource,
                kind: Kind::Write,
                doing,
            })
            .await?;
        let row = Stored::one(resource, &answer.body).filter(|row| row.id == id);
        if row.is_none() && answer.status != 204 {
            return Err(self.unreadable((resource, doing), &answer));
        }
        Ok(Written {
            row,
            date: answer.date,
            latency: answer.latency,
        })
    }

    /// Deletes a row; lines and receipts go with it.
    ///
    /// # Errors
    /// See [`OptiplyError`].
    pub async fn delete(&self, resource: Resource, id: i64) -> Result<Deleted, OptiplyError> {
        let outcome = self
            .send(Call {
                method: Method::DELETE,
                url: self.account().write_url(resource, Some(id)),
                body: Bytes::new(),
                resource,
                kind: Kind::Write,
                doing: Doing::Writing,
            })
            .await;
        match outcome {
            // 202 would mean "later", which is another word for not knowing.
            Ok(answer) if answer.status == 202 => {
                Err(self.unreadable((resource, Doing::Writing), &answer))
            }
            Ok(_) => Ok(Deleted::Now),
            Err(OptiplyError::Gone { .. }) => Ok(Deleted::Before),
            Err(error) => Err(error),
        }
    }
}
