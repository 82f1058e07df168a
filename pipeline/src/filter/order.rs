use super::Verdict;
use crate::id::{ItemId, ShopId, VendorId};
use crate::reason::Reason;
use crate::record::{Order, OrderLine};
use crate::settings::Settings;
use chrono::{DateTime, Utc};

/// What decides about a purchase order, apart from its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderHead {
    /// Where the goods go.
    pub shop: Option<ShopId>,
    /// Whom it is ordered from.
    pub vendor: Option<VendorId>,
    /// It was placed: it is no draft.
    pub ordered: bool,
    /// Finished.
    pub complete: bool,
    /// Given up or put away.
    pub archived: bool,
    /// When it was ordered, see [`Order::placed`].
    pub placed: Option<DateTime<Utc>>,
}

impl From<&Order> for OrderHead {
    fn from(order: &Order) -> Self {
        Self {
            shop: order.shop,
            vendor: order.vendor,
            ordered: order.ordered_at.is_some(),
            complete: order.complete,
            archived: order.archived,
            placed: order.placed(),
        }
    }
}

/// What decides about a line of a purchase order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderLineFact {
    /// The item, if it names one.
    pub item: Option<ItemId>,
    /// Pieces ordered.
    pub quantity: i64,
    /// Pieces in stock.
    pub checked_in: i64,
}

impl From<&OrderLine> for OrderLineFact {
    fn from(line: &OrderLine) -> Self {
        Self {
            item: line.item,
            quantity: line.quantity,
            checked_in: line.checked_in,
        }
    }
}

impl OrderLineFact {
    /// Whether it orders pieces of a product.
    pub const fn is_product(&self) -> bool {
        self.item.is_some() && self.quantity > 0
    }
}

/// What is known of a purchase order from elsewhere than its record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderLife {
    /// Some arrival of it holds received pieces.
    pub shipped: bool,
    /// It is in the model.
    pub held: bool,
    /// It is the purchase order of a buy order of Optiply that was exported.
    pub exported: bool,
}

impl OrderLife {
    /// Whether anything of the order arrived.
    pub fn received(self, lines: &[OrderLineFact]) -> bool {
        self.shipped || lines.iter().any(|line| line.checked_in > 0)
    }
}

/// Whether a purchase order counts (`mapping.md` 9, DESIGN 13.12 to 13.14). The first rule that
/// fits decides.
pub fn order(
    head: &OrderHead,
    lines: &[OrderLineFact],
    life: OrderLife,
    settings: &Settings,
) -> Verdict {
    let received = life.received(lines);
    // Nothing more is expected of it, so it says something about the past only.
    let past = head.complete || head.archived;
    let stays = life.held && (head.complete || (head.archived && received));
    let before_history = matches!((head.placed, settings.history_since), (Some(placed), Some(since)) if placed < since);
    let draft = !head.ordered && !head.complete && !received;
    if life.exported {
        // Optiply has it already: a second buy order would double what is on its way.
        Verdict::Drop(Reason::ExportedOrder)
    } else if head.archived && !received {
        Verdict::Drop(Reason::Archived)
    } else if draft && !settings.include_open_pos {
        Verdict::Drop(Reason::DraftOrder)
    } else if !stays && !settings.selects_or_all(head.shop) {
        Verdict::Drop(Reason::OtherLocation)
    } else if past && before_history && !life.held {
        Verdict::Drop(Reason::BeforeHistory)
    } else if head.vendor.is_none() {
        Verdict::Drop(Reason::NoVendor)
    } else if !lines.iter().any(OrderLineFact::is_product) {
        Verdict::Drop(Reason::NoProductLine)
    } else {
        Verdict::KEEP
    }
}
