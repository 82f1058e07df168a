//! Where an account's resources live, and which links are ours to follow.

use crate::http::{BaseUrlError, check_base_url};
use url::Url;

/// The address space of one Lightspeed account below the configured API base.
#[derive(Clone, Debug)]
pub struct Account {
    base: Url,
    id: i64,
}

impl Account {
    /// The account `id` below `base` (`…/API/V3`).
    ///
    /// # Errors
    /// When `base` may not be used: see [`check_base_url`].
    pub fn new(mut base: Url, id: i64) -> Result<Self, BaseUrlError> {
        check_base_url(&base)?;
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&path);
        Ok(Self { base, id })
    }

    /// The account's id.
    pub const fn id(&self) -> i64 {
        self.id
    }

    /// The list of a resource, without filters.
    pub(super) fn list(&self, resource: &str) -> Url {
        self.at(&format!(
            "{}/Account/{}/{resource}.json",
            self.root(),
            self.id
        ))
    }

    /// One record of a resource.
    pub(super) fn record(&self, resource: &str, id: i64) -> Url {
        self.at(&format!(
            "{}/Account/{}/{resource}/{id}.json",
            self.root(),
            self.id
        ))
    }

    /// The list of accounts the token may see: one.
    pub(super) fn discovery(&self) -> Url {
        self.at(&format!("{}/Account.json", self.root()))
    }

    /// The account's own record.
    pub(super) fn itself(&self) -> Url {
        self.at(&format!("{}/Account/{}.json", self.root(), self.id))
    }

    /// The session, which lives beside the versioned API and not in it.
    pub(super) fn session(&self) -> Url {
        let (above, last) = self.root().rsplit_once('/').unwrap_or(("", self.root()));
        let versioned = last.len() > 1
            && last.starts_with('V')
            && last[1..].bytes().all(|b| b.is_ascii_digit());
        self.at(&format!(
            "{}/Session.json",
            if versioned { above } else { self.root() }
        ))
    }

    /// Whether a link stays where our token may go: the same server and exactly this list.
    pub(super) fn owns(&self, link: &Url, resource: &str) -> bool {
        let ours = self.list(resource);
        link.scheme() == ours.scheme()
            && link.host() == ours.host()
            && link.port_or_known_default() == ours.port_or_known_default()
            && link.username().is_empty()
            && link.password().is_none()
            && link.path() == ours.path()
    }

    /// A request as it may be stored and shown: without host and account.
    pub(super) fn describe(&self, url: &Url) -> String {
        let prefix = format!("{}/Account/{}/", self.root(), self.id);
        let path = url
            .path()
            .strip_prefix(&prefix)
            .unwrap_or_else(|| url.path());
        match url.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        }
    }

    fn root(&self) -> &str {
        match self.base.path() {
            "/" => "",
            path => path,
        }
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(base: &str) -> Account {
        Account::new(Url::parse(base).expect("a valid sample"), 77).expect("a valid sample")
    }

    #[test]
    fn addresses_stand_below_the_base() {
        let ours = account("https://api.lightspeedapp.com/API/V3/");
        assert_eq!(
            ours.list("Sale").as_str(),
            "https://api.lightspeedapp.com/API/V3/Account/77/Sale.json"
        );
        assert_eq!(
            ours.session().as_str(),
            "https://api.lightspeedapp.com/API/Session.json"
        );
        assert_eq!(ours.discovery().path(), "/API/V3/Account.json");
        assert_eq!(ours.itself().path(), "/API/V3/Account/77.json");
        assert_eq!(
            account("http://127.0.0.1:9").list("Sale").path(),
            "/Account/77/Sale.json"
        );
    }

    #[test]
    fn only_links_to_the_same_list_are_ours() {
        let ours = account("https://api.lightspeedapp.com/API/V3");
        let owns = |link: &str| ours.owns(&Url::parse(link).expect("a valid sample"), "Sale");
        assert!(owns(
            "https://api.lightspeedapp.com/API/V3/Account/77/Sale.json?after=x"
        ));
        assert!(owns(
            "https://api.lightspeedapp.com:443/API/V3/Account/77/Sale.json"
        ));
        for foreign in [
            "http://api.lightspeedapp.com/API/V3/Account/77/Sale.json",
            "https://api.lightspeedapp.com.evil.example/API/V3/Account/77/Sale.json",
            "https://evil.example/API/V3/Account/77/Sale.json",
            "https://api.lightspeedapp.com:444/API/V3/Account/77/Sale.json",
            "https://me@api.lightspeedapp.com/API/V3/Account/77/Sale.json",
            "https://api.lightspeedapp.com/API/V3/Account/78/Sale.json",
            "https://api.lightspeedapp.com/API/V3/Account/77/Item.json",
            "https://api.lightspeedapp.com/API/V3/Account/77/../78/Sale.json",
        ] {
            assert!(!owns(foreign), "{foreign}");
        }
    }
}
