//! Sales become sell orders, returns netted against the sales they came from.
//!
//! Rules: `mapping.md` 8.1 to 8.4, DESIGN 13.3, 13.4, 13.7 and 13.9. An order is computed from all
//! the sales that bear on it, never by adding to what was there: a refund that is voided, or a page
//! that is read twice, leads to the same order again.

use crate::filter::{self, LineFact, SaleHead, Verdict};
use crate::id::{ItemId, SaleId, SaleLineId};
use crate::money::cents;
use crate::reason::Reason;
use crate::settings::{Returns, Settings};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What Optiply should hold of a sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SellOrder {
    /// The sale it comes from.
    pub sale_id: SaleId,
    /// When demand happened.
    pub placed: DateTime<Utc>,
    /// When the sale was completed.
    pub completed: Option<DateTime<Utc>>,
    /// Sum of the lines.
    pub total_value: Decimal,
    /// Each product once, by item id.
    pub lines: Vec<SellOrderLine>,
}

/// A product of a sell order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SellOrderLine {
    /// The item.
    pub item_id: ItemId,
    /// Pieces, at least 1.
    pub quantity: i64,
    /// Value without taxes, two decimals, at least 0.00.
    pub subtotal_value: Decimal,
}

/// A sale as the computation needs it.
#[derive(Clone, Debug)]
pub struct SaleFacts {
    /// Its id.
    pub id: SaleId,
    /// What decides whether it counts.
    pub head: SaleHead,
    /// When it was completed, if the source says.
    pub completed_at: Option<DateTime<Utc>>,
    /// Its lines.
    pub lines: Vec<LineFacts>,
}

/// A line as the computation needs it.
#[derive(Clone, Debug)]
pub struct LineFacts {
    /// Its id.
    pub id: SaleLineId,
    /// What decides whether it counts.
    pub fact: LineFact,
    /// The line it refers to.
    pub parent: Option<SaleLineId>,
    /// Value after discounts and without taxes.
    pub value: Decimal,
}

/// What is known of an item that a line names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemState {
    /// It is or was a product, or will be one.
    Product,
    /// Of type non-inventory and never loaded.
    NonInventory,
    /// Asked for by id and not returned; never loaded.
    Gone,
    /// Not read yet.
    Missing,
}

/// What becomes of a sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaleOutcome {
    /// An order of its own.
    Order(SellOrder),
    /// No order of its own, but it lowers the order of another sale.
    LowersAnother,
    /// No order.
    None(Reason),
    /// These items must be known first.
    Waiting(Vec<ItemId>),
}

/// Computes the sell orders of `wanted`.
///
/// `sales` must hold, besides these, every sale whose lines refer to a line of theirs, and every
/// sale that any of all these refers to: the choice of which order a return lowers looks that far.
pub fn sell_orders(
    wanted: &[SaleId],
    sales: &[SaleFacts],
    items: &HashMap<ItemId, ItemState>,
    settings: &Settings,
) -> Vec<(SaleId, SaleOutcome)> {
    let nets: HashMap<SaleId, Net<'_>> = sales
        .iter()
        .map(|sale| (sale.id, Net::of(sale, items, settings)))
        .collect();
    let ledger = Remainders::attach(&nets, settings);
    wanted
        .iter()
        .filter_map(|id| Some((*id, outcome(nets.get(id)?, &ledger))))
        .collect()
}

/// A sum of pieces and their value.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    quantity: i64,
    value: Decimal,
}

impl Sum {
    fn add(&mut self, other: Sum) {
        self.quantity = self.quantity.saturating_add(other.quantity);
        self.value += other.value;
    }
}

/// A sale with its counting lines summed per item.
struct Net<'a> {
    sale: &'a SaleFacts,
    /// Why the sale does not count, if it does not.
    dropped: Option<Reason>,
    missing: BTreeSet<ItemId>,
    gone: bool,
    counting: Vec<&'a LineFacts>,
    sums: BTreeMap<ItemId, Sum>,
}

impl<'a> Net<'a> {
    fn of(sale: &'a SaleFacts, items: &HashMap<ItemId, ItemState>, settings: &Settings) -> Self {
        let facts: Vec<LineFact> = sale.lines.iter().map(|line| line.fact).collect();
        let mut net = Net {
            sale,
            dropped: match filter::sale(&sale.head, &facts, settings) {
                Verdict::Keep(_) => None,
                Verdict::Drop(reason) => Some(reason),
            },
            missing: BTreeSet::new(),
            gone: false,
            counting: Vec::new(),
            sums: BTreeMap::new(),
        };
        if net.dropped.is_some() {
            return net;
        }
        let counting = filter::counting(&sale.head, &facts, settings);
        for line in &sale.lines {
            let Some(item) = line.fact.item else { continue };
            if !counting.takes(&line.fact, sale.head.shop, settings) {
                continue;
            }
            match items.get(&item).copied().unwrap_or(ItemState::Missing) {
                ItemState::Product => {
                    net.counting.push(line);
                    net.sums.entry(item).or_default().add(Sum {
                        quantity: line.fact.quantity,
                        value: line.value,
                    });
                }
                ItemState::NonInventory => {}
                ItemState::Gone => net.gone = true,
                ItemState::Missing => {
                    net.missing.insert(item);
                }
            }
        }
        net
    }

