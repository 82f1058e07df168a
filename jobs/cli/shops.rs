//! The shops of an account, read directly from Lightspeed.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use connectors::lightspeed::{Lightspeed, Page, Walk};
use pipeline::Feed;
use pipeline::location::{LocationBook, ShopEntry};
use pipeline::normalize::{normalize, relations};
use pipeline::record::Record;

/// The shops of an account, as they are now.
#[derive(Clone, Debug, Default)]
pub(super) struct Shops {
    pub(super) entries: Vec<ShopEntry>,
    /// The source's own time when it answered.
    pub(super) server_date: Option<DateTime<Utc>>,
}

impl Shops {
    /// Reads all of them, archived ones included.
    pub(super) async fn read(source: &Lightspeed) -> anyhow::Result<Self> {
        let mut shops = Shops::default();
        let mut guard = Walk::new();
        let mut page = source.shops().await?;
        loop {
            shops.add(&page)?;
            let Some(next) = page.next.take() else { break };
            guard.admit(&next)?;
            page = source.follow(&next, page.cost).await?;
        }
        Ok(shops)
    }

    fn add(&mut self, page: &Page) -> anyhow::Result<()> {
        self.server_date = page.server_date.or(self.server_date);
        let page = normalize(Feed::Shops, page.body_str(), relations(Feed::Shops, ""))
            .context("the list of shops")?;
        for rejection in &page.rejections {
            tracing::warn!(
                "shop {:?} cannot be read and cannot be chosen: {} {}",
                rejection.id,
                rejection.path,
                rejection.detail
            );
        }
        let entries = page
            .records
            .into_iter()
            .filter_map(|normal| match normal.record {
                Record::Shop(shop) => Some(ShopEntry {
                    id: shop.id,
                    name: shop.name,
                    archived: shop.archived,
                }),
                _ => None,
            });
        self.entries.extend(entries);
        Ok(())
    }

    /// The locations that codes are looked up in.
    pub(super) fn book(&self) -> LocationBook {
        LocationBook::new(self.entries.clone())
    }
}
