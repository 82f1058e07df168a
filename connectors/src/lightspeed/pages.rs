//! Pages, the links between them, and the guard against walking in circles.

mod ids;
mod walk;

pub use walk::Walk;

use super::account::Account;
use super::budget::Drips;
use super::client::Answer;
use super::error::SourceError;
use super::query::{self, Order, Query};
use crate::http::server_date;
use bytes::Bytes;
use chrono::{DateTime, Utc};
pub(super) use ids::{id_of, span_of_ids};
use pipeline::Feed;
use pipeline::page::{Next, open};
use std::fmt;
use std::time::Duration;
use url::Url;

/// A page whose envelope was read and proven.
#[derive(Clone)]
pub struct Page {
    /// The feed its rows belong to.
    pub feed: Feed,
    /// The body as received; valid UTF-8.
    pub body: Bytes,
    /// How many rows it has.
    pub rows: usize,
    /// The lowest id among the rows.
    pub first_id: Option<i64>,
    /// The highest id among the rows: where a walk that ends here goes on.
    pub last_id: Option<i64>,
    /// Where more is; none is proof of the end.
    pub next: Option<NextLink>,
    /// The server's own time when it answered.
    pub server_date: Option<DateTime<Utc>>,
    /// The request, without host, account or secrets.
    pub request: String,
    /// How long the exchange took, waiting for the budget not included.
    pub latency: Duration,
    /// What it cost by the server's word, or else what was expected: expect the same of the next.
    pub cost: Drips,
}

impl Page {
    /// The body as text.
    pub fn body_str(&self) -> &str {
        // Checked when the page was opened.
        std::str::from_utf8(&self.body).unwrap_or_default()
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("request", &self.request)
            .field("rows", &self.rows)
            .field("ids", &(self.first_id, self.last_id))
            .field("more", &self.next.is_some())
            .finish_non_exhaustive()
    }
}

/// A link to a next page, checked to be ours, followed as it was given.
#[derive(Clone, PartialEq, Eq)]
pub struct NextLink {
    feed: Feed,
    order: Order,
    url: Url,
}

impl NextLink {
    /// The feed it belongs to.
    pub const fn feed(&self) -> Feed {
        self.feed
    }

    pub(super) const fn url(&self) -> &Url {
        &self.url
    }
}

impl fmt::Debug for NextLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "NextLink({}?{})",
            query::resource(self.feed),
            self.url.query().unwrap_or_default()
        )
    }
}

/// What a page is an answer to.
pub(super) struct Asked<'a> {
    pub(super) feed: Feed,
    pub(super) order: Order,
    pub(super) url: &'a Url,
}

impl<'a> Asked<'a> {
    pub(super) fn by(query: &Query, url: &'a Url) -> Self {
        Self {
            feed: query.feed,
            order: query.order,
            url,
        }
    }

    pub(super) fn by_link(link: &'a NextLink) -> Self {
        Self {
            feed: link.feed,
            order: link.order,
            url: &link.url,
        }
    }
}

/// Opens a successful answer: the envelope proven, the link checked, the ids read.
pub(super) fn read(
    asked: &Asked<'_>,
    account: &Account,
    answer: Answer,
) -> Result<Page, SourceError> {
    let response = &answer.response;
    let resource = || query::resource(asked.feed).to_owned();
    let unreadable = |source| SourceError::Unreadable {
        resource: resource(),
        excerpt: start_of(&answer),
        source,
    };
    let text = std::str::from_utf8(&response.body).map_err(|_| unreadable(None))?;
    let envelope = open(text, asked.feed).map_err(|error| unreadable(Some(error)))?;
    let next = match &envelope.next {
        Next::End => None,
        Next::Link(link) => Some(check_link(link, asked, account)?),
        Next::Unsaid => {
            return Err(SourceError::Envelope {
                resource: resource(),
            });
        }
    };
    let (first_id, last_id) = span_of_ids(
        &envelope.rows,
        query::primary_key(asked.feed),
        asked.order,
        query::resource(asked.feed),
    )?;
    let rows = envelope.rows.len();
    Ok(Page {
        feed: asked.feed,
        rows,
        first_id,
        last_id,
        next,
        server_date: server_date(&response.headers),
        request: account.describe(asked.url),
        latency: answer.latency,
        cost: answer.cost,
        body: answer.response.body,
    })
}

/// How a body that is no page begins. Rows hold what customers typed, so of a list nothing is shown.
pub(super) fn start_of(answer: &Answer) -> String {
    let body = &answer.response.body;
    if body.trim_ascii_start().starts_with(b"{") {
        return format!("{} bytes that begin like a list", body.len());
    }
    // Shortened last: a cut through a secret would leave a part of it.
    let shown = answer.excerpt();
    match shown.char_indices().nth(200) {
        Some((at, _)) => format!("{}…", &shown[..at]),
        None => shown,
    }
}

fn check_link(link: &str, asked: &Asked<'_>, account: &Account) -> Result<NextLink, SourceError> {
    let resource = query::resource(asked.feed);
    let foreign = |host: &str| SourceError::ForeignLink {
        resource: resource.to_owned(),
        host: shown_host(host),
    };
    let url = Url::parse(link).map_err(|_| foreign("not an address"))?;
    if account.owns(&url, resource) {
        Ok(NextLink {
            feed: asked.feed,
            order: asked.order,
            url,
        })
    } else {
        Err(foreign(url.host_str().unwrap_or("no host")))
    }
}

/// A host that somebody else named, as much of it as a name may have.
pub(super) fn shown_host(host: &str) -> String {
    host.chars().take(253).collect()
}
