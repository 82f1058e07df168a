//! Which sales become sell orders, and with which lines.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::account::{Sale, SaleLine};

use super::{Outcome, products::half_up, returns, world::World};

/// The verdict over all sales.
pub(super) struct Judged {
    pub(super) outcomes: BTreeMap<u64, Outcome>,
    /// Orders with at least one line, by sale id.
    pub(super) orders: Vec<Order>,
}

/// A sale as the target should hold it.
pub(super) struct Order {
    pub(super) sale: u64,
    pub(super) placed: DateTime<Utc>,
    pub(super) completed: Option<DateTime<Utc>>,
    pub(super) lines: Vec<OrderLine>,
}

/// A product of an order; the value is rounded.
pub(super) struct OrderLine {
    pub(super) item: u64,
    pub(super) quantity: Decimal,
    pub(super) value: Decimal,
}

/// A sale that passed the rules on the sale and on its lines, before returns are settled.
pub(super) struct Candidate<'a> {
    pub(super) sale: &'a Sale,
    pub(super) placed: DateTime<Utc>,
    /// The lines left to load.
    pub(super) lines: Vec<&'a SaleLine>,
    /// Per item: what this sale's own lines come to.
    pub(super) nets: BTreeMap<u64, Net>,
}

/// Pieces and value, summed without rounding.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Net {
    pub(super) quantity: Decimal,
    pub(super) value: Decimal,
}

impl Net {
    pub(super) fn add(&mut self, quantity: Decimal, value: Decimal) {
        self.quantity += quantity;
        self.value += value;
    }
}

pub(super) fn judge(world: &World<'_>) -> Judged {
    let account = world.account;
    let mut outcomes = BTreeMap::new();
    let mut candidates = BTreeMap::new();
    for sale in account.sales.values() {
        match examine(world, sale) {
            Ok(candidate) => {
                candidates.insert(sale.id, candidate);
            }
            Err(outcome) => {
                outcomes.insert(sale.id, outcome);
            }
        }
    }

    let settled = returns::settle(&candidates, &account.line_sales);
    let mut orders = Vec::new();
    for (id, candidate) in &candidates {
        let lines = order_lines(*id, candidate, &settled);
        let has_own = candidate
            .nets
            .values()
            .any(|net| net.quantity > Decimal::ZERO);
        let outcome = if !lines.is_empty() || settled.attached_from.contains(id) {
            Outcome::Loaded
        } else if settled.unattached_from.contains(id) {
            Outcome::Dropped("return_without_sale")
        } else if has_own {
            Outcome::Dropped("returned_in_full")
        } else {
            Outcome::Dropped("returns_cancel_out")
        };
        outcomes.insert(*id, outcome);
        if !lines.is_empty() {
            let completed = candidate.sale.finished.filter(|_| candidate.sale.completed);
            orders.push(Order {
                sale: *id,
                placed: candidate.placed,
                completed,
                lines,
            });
        }
    }
    Judged { outcomes, orders }
}

/// The rules that look at one sale alone, in their order; the first that fits decides.
fn examine<'a>(world: &World<'a>, sale: &'a Sale) -> Result<Candidate<'a>, Outcome> {
    if sale
        .lines
        .iter()
        .any(|line| line.quantity != line.quantity.trunc())
    {
        return Err(Outcome::Rejected("fractional_quantity"));
    }
    let Some(placed) = placed(sale) else {
        return Err(Outcome::Rejected("bad_value"));
    };
    if sale.voided {
        return Err(Outcome::Dropped("voided"));
    }
    if sale.archived {
        return Err(Outcome::Dropped("archived"));
    }
    if !sale.completed && !world.view.sync_all {
        return Err(Outcome::Dropped("not_completed"));
    }
    if world.view.history_since.is_some_and(|since| placed < since) {
        return Err(Outcome::Dropped("before_history"));
    }
    let product_lines: Vec<&SaleLine> = sale
        .lines
        .iter()
        .filter(|line| is_product_line(line))
        .collect();
    if product_lines.is_empty() {
        return Err(Outcome::Dropped("no_product_line"));
    }
    let counting: Vec<&SaleLine> = product_lines
        .into_iter()
        .filter(|line| {
            let shop = if line.shop == 0 { sale.shop } else { line.shop };
            line.quantity < Decimal::ZERO || world.selected.contains(&shop)
        })
        .collect();
    if counting.is_empty() {
        return Err(Outcome::Dropped("other_location"));
    }
    let any_gone = counting.iter().any(|line| world.is_gone(line.item));
    let lines: Vec<&SaleLine> = counting
        .into_iter()
        .filter(|line| world.counts(line.item))
        .collect();
    if lines.is_empty() {
        let reason = if any_gone {
            "item_gone"
        } else {
            "only_non_inventory"
        };
        return Err(Outcome::Dropped(reason));
    }
    let mut nets: BTreeMap<u64, Net> = BTreeMap::new();
    for line in &lines {
        nets.entry(line.item)
            .or_default()
            .add(line.quantity, value(line));
    }
    Ok(Candidate {
        sale,
        placed,
        lines,
        nets,
    })
}

/// A line that names a product: not miscellaneous, not a fee, not empty.
fn is_product_line(line: &SaleLine) -> bool {
    line.item != 0 && !line.line_type.starts_with("item_fee") && line.quantity != Decimal::ZERO
}

/// What the customer paid for the line, without tax.
fn value(line: &SaleLine) -> Decimal {
    line.total - line.tax1 - line.tax2
}

/// When the sale counts. An edit must not move an open one, so its last change comes second.
fn placed(sale: &Sale) -> Option<DateTime<Utc>> {
    if sale.completed {
        sale.finished.or(sale.stamp).or(sale.created)
    } else {
        sale.created.or(sale.stamp)
    }
}

/// Own pieces and value of each item plus what other sales returned of them.
fn order_lines(sale: u64, candidate: &Candidate<'_>, settled: &returns::Settled) -> Vec<OrderLine> {
    let mut lines = Vec::new();
    for (item, own) in &candidate.nets {
        if own.quantity <= Decimal::ZERO {
            continue;
        }
        let mut net = *own;
        if let Some(back) = settled.returned.get(&(sale, *item)) {
            net.add(back.quantity, back.value);
        }
        if net.quantity > Decimal::ZERO {
            let rounded = half_up(net.value);
            let value = if rounded > Decimal::ZERO {
                rounded
            } else {
                Decimal::ZERO
            };
            lines.push(OrderLine {
                item: *item,
                quantity: net.quantity,
                value,
            });
        }
    }
    lines
}
