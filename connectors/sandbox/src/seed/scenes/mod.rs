//! The scenes a day in a shop is made of.

mod odd;
mod plain;
pub(super) mod purchases;
mod returns;

use super::sales::Till;

/// One kind of thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scene {
    Plain,
    Several,
    LineDiscount,
    SaleDiscount,
    MiscMixed,
    MiscOnly,
    FeeMixed,
    FeeOnly,
    Open,
    Quote,
    Discarded,
    Voided,
    RefundFull,
    RefundPartial,
    RefundLater,
    RefundAcrossShops,
    RefundTooMuch,
    RefundUnlinked,
    RefundOfVoided,
    RefundVoided,
    RefundWithFee,
    RefundTwoParents,
    RefundEarlyLine,
    RefundOfRefund,
    RefundWrongParent,
    ExchangeEven,
    ExchangeOther,
    ExchangeNegative,
    LabourOnly,
    LabourMixed,
    LineOfOtherShop,
    BlankLineShop,
    ClosedShop,
    NoCompleteTime,
    OnlyTimeStamp,
    BackDated,
    GoneOnly,
    GoneMixed,
    Rebate,
    Fractional,
    ZeroLine,
    ArchivedItem,
    ArchivedItemVoided,
    ArchivedItemClosed,
    SpecialOrder,
    NoLines,
}

/// How often each happens by chance, in parts of about ten thousand. A zero happens exactly once.
pub(super) const WEIGHTS: [(Scene, u32); 46] = [
    (Scene::Plain, 4_200),
    (Scene::Several, 2_600),
    (Scene::LineDiscount, 700),
    (Scene::SaleDiscount, 500),
    (Scene::MiscMixed, 300),
    (Scene::MiscOnly, 200),
    (Scene::FeeMixed, 200),
    (Scene::FeeOnly, 10),
    (Scene::Open, 150),
    (Scene::Quote, 60),
    (Scene::Discarded, 100),
    (Scene::Voided, 150),
    (Scene::RefundFull, 130),
    (Scene::RefundPartial, 100),
    (Scene::RefundLater, 80),
    (Scene::RefundAcrossShops, 40),
    (Scene::RefundTooMuch, 15),
    (Scene::RefundUnlinked, 60),
    (Scene::RefundOfVoided, 15),
    (Scene::RefundVoided, 15),
    (Scene::RefundWithFee, 30),
    (Scene::RefundTwoParents, 5),
    (Scene::RefundEarlyLine, 10),
    (Scene::RefundOfRefund, 2),
    (Scene::RefundWrongParent, 3),
    (Scene::ExchangeEven, 40),
    (Scene::ExchangeOther, 80),
    (Scene::ExchangeNegative, 20),
    (Scene::LabourOnly, 60),
    (Scene::LabourMixed, 80),
    (Scene::LineOfOtherShop, 60),
    (Scene::BlankLineShop, 40),
    (Scene::ClosedShop, 0),
    (Scene::NoCompleteTime, 60),
    (Scene::OnlyTimeStamp, 10),
    (Scene::BackDated, 40),
    (Scene::GoneOnly, 10),
    (Scene::GoneMixed, 20),
    (Scene::Rebate, 15),
    (Scene::Fractional, 2),
    (Scene::ZeroLine, 20),
    (Scene::ArchivedItem, 60),
    (Scene::ArchivedItemVoided, 0),
    (Scene::ArchivedItemClosed, 0),
    (Scene::SpecialOrder, 60),
    (Scene::NoLines, 10),
];

/// Lets a scene happen.
pub(super) fn play(scene: Scene, till: &mut Till<'_>) {
    let played = plain::play(scene, till) || returns::play(scene, till) || odd::play(scene, till);
    debug_assert!(played, "{scene:?} is played by nobody");
}
