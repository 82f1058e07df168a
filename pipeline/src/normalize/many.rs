//! Relations: none, one or many children, each of which has several spellings.
//!
//! `{"SaleLines":{"SaleLine":[..]}}` is the full form. One child stands bare, none at all leaves
//! the key out or puts `""`, `null`, `{}` or `[]` there. Nothing in here fails: a shape that is
//! none of these is remembered and becomes a fault when the children are asked for.

use super::fault::Fault;
use super::shapes::{Element, Rows, Sent, Wrapper};
use serde::{Deserialize, Deserializer};
use std::marker::PhantomData;

/// A child of a relation.
pub(super) trait Child {
    /// The key its rows stand under, inside the wrapper.
    const KEY: &'static str;
}

/// The children of a relation as sent.
pub(super) struct Many<T>(Sent<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Sent::Absent)
    }
}

impl<T: Child> Many<T> {
    /// The children, each read by `read`; `None` when the relation was not sent at all.
    pub(super) fn read<R>(
        self,
        relation: &str,
        mut read: impl FnMut(T) -> Result<R, Fault>,
    ) -> Result<Option<Vec<R>>, Fault> {
        let list = || format!("{relation}.{}", T::KEY);
        match self.0 {
            Sent::Absent => Ok(None),
            Sent::Wrong(found) => Err(Fault::bad(
                relation,
                format!("found {found}, not {}", T::KEY),
            )),
            Sent::Rows(rows) => {
                let mut done = Vec::with_capacity(rows.len());
                for (index, row) in rows.into_iter().enumerate() {
                    done.push(match row {
                        Element::Row(row) => read(row).map_err(|f| f.in_row(&list(), index))?,
                        Element::Wrong(found) => {
                            let path = format!("{}[{index}]", list());
                            return Err(Fault::bad(&path, format!("found {found}, not a record")));
                        }
                    });
                }
                Ok(Some(done))
            }
        }
    }

    /// The same for children that belong to their record: when they were not asked for, that is
    /// not the same as none. `what` names them for people.
    pub(super) fn read_own<R>(
        self,
        relation: &str,
        asked: &[&str],
        what: &str,
        read: impl FnMut(T) -> Result<R, Fault>,
    ) -> Result<Vec<R>, Fault> {
        match self.read(relation, read)? {
            Some(rows) => Ok(rows),
            None if asked.contains(&relation) => Ok(Vec::new()),
            None => Err(Fault::bad(
                relation,
                format!("found no {what}, which were not asked for"),
            )),
        }
    }
}

/// At most one related record; the same emptiness as [`Many`].
pub(super) struct One<T>(Result<Option<T>, &'static str>);

impl<T> Default for One<T> {
    fn default() -> Self {
        Self(Ok(None))
    }
}

impl<T> One<T> {
    /// The related record, if one was sent.
    pub(super) fn read(self, relation: &str) -> Result<Option<T>, Fault> {
        self.0
            .map_err(|found| Fault::bad(relation, format!("found {found}, not one record")))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for One<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The same shapes as the inside of a wrapper, of which one row may come out.
        let mut rows = match deserializer.deserialize_any(Rows(PhantomData))? {
            Sent::Absent => return Ok(Self(Ok(None))),
            Sent::Wrong(found) => return Ok(Self(Err(found))),
            Sent::Rows(rows) => rows,
        };
        Ok(Self(match (rows.pop(), rows.is_empty()) {
            (None, _) => Ok(None),
            (Some(Element::Row(row)), true) => Ok(Some(row)),
            (Some(Element::Wrong(found)), true) => Err(found),
            (Some(_), false) => Err("several records"),
        }))
    }
}

impl<'de, T: Deserialize<'de> + Child> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Wrapper(PhantomData)).map(Self)
    }
}
