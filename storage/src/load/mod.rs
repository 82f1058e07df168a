//! What load reads and writes: touched objects with all the records they are made of, and the
//! Optiply model.
//!
//! The objects themselves are computed by `pipeline::load`, between [`Store::load_work`] and
//! [`Store::commit_loaded`]; here is only what they are computed from and where they go.

mod credit;
mod order_facts;
mod orders;
mod products;
mod read;
mod suppliers;

pub(crate) use order_facts::item_state;
pub use products::ProductFacts;
pub use suppliers::SupplierFacts;

use crate::error::StoreError;
use crate::leases::Lease;
use crate::queue;
use crate::rejections;
use crate::settings;
use crate::store::{Store, WriteTx};
use credit::Written;
use pipeline::hash::ContentHash;
use pipeline::id::{ConnectionId, ItemId, RunId, SaleId, VendorId};
use pipeline::load::sell_order::{ItemState, SaleFacts, SaleOutcome};
use pipeline::load::{ProductOutcome, ShopBook, Supplier};
use pipeline::outcome::Outcome;
use pipeline::settings::Settings;
use pipeline::{Feed, Reason, Stage};
use std::collections::HashMap;

/// Objects to be computed, with what they are computed from.
#[derive(Debug)]
pub struct LoadWork {
    /// The settings in force.
    pub settings: Settings,
    /// The shops of the account.
    pub shops: ShopBook,
    /// Touched products.
    pub products: Vec<ProductFacts>,
    /// Touched suppliers.
    pub suppliers: Vec<SupplierFacts>,
    /// Touched sell orders, by the sale they come from.
    pub wanted_sales: Vec<SaleId>,
    /// These sales and all that bear on them.
    pub sales: Vec<SaleFacts>,
    /// What is known of the items their lines name.
    pub items: HashMap<ItemId, ItemState>,
    settings_version: i64,
    up_to: i64,
    empty: bool,
    touches: Vec<Touch>,
    held: HashMap<(&'static str, i64), ContentHash>,
    states: HashMap<(Feed, i64), RecordState>,
}

impl LoadWork {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.empty
    }
}

/// What was computed, for every product, supplier and sale that [`LoadWork`] named.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Products; an item that does not count has the reason.
    pub products: Vec<(ItemId, Result<ProductOutcome, Reason>)>,
    /// Suppliers; a vendor that does not count has the reason.
    pub suppliers: Vec<(VendorId, Result<Supplier, Reason>)>,
    /// Sell orders.
    pub orders: Vec<(SaleId, SaleOutcome)>,
}

/// A touched object and the record it is credited to.
#[derive(Clone, Copy, Debug)]
struct Touch {
    object: &'static str,
    id: i64,
    credit: Option<(Feed, i64, RunId)>,
}

/// An object of the model as it is.
#[derive(Clone, Debug)]
struct HeldObject {
    id: i64,
    /// The run that wrote it last; 0 when fan-out did.
    run: i64,
    hash: Vec<u8>,
}

/// What is known of a record's outcome so far.
#[derive(Clone, Copy, Debug)]
struct RecordState {
    run: RunId,
    run_open: bool,
    loaded: Option<Outcome>,
}

impl Store {
    /// Writes what was computed to the model and consumes the touches. Returns whether it did;
    /// `false` means that the settings changed meanwhile and the work must be read again.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn commit_loaded(
        &self,
        lease: &Lease,
        work: &LoadWork,
        loaded: &Loaded,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write_as(lease).await?;
        if settings::version_in(tx.conn(), lease.connection).await? != work.settings_version {
            return Ok(false);
        }
        sqlx::query("DELETE FROM object_touches WHERE connection_id = ?1 AND seq <= ?2")
            .bind(lease.connection.0)
            .bind(work.up_to)
            .execute(tx.conn())
            .await?;
        let now = self.now_ms();
        let credits = work
            .touches
            .iter()
            .filter_map(|t| Some(((t.object, t.id), t.credit?.2.0)));
        let mut written = Written {
            connection: lease.connection,
            work,
            runs: credits.collect(),
            outcomes: HashMap::new(),
        };
        let mut rejections = Vec::new();
        products::write(&mut tx, &mut written, &loaded.products, &mut rejections).await?;
        suppliers::write(&mut tx, &mut written, &loaded.suppliers).await?;
        let effects = orders::write(&mut tx, &mut written, &loaded.orders, now).await?;
        let run = work
            .touches
            .iter()
            .rev()
            .find_map(|touch| touch.credit)
            .map_or(0, |c| c.2.0);
        rejections::store(&mut tx, lease.connection, RunId(run), &rejections, now).await?;
        let fine: Vec<i64> = loaded
            .products
            .iter()
            .filter(|(_, outcome)| matches!(outcome, Ok(ProductOutcome::Desired(_))))
            .map(|(id, _)| id.0)
            .collect();
        if !fine.is_empty() {
            rejections::resolve(
                &mut tx,
                lease.connection,
                Stage::Load,
                Feed::Items,
                &fine,
                now,
            )
            .await?;
        }
        written.credit(&mut tx).await?;
        if effects.records_touched {
            queue::wake(&mut tx, self, lease.connection, RunId(0), Stage::Filter).await?;
        }
        if effects.items_wanted {
            self.wake_extract(&mut tx, lease.connection).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn wake_extract(
        &self,
        tx: &mut WriteTx,
        connection: ConnectionId,
    ) -> Result<(), StoreError> {
        let runs: Vec<i64> =
            sqlx::query_scalar("SELECT id FROM runs WHERE connection_id = ?1 AND state = 'open'")
                .bind(connection.0)
                .fetch_all(tx.conn())
                .await?;
        for run in runs {
            queue::wake(tx, self, connection, RunId(run), Stage::Extract).await?;
        }
        Ok(())
    }
}

/// What writing orders asks of other stages.
#[derive(Clone, Copy, Debug, Default)]
struct Effects {
    records_touched: bool,
    items_wanted: bool,
}
