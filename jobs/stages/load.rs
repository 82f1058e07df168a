//! Load: touched objects computed anew from their records, into the Optiply model.

use super::{StageError, Turn};
use pipeline::filter;
use pipeline::load::sell_order::sell_orders;
use pipeline::load::{
    compositions, product, purchase, shipment_without_order, supplier, supplier_products,
};
use storage::{LoadWork, Loaded, ProductFacts, SupplierFacts};

/// Objects computed in one transaction. Enough to share the cost of a commit; more only
/// costs memory, for these stages are seldom further behind than a page or two.
const BATCH: i64 = 200;

/// Computes until nothing is touched or the turn is over. Returns whether it did any.
pub(super) async fn advance(turn: &Turn) -> Result<bool, StageError> {
    let (store, job) = (&turn.deps.store, &turn.job);
    let mut progressed = false;
    while !turn.is_over() {
        let work = store.load_work(job.connection, BATCH).await?;
        if work.is_empty() {
            break;
        }
        let loaded = compute(&work);
        progressed |= store.commit_loaded(&turn.lease, &work, &loaded).await?;
    }
    Ok(progressed)
}

fn compute(work: &LoadWork) -> Loaded {
    let products = work.products.iter().map(|facts| {
        let item = facts.item();
        let verdict = filter::item(item.kind, item.archived, &facts.lifecycle);
        (
            item.id,
            verdict
                .reason()
                .map_or_else(|| Ok(product_of(facts, work)), Err),
        )
    });
    let suppliers = work.suppliers.iter().map(|facts| {
        let verdict = filter::vendor(facts.vendor.archived, &facts.lifecycle);
        (
            facts.vendor.id,
            verdict.reason().map_or_else(|| Ok(supplier_of(facts)), Err),
        )
    });
    Loaded {
        products: products.collect(),
        suppliers: suppliers.collect(),
        orders: sell_orders(&work.wanted_sales, &work.sales, &work.items, &work.settings),
        ..compute_more(work)
    }
}

/// What stands between items and vendors, and what was bought.
fn compute_more(work: &LoadWork) -> Loaded {
    let offers = work.offers.iter().map(|facts| {
        let item = facts.facts();
        let currency = work.currency.as_deref();
        let pairs = supplier_products(&item, &work.vendors, currency, &facts.previous);
        (item.item.id, pairs)
    });
    let made = work.assemblies.iter().map(|facts| {
        let parent = facts.parent();
        let made = compositions(&parent, &facts.components, &work.parts);
        (parent.id, made)
    });
    let purchases = work.purchases.iter().map(|facts| {
        let purchase = purchase(&facts.facts(), &work.items, &work.settings);
        (facts.order.id, purchase)
    });
    let orphans = work.orphans.iter().map(|orphan| {
        let outcome = shipment_without_order(orphan.received, orphan.gone);
        (orphan.id, outcome)
    });
    Loaded {
        offers: offers.collect(),
        compositions: made.collect(),
        purchases: purchases.collect(),
        orphans: orphans.collect(),
        ..Loaded::default()
    }
}

fn product_of(facts: &ProductFacts, work: &LoadWork) -> pipeline::load::ProductOutcome {
    product(
        &facts.item(),
        facts.stock.as_deref(),
        &work.shops,
        &work.settings,
    )
}

fn supplier_of(facts: &SupplierFacts) -> pipeline::load::Supplier {
    let supplied = supplier(&facts.vendor, facts.lifecycle.vanished);
    if !supplied.invalid_emails.is_empty() {
        tracing::warn!(
            vendor.id = facts.vendor.id.0,
            count = supplied.invalid_emails.len(),
            "vendor {} has e-mail addresses that cannot be used",
            facts.vendor.id
        );
    }
    supplied.supplier
}
