//! Suppliers of the model.

use super::credit::Written;
use super::needs::Needs;
use super::work::HeldObject;
use crate::batch::{hex, json, run};
use crate::error::StoreError;
use crate::filter::lifecycle;
use crate::store::WriteTx;
use pipeline::Reason;
use pipeline::deliver::Key;
use pipeline::filter::Lifecycle;
use pipeline::hash::content_hash;
use pipeline::id::VendorId;
use pipeline::load::Supplier;
use pipeline::outcome::Outcome;
use pipeline::record::Vendor;
use sqlx::{Row, SqliteConnection};
use std::collections::HashSet;

/// What a supplier is computed from.
#[derive(Clone, Debug)]
pub struct SupplierFacts {
    /// The vendor.
    pub vendor: Vendor,
    /// Whether it was ever a supplier, and whether a buy order needs it.
    pub lifecycle: Lifecycle,
}

const FACTS: &str = "
    SELECT s.vendor_id, s.name, s.archived, s.emails, s.currency, m.hash, m.run_id,
        m.vendor_id IS NOT NULL AS loaded, s.vanished_at IS NOT NULL AS vanished,
        s.archived AND EXISTS (SELECT 1 FROM model_buy_orders o
                WHERE o.connection_id = ?1 AND o.vendor_id = s.vendor_id) AS needed
    FROM source_vendors s
    LEFT JOIN model_suppliers m ON m.connection_id = ?1 AND m.vendor_id = s.vendor_id
    WHERE s.connection_id = ?1 AND s.vendor_id IN (SELECT value FROM json_each(?2))";

const UPSERT: &str = "
    INSERT INTO model_suppliers (connection_id, vendor_id, name, emails, ignored, hash,
                                 first_run_id, run_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, unhex(value ->> 4),
           value ->> 5, value ->> 5
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, vendor_id) DO UPDATE SET
        name = excluded.name, emails = excluded.emails, ignored = excluded.ignored,
        hash = excluded.hash, run_id = excluded.run_id";

pub(super) async fn read(
    conn: &mut SqliteConnection,
    connection: i64,
    ids: &[i64],
) -> Result<(Vec<SupplierFacts>, Vec<HeldObject>), StoreError> {
    let rows = sqlx::query(FACTS)
        .bind(connection)
        .bind(json(ids))
        .fetch_all(conn)
        .await?;
    let mut held = Vec::new();
    let mut facts = Vec::with_capacity(rows.len());
    for row in rows {
        let id: i64 = row.try_get(0)?;
        let hash: Option<Vec<u8>> = row.try_get("hash")?;
        let emails: String = row.try_get("emails")?;
        facts.push(SupplierFacts {
            lifecycle: lifecycle(&row)?,
            vendor: Vendor {
                id: VendorId(id),
                name: row.try_get("name")?,
                archived: row.try_get("archived")?,
                emails: serde_json::from_str(&emails).map_err(|_| StoreError::Inconsistent {
                    table: "source_vendors",
                    column: "emails",
                    row: id.to_string(),
                    found: emails,
                })?,
                currency: row.try_get("currency")?,
                changed_at: None,
            },
        });
        if let Some(hash) = hash {
            held.push(HeldObject {
                id,
                run: row.try_get("run_id")?,
                hash,
            });
        }
    }
    Ok((facts, held))
}

pub(super) async fn write(
    tx: &mut WriteTx,
    written: &mut Written<'_>,
    suppliers: &[(VendorId, Result<Supplier, Reason>)],
    needs: &mut Needs,
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    let held = written.work.suppliers.iter();
    let loaded: HashSet<VendorId> = held
        .filter(|facts| facts.lifecycle.loaded)
        .map(|facts| facts.vendor.id)
        .collect();
    for (id, supplier) in suppliers {
        let outcome = match supplier {
            Err(reason) => Outcome::Dropped(*reason),
            Ok(supplier) => {
                let hash = content_hash(supplier);
                if written.work.held.get(&("supplier", id.0)) == Some(&hash) {
                    Outcome::Unchanged
                } else {
                    if !loaded.contains(id) {
                        needs.new_suppliers.push(id.0);
                    }
                    let run = written.run_of("supplier", id.0);
                    written.deliveries.add(Key::supplier(*id), 0, run);
                    rows.push((
                        id.0,
                        &supplier.name,
                        json(&supplier.emails),
                        supplier.ignored,
                        hex(&hash),
                        run,
                    ));
                    Outcome::Loaded
                }
            }
        };
        written.outcomes.insert(("supplier", id.0), outcome);
    }
    run(tx.conn(), UPSERT, written.connection.0, &rows).await?;
    Ok(())
}
