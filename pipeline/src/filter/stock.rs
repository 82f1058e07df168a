use super::Verdict;
use crate::reason::Reason;
use crate::record::StockRow;
use crate::settings::Settings;

/// Whether a stock row adds to a product's stock. An archived shop is not this filter's matter:
/// it counts 0 when the product is computed, so that unarchiving it needs no new verdict.
pub fn stock(row: &StockRow, settings: &Settings) -> Verdict {
    match row.shop {
        None => Verdict::Drop(Reason::TotalRow),
        Some(shop) if settings.selects(shop) => Verdict::KEEP,
        Some(_) => Verdict::Drop(Reason::OtherLocation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ItemId, ItemShopId, ShopId};
    use crate::settings::Locations;

    #[test]
    fn the_total_row_never_counts_in_any_mode() {
        let modes = [
            Locations::All,
            Locations::One,
            Locations::Multiple(vec![ShopId(1), ShopId(3)]),
        ];
        for (mode, elsewhere) in modes
            .into_iter()
            .zip([None, Some(Reason::OtherLocation), None])
        {
            let settings = Settings::new(mode, ShopId(1));
            let reason = |shop| {
                let row = StockRow {
                    id: ItemShopId(1),
                    item: ItemId(1),
                    shop,
                    on_hand: 1,
                    reorder_point: 0,
                    transfer_in: 0,
                    changed_at: None,
                };
                stock(&row, &settings).reason()
            };
            assert_eq!(reason(None), Some(Reason::TotalRow));
            assert_eq!(reason(Some(ShopId(1))), None);
            assert_eq!(reason(Some(ShopId(3))), elsewhere);
        }
    }
}
