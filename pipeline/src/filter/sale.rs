use super::Verdict;
use crate::id::{ItemId, ShopId};
use crate::reason::Reason;
use crate::record::{Sale, SaleLine};
use crate::settings::{Locations, Settings};
use chrono::{DateTime, Utc};

/// What decides about a sale, apart from its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaleHead {
    /// The shop of the register.
    pub shop: Option<ShopId>,
    /// Paid and taken from stock.
    pub completed: bool,
    /// Cancelled after completion.
    pub voided: bool,
    /// Discarded before completion.
    pub archived: bool,
    /// When demand happened, see [`Sale::placed`].
    pub placed: Option<DateTime<Utc>>,
}

impl From<&Sale> for SaleHead {
    fn from(sale: &Sale) -> Self {
        Self {
            shop: sale.shop,
            completed: sale.completed,
            voided: sale.voided,
            archived: sale.archived,
            placed: sale.placed(),
        }
    }
}

/// What decides about a line of a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineFact {
    /// The item, unless it is no product.
    pub item: Option<ItemId>,
    /// The shop whose stock it took; `None` means the sale's.
    pub shop: Option<ShopId>,
    /// A fee on another line.
    pub fee: bool,
    /// Pieces; negative for returns.
    pub quantity: i64,
}

impl From<&SaleLine> for LineFact {
    fn from(line: &SaleLine) -> Self {
        Self {
            item: line.item,
            shop: line.shop,
            fee: line.fee,
            quantity: line.quantity,
        }
    }
}

impl LineFact {
    /// Whether it moves pieces of a product at all (`mapping.md` 8.3).
    pub const fn is_product(&self) -> bool {
        self.item.is_some() && !self.fee && self.quantity != 0
    }
}

/// Whether a sale counts. The first rule that fits decides, so the reason shown is the one that
/// would have to change first.
pub fn sale(head: &SaleHead, lines: &[LineFact], settings: &Settings) -> Verdict {
    let before_history = matches!((head.placed, settings.history_since), (Some(placed), Some(since)) if placed < since);
    if head.voided {
        Verdict::Drop(Reason::Voided)
    } else if head.archived {
        Verdict::Drop(Reason::Archived)
    } else if !head.completed && !settings.sync_all_sales_orders {
        Verdict::Drop(Reason::NotCompleted)
    } else if before_history {
        Verdict::Drop(Reason::BeforeHistory)
    } else if !lines.iter().any(LineFact::is_product) {
        Verdict::Drop(Reason::NoProductLine)
    } else if !lines.iter().any(|line| counts(line, head.shop, settings)) {
        Verdict::Drop(Reason::OtherLocation)
    } else {
        Verdict::KEEP
    }
}

/// Whether a line counts: goods that went out of a chosen location, or came back to any.
///
/// A return is taken wherever the customer walks in, so it is not bound to the location.
pub fn counts(line: &LineFact, sale_shop: Option<ShopId>, settings: &Settings) -> bool {
    if !line.is_product() {
        return false;
    }
    let chosen = match line.shop.or(sale_shop) {
        Some(shop) => settings.selects(shop),
        // No shop is named anywhere: only "every shop" certainly includes it.
        None => settings.locations == Locations::All,
    };
    line.quantity < 0 || chosen
}
