//! Where an account's resources live.

use super::resource::Resource;
use crate::http::{BaseUrlError, check_base_url};
use url::Url;

/// An Optiply account behind a base address.
#[derive(Clone, Debug)]
pub struct Account {
    base: Url,
    id: i64,
    coupling: Option<i64>,
}

impl Account {
    /// The account (webshop) with this id, below a base such as `https://host/v1`.
    ///
    /// `coupling` is the id of an integration coupling, for accounts that have one.
    ///
    /// # Errors
    /// When a token sent to the base could be read on the way.
    pub fn new(base: Url, id: i64, coupling: Option<i64>) -> Result<Self, BaseUrlError> {
        check_base_url(&base)?;
        Ok(Self { base, id, coupling })
    }

    /// Its id.
    pub const fn id(&self) -> i64 {
        self.id
    }

    /// The coupling, if it has one.
    pub const fn coupling(&self) -> Option<i64> {
        self.coupling
    }

    /// A resource or a row of it, for a read.
    pub(super) fn read_url(&self, resource: Resource, id: Option<i64>) -> Url {
        let mut url = self.base.clone();
        let base = self.base.path().trim_end_matches('/');
        let path = match id {
            Some(id) => format!("{base}/{resource}/{id}"),
            None => format!("{base}/{resource}"),
        };
        url.set_path(&path);
        url
    }

    /// The same for a write, which names the account.
    pub(super) fn write_url(&self, resource: Resource, id: Option<i64>) -> Url {
        let mut url = self.read_url(resource, id);
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("accountId", &self.id.to_string());
            if let Some(coupling) = self.coupling {
                query.append_pair("couplingId", &coupling.to_string());
            }
        }
        url
    }
}
