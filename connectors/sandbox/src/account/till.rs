//! Ringing up: from what was scanned to a sale whose money adds up.

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{Account, Sale, SaleLine, next_id};

/// A sale to be rung up.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSale {
    /// Where.
    pub shop: u64,
    /// When it was opened; none = an old record without that time.
    pub created: Option<DateTime<Utc>>,
    /// When it was completed; none = still open.
    pub finished: Option<DateTime<Utc>>,
    /// Its lines.
    pub lines: Vec<NewLine>,
}

/// A line to be rung up.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLine {
    /// itemID, 0 = miscellaneous
    pub item: u64,
    /// Pieces, negative for a return.
    pub quantity: Decimal,
    /// Unit price; none = the item's default price.
    pub unit_price: Option<Decimal>,
    /// Discount of this line.
    pub line_discount: Decimal,
    /// Share of the discount on the whole sale.
    pub transaction_discount: Decimal,
    /// The line's own shop; none = that of the sale, 0 = left blank.
    pub shop: Option<u64>,
    /// The line this one returns or belongs to.
    pub parent: u64,
    /// lineType
    pub line_type: &'static str,
}

impl NewLine {
    /// Pieces of an item at its price.
    #[must_use]
    pub fn of(item: u64, quantity: i64) -> NewLine {
        NewLine {
            item,
            quantity: Decimal::from(quantity),
            unit_price: None,
            line_discount: Decimal::ZERO,
            transaction_discount: Decimal::ZERO,
            shop: None,
            parent: 0,
            line_type: "",
        }
    }

    /// At another unit price.
    #[must_use]
    pub fn at(mut self, unit_price: Decimal) -> NewLine {
        self.unit_price = Some(unit_price);
        self
    }

    /// Returning, or belonging to, that line.
    #[must_use]
    pub fn parent(mut self, line: u64) -> NewLine {
        self.parent = line;
        self
    }
}

/// Taxes keep this many decimals where a gross price has to be divided.
const TAX_DECIMALS: u32 = 7;

impl Account {
    /// Adds the sale and returns its id. Lines get their ids in order.
    pub(crate) fn ring(&mut self, new: NewSale) -> u64 {
        let id = next_id(&self.sales);
        self.ring_as(id, new);
        id
    }

    /// Adds the sale under an id of the caller's choice.
    pub(crate) fn ring_as(&mut self, id: u64, new: NewSale) {
        let (inclusive, rate1, rate2) = self.shop_rates(new.shop, 0);
        let stamp = new.finished.or(new.created).unwrap_or(self.now);
        let mut sale = Sale {
            id,
            shop: new.shop,
            completed: new.finished.is_some(),
            archived: false,
            voided: false,
            quote: 0,
            customer: 0,
            inclusive,
            rate1,
            rate2,
            created: new.created,
            updated: Some(stamp),
            finished: new.finished,
            stamp: Some(stamp),
            lines: Vec::with_capacity(new.lines.len()),
        };
        for line in new.lines {
            self.last_line += 1;
            let line = self.rung_line(self.last_line, new.shop, new.created, stamp, line);
            self.line_sales.insert(line.id, id);
            sale.lines.push(line);
        }
        self.sales.insert(id, sale);
    }

    /// Adds a line to a sale, as of now. Returns its id, or none if there is no such sale.
    pub fn add_line(&mut self, sale: u64, line: NewLine) -> Option<u64> {
        let (shop, now) = (self.sales.get(&sale)?.shop, self.now);
        let line = self.rung_line(self.last_line + 1, shop, Some(now), now, line);
        let id = line.id;
        self.edit_sale(sale, |sale| sale.lines.push(line));
        Some(id)
    }

    fn rung_line(
        &self,
        id: u64,
        sale_shop: u64,
        created: Option<DateTime<Utc>>,
        stamp: DateTime<Utc>,
        new: NewLine,
    ) -> SaleLine {
        let item = self.items.get(&new.item);
        let taxed = item.is_none_or(|item| item.tax);
        let (_, rate1, rate2) = if taxed {
            self.shop_rates(sale_shop, item.map_or(0, |item| item.tax_class))
        } else {
            (false, Decimal::ZERO, Decimal::ZERO)
        };
        let listed = item.and_then(|item| {
            item.prices
                .iter()
                .find(|price| price.use_type == "Default")
                .map(|price| price.amount)
        });
        let mut line = SaleLine {
            id,
            item: new.item,
            shop: new.shop.unwrap_or(sale_shop),
            quantity: new.quantity,
            unit_price: new.unit_price.or(listed).unwrap_or(Decimal::TEN),
            line_discount: new.line_discount,
            transaction_discount: new.transaction_discount,
            subtotal: Decimal::ZERO,
            tax1: Decimal::ZERO,
            tax2: Decimal::ZERO,
            total: Decimal::ZERO,
            rate1,
            rate2,
            parent: new.parent,
            line_type: new.line_type,
            item_fee: item_fee(id, new.line_type),
            special_order: false,
            created,
            stamp,
        };
        let (inclusive, ..) = self.shop_rates(sale_shop, 0);
        reckon(&mut line, inclusive);
        line
    }

    /// Whether the shop's prices hold the tax, and the rates of a tax class there.
    pub(crate) fn shop_rates(&self, shop: u64, class: u64) -> (bool, Decimal, Decimal) {
        let category = self
            .shops
            .get(&shop)
            .and_then(|shop| self.tax_categories.get(&shop.tax_category));
        let Some(category) = category else {
            return (false, Decimal::ZERO, Decimal::ZERO);
        };
        let own = category.classes.iter().find(|entry| entry.class == class);
        let (rate1, rate2) = own.map_or((category.tax1, category.tax2), |entry| {
            (entry.tax1, entry.tax2)
        });
        (category.inclusive, rate1, rate2)
    }
}

/// The fee a line belongs to. Ordinary lines have been seen with a fee id too: it says nothing by
/// itself.
fn item_fee(line: u64, line_type: &str) -> u64 {
    match line_type {
        "" if line % 17 == 4 => 3,
        "" => 0,
        _ => 1,
    }
}

/// Computes the line's money from quantity, price, discounts and rates.
///
/// Total = subtotal - discounts + taxes holds exactly in both kinds of account; where prices hold
/// the tax, the total is what the customer paid and the tax is taken out of it.
pub(crate) fn reckon(line: &mut SaleLine, inclusive: bool) {
    let asked = line.quantity * line.unit_price;
    let discounted = asked - line.line_discount - line.transaction_discount;
    if inclusive {
        let divisor = Decimal::ONE + line.rate1 + line.rate2;
        let share = |rate: Decimal| {
            (discounted * rate / divisor)
                .round_dp_with_strategy(TAX_DECIMALS, RoundingStrategy::MidpointAwayFromZero)
        };
        line.tax1 = share(line.rate1);
        line.tax2 = share(line.rate2);
        line.subtotal = asked - line.tax1 - line.tax2;
        line.total = discounted;
    } else {
        line.tax1 = discounted * line.rate1;
        line.tax2 = discounted * line.rate2;
        line.subtotal = asked;
        line.total = discounted + line.tax1 + line.tax2;
    }
}
