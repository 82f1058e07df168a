//! Which purchase orders count, and in which order the rules are asked.

use super::order as facts;
use crate::door::{at, chosen};
use pipeline::filter::{OrderHead, OrderLife, OrderLineFact, order};
use pipeline::id::{ItemId, ShopId};
use pipeline::reason::Reason;
use pipeline::settings::{Locations, Settings};

const LINE: OrderLineFact = OrderLineFact {
    item: Some(ItemId(40)),
    quantity: 2,
    checked_in: 0,
};
const NEW: OrderLife = OrderLife {
    shipped: false,
    held: false,
    exported: false,
};
const HELD: OrderLife = OrderLife {
    shipped: false,
    held: true,
    exported: false,
};
const SHIPPED: OrderLife = OrderLife {
    shipped: true,
    held: false,
    exported: false,
};

fn reason(head: OrderHead, life: OrderLife, settings: &Settings) -> Option<Reason> {
    order(&head, &[LINE], life, settings).reason()
}

fn late() -> Settings {
    Settings {
        history_since: Some(at("2026-02-01T00:00:00Z")),
        ..chosen()
    }
}

#[test]
fn the_first_rule_that_fits_gives_the_reason() {
    let worst = OrderHead {
        shop: Some(ShopId(5)),
        vendor: None,
        ordered: false,
        archived: true,
        ..facts().head
    };
    let settings = late();
    assert_eq!(reason(worst, NEW, &settings), Some(Reason::Archived));
    let open = OrderHead {
        archived: false,
        ..worst
    };
    assert_eq!(reason(open, NEW, &settings), Some(Reason::DraftOrder));
    let complete = OrderHead {
        complete: true,
        ..open
    };
    assert_eq!(
        reason(complete, NEW, &settings),
        Some(Reason::OtherLocation)
    );
    let here = OrderHead {
        shop: Some(ShopId(1)),
        ..complete
    };
    assert_eq!(reason(here, NEW, &settings), Some(Reason::BeforeHistory));
    assert_eq!(reason(here, NEW, &chosen()), Some(Reason::NoVendor));
    let nothing = [OrderLineFact {
        quantity: 0,
        ..LINE
    }];
    let whole = facts().head;
    assert_eq!(
        order(&whole, &nothing, NEW, &chosen()).reason(),
        Some(Reason::NoProductLine)
    );
    assert_eq!(reason(whole, NEW, &chosen()), None);
}

#[test]
fn a_draft_counts_once_something_arrived_or_by_the_setting() {
    let draft = OrderHead {
        ordered: false,
        ..facts().head
    };
    assert_eq!(reason(draft, NEW, &chosen()), Some(Reason::DraftOrder));
    assert_eq!(reason(draft, SHIPPED, &chosen()), None);
    let checked_in = [OrderLineFact {
        checked_in: 1,
        ..LINE
    }];
    assert_eq!(order(&draft, &checked_in, NEW, &chosen()).reason(), None);
    let drafts_too = Settings {
        include_open_pos: true,
        ..chosen()
    };
    assert_eq!(reason(draft, NEW, &drafts_too), None);
}

#[test]
fn finished_orders_stay_when_their_location_leaves_the_choice() {
    let elsewhere = OrderHead {
        shop: Some(ShopId(5)),
        ..facts().head
    };
    let away = Some(Reason::OtherLocation);
    assert_eq!(
        reason(elsewhere, HELD, &chosen()),
        away,
        "open ones are deleted"
    );
    let complete = OrderHead {
        complete: true,
        ..elsewhere
    };
    assert_eq!(reason(complete, HELD, &chosen()), None);
    assert_eq!(reason(complete, NEW, &chosen()), away);
    let put_away = OrderHead {
        archived: true,
        ..elsewhere
    };
    let life = OrderLife {
        shipped: true,
        held: true,
        exported: false,
    };
    assert_eq!(reason(put_away, life, &chosen()), None);
    let nowhere = OrderHead {
        shop: None,
        ..facts().head
    };
    assert_eq!(reason(nowhere, NEW, &chosen()), away);
    let all = Settings::new(Locations::All, ShopId(1));
    assert_eq!(reason(nowhere, NEW, &all), None);
}

#[test]
fn history_cuts_only_orders_of_which_nothing_is_expected() {
    let settings = late();
    let open = facts().head;
    assert_eq!(reason(open, NEW, &settings), None);
    let complete = OrderHead {
        complete: true,
        ..open
    };
    assert_eq!(
        reason(complete, NEW, &settings),
        Some(Reason::BeforeHistory)
    );
    assert_eq!(
        reason(complete, HELD, &settings),
        None,
        "what was loaded open stays"
    );
    let put_away = OrderHead {
        archived: true,
        ..open
    };
    assert_eq!(
        reason(put_away, SHIPPED, &settings),
        Some(Reason::BeforeHistory)
    );
    let that_day = OrderHead {
        placed: settings.history_since,
        ..complete
    };
    assert_eq!(reason(that_day, NEW, &settings), None);
}

#[test]
fn an_exported_order_is_never_an_order_of_its_own() {
    let settings = Settings::new(Locations::All, ShopId(1));
    let counts = OrderHead {
        shop: Some(ShopId(1)),
        vendor: Some(pipeline::id::VendorId(1)),
        ordered: true,
        complete: false,
        archived: false,
        placed: None,
    };
    assert_eq!(reason(counts, NEW, &settings), None);
    let exported = OrderLife {
        exported: true,
        ..HELD
    };
    assert_eq!(
        reason(counts, exported, &settings),
        Some(Reason::ExportedOrder)
    );
}
