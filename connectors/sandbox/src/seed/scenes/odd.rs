//! The rare cases: times, shops, items and quantities that are not as one expects.

use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::account::NewLine;

use super::{
    super::{items, sales::Till, shops},
    Scene, plain,
};

pub(super) fn play(scene: Scene, till: &mut Till<'_>) -> bool {
    let shop = till.shop();
    match scene {
        Scene::LabourOnly => {
            till.ring(shop, vec![NewLine::of(items::LABOUR, 1)]);
        }
        Scene::LabourMixed => {
            let line = plain::one(till);
            till.ring(shop, vec![NewLine::of(items::LABOUR, 1), line]);
        }
        Scene::LineOfOtherShop => {
            let (here, mut there) = (plain::one(till), plain::one(till));
            there.shop = Some(till.other_shop(shop));
            till.ring(shop, vec![here, there]);
        }
        Scene::BlankLineShop => {
            let mut line = plain::one(till);
            line.shop = Some(0);
            till.ring(shop, vec![line]);
        }
        Scene::ClosedShop => {
            let line = plain::one(till);
            till.ring(shops::CLOSED, vec![line]);
        }
        Scene::NoCompleteTime => {
            let sale = plain::plain(till);
            if let Some(sale) = till.account.sales.get_mut(&sale) {
                sale.finished = None;
            }
        }
        Scene::OnlyTimeStamp => {
            let sale = plain::plain(till);
            till.strip_times(sale);
        }
        Scene::BackDated => {
            let created = till.tick();
            let line = plain::one(till);
            let finished = created - TimeDelta::days(30);
            let sale = till.ring_at(shop, vec![line], Some(created), Some(finished));
            if let Some(sale) = till.account.sales.get_mut(&sale) {
                sale.updated = Some(created);
            }
        }
        Scene::GoneOnly => {
            till.ring(shop, vec![NewLine::of(items::GONE_ALONE, 1)]);
        }
        Scene::GoneMixed => {
            let line = plain::one(till);
            till.ring(shop, vec![NewLine::of(items::GONE, 1), line]);
        }
        Scene::Rebate => {
            let (line, item) = (plain::one(till), till.item());
            let rebate = NewLine::of(item, 1).at(Decimal::new(-350, 2));
            till.ring(shop, vec![line, rebate]);
        }
        Scene::Fractional => {
            let mut line = plain::one(till);
            line.quantity = Decimal::new(15, 1);
            till.ring(shop, vec![line]);
        }
        Scene::ZeroLine => {
            let (line, mut none) = (plain::one(till), plain::one(till));
            none.quantity = Decimal::ZERO;
            till.ring(shop, vec![line, none]);
        }
        Scene::ArchivedItem => {
            let item = till.archived_item();
            till.ring(shop, vec![NewLine::of(item, 1)]);
        }
        Scene::ArchivedItemVoided => {
            let sale = till.ring(shop, vec![NewLine::of(items::ARCHIVED_VOIDED, 1)]);
            let at = till.tick();
            till.account.void_at(sale, at);
        }
        Scene::ArchivedItemClosed => {
            till.ring(shops::CLOSED, vec![NewLine::of(items::ARCHIVED_CLOSED, 2)]);
        }
        Scene::SpecialOrder => {
            let line = plain::one(till);
            let sale = till.ring(shop, vec![line]);
            if let Some(sale) = till.account.sales.get_mut(&sale) {
                sale.customer = 2;
                for line in &mut sale.lines {
                    line.special_order = true;
                    // Reserved well before it was picked up.
                    line.created = line.created.map(|at| at - TimeDelta::days(9));
                }
            }
        }
        Scene::NoLines => {
            till.ring(shop, Vec::new());
        }
        _ => return false,
    }
    true
}
