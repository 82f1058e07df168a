//! What load reads and writes: touched objects with all the records they are made of, and the
//! Optiply model.
//!
//! The objects themselves are computed by `pipeline::load`, between [`Store::load_work`] and
//! [`Store::commit_loaded`]; here is only what they are computed from and where they go.

mod assemblies;
mod credit;
mod echoes;
mod needs;
mod offers;
mod order_facts;
mod orders;
mod products;
mod purchase_facts;
mod purchases;
mod read;
mod receipts;
mod suppliers;
mod work;

pub use assemblies::AssemblyFacts;
pub(crate) use assemblies::read as assemblies_of;
pub use offers::OfferFacts;
pub(crate) use offers::read as offers_of;
pub(crate) use order_facts::item_state;
pub use products::ProductFacts;
pub(crate) use purchase_facts::vendor as vendor_state;
pub use purchase_facts::{OrderWork, Orphan};
pub use suppliers::SupplierFacts;
pub use work::{LoadWork, Loaded};

use crate::deliver::Touches;
use crate::error::StoreError;
use crate::leases::Lease;
use crate::rejections;
use crate::settings;
use crate::store::{Store, WriteTx};
use credit::Written;
use needs::Needs;
use pipeline::id::{ConnectionId, RunId};
use pipeline::load::ProductOutcome;
use pipeline::{Feed, Stage};
use std::collections::HashMap;

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
            deliveries: Touches::default(),
        };
        let mut rejections = Vec::new();
        let mut needs = Needs::default();
        products::write(
            &mut tx,
            &mut written,
            &loaded.products,
            &mut rejections,
            &mut needs,
        )
        .await?;
        suppliers::write(&mut tx, &mut written, &loaded.suppliers, &mut needs).await?;
        orders::write(&mut tx, &mut written, &loaded.orders, &mut needs).await?;
        purchases::write(
            &mut tx,
            &mut written,
            &loaded.purchases,
            &loaded.orphans,
            &mut needs,
        )
        .await?;
        // Some objects are credited to no record, so the run at work has them.
        let current = current_run(&mut tx, lease.connection).await?;
        offers::write(&mut tx, &mut written, &loaded.offers, current).await?;
        assemblies::write(
            &mut tx,
            &mut written,
            &loaded.compositions,
            current,
            &mut needs,
        )
        .await?;
        let deliveries = std::mem::take(&mut written.deliveries);
        deliveries
            .write(&mut tx, self, lease.connection, current)
            .await?;
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
        needs.write(&mut tx, self, lease.connection, now).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// The newest run that is at work, not one that waits for its end; 0 when none is.
async fn current_run(tx: &mut WriteTx, connection: ConnectionId) -> Result<i64, StoreError> {
    let run: Option<i64> = sqlx::query_scalar(
        "SELECT max(id) FROM runs
         WHERE connection_id = ?1 AND state = 'open' AND after_run IS NULL",
    )
    .bind(connection.0)
    .fetch_one(tx.conn())
    .await?;
    Ok(run.unwrap_or_default())
}
