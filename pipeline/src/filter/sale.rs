use super::Verdict;
use crate::id::{ItemId, ShopId};
use crate::reason::Reason;
use crate::record::{Sale, SaleLine};
use crate::settings::{RemovedHistory, Settings};
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
    /// Its order is in the model.
    pub held: bool,
}

impl From<&Sale> for SaleHead {
    fn from(sale: &Sale) -> Self {
        Self {
            shop: sale.shop,
            completed: sale.completed,
            voided: sale.voided,
            archived: sale.archived,
            placed: sale.placed(),
            held: false,
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
    } else if counting(head, lines, settings) == Counting::Nothing {
        Verdict::Drop(Reason::OtherLocation)
    } else {
        Verdict::KEEP
    }
}

/// Which lines of a sale count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// None of them.
    Nothing,
    /// Those that [`counts`] says.
    ByLocation,
    /// All that are of products: the sale is in the model, its location was taken out of the
    /// choice, and the history of such locations is kept.
    History,
}

impl Counting {
    /// Whether a line of the sale counts.
    pub fn takes(self, line: &LineFact, sale_shop: Option<ShopId>, settings: &Settings) -> bool {
        match self {
            Counting::Nothing => false,
            Counting::ByLocation => counts(line, sale_shop, settings),
            Counting::History => line.is_product(),
        }
    }
}

/// Which lines count of a sale that passes every other rule.
pub fn counting(head: &SaleHead, lines: &[LineFact], settings: &Settings) -> Counting {
    let keep = settings.removed_location_history == RemovedHistory::Keep;
    if lines.iter().any(|line| counts(line, head.shop, settings)) {
        Counting::ByLocation
    } else if head.held && keep && lines.iter().any(LineFact::is_product) {
        Counting::History
    } else {
        Counting::Nothing
    }
}

/// Whether a line counts: goods that went out of a chosen location, or came back to any.
///
/// A return is taken wherever the customer walks in, so it is not bound to the location.
pub fn counts(line: &LineFact, sale_shop: Option<ShopId>, settings: &Settings) -> bool {
    if !line.is_product() {
        return false;
    }
    line.quantity < 0 || settings.selects_or_all(line.shop.or(sale_shop))
}
