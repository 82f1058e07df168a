//! What becomes of a buy order that is to be exported.

use super::candidate::{Candidate, CandidateLine};
use super::dates::shop_midnight;
use super::facts::{Facts, ProductFact};
use super::intent::{Intent, IntentLine, reference};
use super::problem::{Parking, Problem};
use crate::id::ItemId;
use crate::reason::Reason;
use rust_decimal::{Decimal, RoundingStrategy};
use std::collections::BTreeMap;

/// Decimals of a unit cost that Lightspeed keeps.
const PRICE_DECIMALS: u32 = 4;

/// What becomes of a buy order that is to be exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// This is ordered.
    Order(Intent),
    /// It is set aside until somebody changes something.
    Park(Parking),
}

/// Decides on a buy order (`mapping.md` 11.3). An order goes as a whole or not at all: half of one
/// is an empty shelf.
pub fn decide(order: &Candidate, facts: &Facts) -> Decision {
    match intent(order, facts) {
        Ok(intent) => Decision::Order(intent),
        Err(parking) => Decision::Park(parking),
    }
}

fn intent(order: &Candidate, facts: &Facts) -> Result<Intent, Parking> {
    // First, because nothing may be sent to a wrong shop whatever else is amiss.
    let (shop, zone) = shop(facts)?;
    let vendor = vendor(order, facts)?;
    if order.lines.is_empty() {
        return Err(Parking::new(
            Reason::ExportNoLines,
            "The buy order has no lines. Add a line in Optiply, or delete the order there.",
        ));
    }
    let problems: Vec<Problem> = (1..)
        .zip(&order.lines)
        .filter_map(|(place, line)| {
            let fact = facts.products.get(&line.product);
            let reason = problem(line, fact)?;
            Some(Problem::of(place, line, fact, reason))
        })
        .collect();
    if let Some(parking) = Parking::of_lines(&problems, order.lines.len()) {
        return Err(parking);
    }
    let date = |at| {
        shop_midnight(at, zone).map_err(|unknown| {
            Parking::new(
                Reason::ExportLocation,
                format!(
                    "The Default Location {:?} has a time zone that we do not know ({}), so its dates cannot be told.",
                    shop.name, unknown.0
                ),
            )
        })
    };
    let placed = order.placed.or(order.created_at).ok_or_else(|| {
        Parking::new(
            Reason::ExportNoLines,
            "The buy order tells no time at which it was placed.",
        )
    })?;
    Ok(Intent {
        reference: reference(order.id),
        vendor,
        shop: shop.id,
        ordered: date(placed)?,
        arrival: order.expected.map(date).transpose()?,
        lines: merged(&order.lines, facts),
    })
}

fn shop(facts: &Facts) -> Result<(&super::ShopFact, &str), Parking> {
    let wrong = |text: String| Parking::new(Reason::ExportLocation, text);
    let Some(shop) = &facts.shop else {
        return Err(wrong(
            "The Default Location is not among the shops of the account any more.".to_owned(),
        ));
    };
    if shop.archived {
        return Err(wrong(format!(
            "The Default Location {:?} is archived in Lightspeed.",
            shop.name
        )));
    }
    match &shop.time_zone {
        Some(zone) => Ok((shop, zone)),
        None => Err(wrong(format!(
            "The Default Location {:?} tells no time zone, so its dates cannot be told.",
            shop.name
        ))),
    }
}

fn vendor(order: &Candidate, facts: &Facts) -> Result<crate::id::VendorId, Parking> {
    let supplier = match order.supplier {
        Some(id) => format!("It orders from supplier {id}, which does not come from Lightspeed."),
        None => "It names no supplier.".to_owned(),
    };
    match &facts.vendor {
        None => Err(Parking::new(
            Reason::ExportUnknownSupplier,
            format!(
                "{supplier} Choose one in Optiply that comes from Lightspeed, or order it in Lightspeed by hand."
            ),
        )),
        Some(vendor) if vendor.vanished => Err(Parking::new(
            Reason::ExportVendorArchived,
            format!(
                "The vendor {:?} no longer exists in Lightspeed. Choose another supplier in Optiply.",
                vendor.name
            ),
        )),
        Some(vendor) if vendor.archived => Err(Parking::new(
            Reason::ExportVendorArchived,
            format!(
                "The vendor {:?} is archived in Lightspeed. Unarchive it there, or choose another supplier in Optiply.",
                vendor.name
            ),
        )),
        Some(vendor) => Ok(vendor.id),
    }
}

fn problem(line: &CandidateLine, fact: Option<&ProductFact>) -> Option<Reason> {
    match fact {
        None => Some(Reason::ExportUnknownProduct),
        Some(fact) if fact.vanished => Some(Reason::ExportItemGone),
        Some(fact) if fact.archived => Some(Reason::ExportItemArchived),
        Some(fact) if fact.non_inventory => Some(Reason::ExportItemNonInventory),
        Some(_) if line.quantity < 1 || line.value < Decimal::ZERO => Some(Reason::ExportBadLine),
        Some(_) => None,
    }
}

/// The lines, each item once: only so does the item tell a line when its answer is lost.
fn merged(lines: &[CandidateLine], facts: &Facts) -> Vec<IntentLine> {
    let mut merged: BTreeMap<ItemId, (i64, Decimal, Vec<i64>)> = BTreeMap::new();
    for line in lines {
        let Some(fact) = facts.products.get(&line.product) else {
            continue;
        };
        let (quantity, value, of) = merged.entry(fact.item).or_default();
        *quantity += line.quantity;
        *value += line.value;
        of.push(line.id);
    }
    let line = |(item, (quantity, value, of)): (ItemId, (i64, Decimal, Vec<i64>))| IntentLine {
        item,
        quantity,
        price: unit(value, quantity),
        of,
    };
    merged.into_iter().map(line).collect()
}

fn unit(value: Decimal, quantity: i64) -> Decimal {
    value
        .checked_div(Decimal::from(quantity))
        .unwrap_or_default()
        .round_dp_with_strategy(PRICE_DECIMALS, RoundingStrategy::MidpointAwayFromZero)
        .normalize()
}
