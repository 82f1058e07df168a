use super::fault::Fault;
use super::many::Child;
use super::scalar::Scalar;
use super::wire::Row;
use crate::id::{ItemId, ItemShopId, ShopId};
use crate::record::StockRow;
use serde::Deserialize;

/// A stock row, in its own feed or inside an item.
#[derive(Deserialize)]
pub(super) struct Wire<'a> {
    #[serde(borrow, default, rename = "itemShopID")]
    id: Scalar<'a>,
    #[serde(borrow, default, rename = "itemID")]
    item: Scalar<'a>,
    #[serde(borrow, default, rename = "shopID")]
    shop: Scalar<'a>,
    #[serde(borrow, default)]
    qoh: Scalar<'a>,
    #[serde(borrow, default, rename = "reorderPoint")]
    reorder_point: Scalar<'a>,
    #[serde(borrow, default, rename = "onTransferIn")]
    transfer_in: Scalar<'a>,
    #[serde(borrow, default, rename = "timeStamp")]
    stamp: Scalar<'a>,
    #[serde(borrow, default, rename = "timestamp")]
    stamp_too: Scalar<'a>,
}

impl Child for Wire<'_> {
    const KEY: &'static str = "ItemShop";
}

impl<'a> Row<'a> for Wire<'a> {
    type Record = StockRow;
    const ID: &'static str = "itemShopID";

    fn id(&self) -> Scalar<'a> {
        self.id
    }

    fn read(self, id: i64, _: &[&str]) -> Result<StockRow, Fault> {
        match self.item.foreign("itemID")? {
            Some(item) => self.of_item(id, ItemId(item)),
            None => Err(Fault::bad("itemID", "found no item")),
        }
    }
}

impl Wire<'_> {
    /// Reads a row that stands inside its item, which it need not name again.
    pub(super) fn inside(self, item: ItemId) -> Result<StockRow, Fault> {
        match self.item.foreign("itemID")? {
            Some(other) if other != item.0 => Err(Fault::bad(
                "itemID",
                format!("found {other}, inside item {item}"),
            )),
            _ => {
                let id = self.id.key("itemShopID")?;
                self.of_item(id, item)
            }
        }
    }

    fn of_item(self, id: i64, item: ItemId) -> Result<StockRow, Fault> {
        // Shop 0 is the total. A row without the key is neither a shop's nor the total's.
        if self.shop.text("shopID")?.is_none() {
            return Err(Fault::bad("shopID", "found no shop"));
        }
        let Some(on_hand) = self.qoh.pieces("qoh")? else {
            return Err(Fault::bad("qoh", "found no quantity"));
        };
        Ok(StockRow {
            id: ItemShopId(id),
            item,
            shop: self.shop.foreign("shopID")?.map(ShopId),
            on_hand,
            reorder_point: self
                .reorder_point
                .pieces("reorderPoint")?
                .unwrap_or_default(),
            transfer_in: self.transfer_in.pieces("onTransferIn")?.unwrap_or_default(),
            changed_at: self.stamp.or(self.stamp_too).instant("timeStamp")?,
        })
    }
}