    fn counts(&self) -> bool {
        self.dropped.is_none()
    }

    fn own(&self, item: ItemId) -> Option<Sum> {
        self.sums.get(&item).copied().filter(|sum| sum.quantity > 0)
    }
}

/// Where the returns that were left over in each sale went.
#[derive(Default)]
struct Remainders {
    /// By the sale and item they lower.
    lowers: HashMap<(SaleId, ItemId), Sum>,
    /// Sales of which at least one return lowers another sale.
    applied: BTreeSet<SaleId>,
    /// Sales of which at least one return found no sale to lower.
    unattached: BTreeSet<SaleId>,
}

impl Remainders {
    fn attach(nets: &HashMap<SaleId, Net<'_>>, settings: &Settings) -> Self {
        let parents: HashMap<SaleLineId, (SaleId, &LineFacts)> = nets
            .values()
            .flat_map(|net| {
                net.counting
                    .iter()
                    .map(|line| (line.id, (net.sale.id, *line)))
            })
            .collect();
        let mut ledger = Remainders::default();
        for (id, net) in nets {
            for (item, sum) in net.sums.iter().filter(|(_, sum)| sum.quantity < 0) {
                let parent = (settings.returns == Returns::NetOriginal)
                    .then(|| parent_sale(*id, *item, net, nets, &parents))
                    .flatten();
                match parent {
                    Some(parent) => {
                        ledger.lowers.entry((parent, *item)).or_default().add(*sum);
                        ledger.applied.insert(*id);
                    }
                    None => {
                        ledger.unattached.insert(*id);
                    }
                }
            }
        }
        ledger
    }
}

/// The sale that a remainder goes to: that of the first negative line, by id, whose parent line
/// is itself loaded.
fn parent_sale(
    id: SaleId,
    item: ItemId,
    net: &Net<'_>,
    nets: &HashMap<SaleId, Net<'_>>,
    parents: &HashMap<SaleLineId, (SaleId, &LineFacts)>,
) -> Option<SaleId> {
    let mut returns: Vec<&LineFacts> = net
        .counting
        .iter()
        .copied()
        .filter(|line| line.fact.item == Some(item) && line.fact.quantity < 0)
        .collect();
    returns.sort_by_key(|line| line.id);
    returns.into_iter().find_map(|line| {
        let (sale, parent) = parents.get(&line.parent?)?;
        let loaded = *sale != id
            && parent.fact.item == Some(item)
            && parent.fact.quantity > 0
            && nets
                .get(sale)
                .is_some_and(|net| net.counts() && net.own(item).is_some());
        loaded.then_some(*sale)
    })
}

fn outcome(net: &Net<'_>, ledger: &Remainders) -> SaleOutcome {
    if let Some(reason) = net.dropped {
        return SaleOutcome::None(reason);
    }
    if !net.missing.is_empty() {
        return SaleOutcome::Waiting(net.missing.iter().copied().collect());
    }
    if net.counting.is_empty() {
        let reason = if net.gone {
            Reason::ItemGone
        } else {
            Reason::OnlyNonInventory
        };
        return SaleOutcome::None(reason);
    }
    let id = net.sale.id;
    let lines: Vec<SellOrderLine> = net
        .sums
        .keys()
        .filter_map(|item| {
            let mut sum = net.own(*item)?;
            if let Some(lowered) = ledger.lowers.get(&(id, *item)) {
                sum.add(*lowered);
            }
            (sum.quantity > 0).then(|| SellOrderLine {
                item_id: *item,
                quantity: sum.quantity,
                subtotal_value: cents(sum.value.max(Decimal::ZERO)),
            })
        })
        .collect();
    match (lines.is_empty(), net.sale.head.placed) {
        (false, Some(placed)) => SaleOutcome::Order(SellOrder {
            sale_id: id,
            placed,
            completed: net.sale.completed_at.filter(|_| net.sale.head.completed),
            total_value: cents(lines.iter().map(|line| line.subtotal_value).sum()),
            lines,
        }),
        // Normalize refuses a sale without any time, so an order always has its instant.
        (false, None) => SaleOutcome::None(Reason::BadValue),
        (true, _) if ledger.applied.contains(&id) => SaleOutcome::LowersAnother,
        (true, _) if ledger.unattached.contains(&id) => {
            SaleOutcome::None(Reason::ReturnWithoutSale)
        }
        (true, _) if net.sums.values().any(|sum| sum.quantity > 0) => {
            SaleOutcome::None(Reason::ReturnedInFull)
        }
        (true, _) => SaleOutcome::None(Reason::ReturnsCancelOut),
    }
}
