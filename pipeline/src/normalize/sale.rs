use super::fault::Fault;
use super::many::{Child, Many};
use super::scalar::{Scalar, bounded};
use super::wire::{Row, no_twins};
use crate::id::{ItemId, SaleId, SaleLineId, ShopId};
use crate::record::{Sale, SaleLine};
use rust_decimal::Decimal;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Wire<'a> {
    #[serde(borrow, default, rename = "saleID")]
    id: Scalar<'a>,
    #[serde(borrow, default, rename = "shopID")]
    shop: Scalar<'a>,
    #[serde(borrow, default)]
    completed: Scalar<'a>,
    #[serde(borrow, default)]
    voided: Scalar<'a>,
    #[serde(borrow, default)]
    archived: Scalar<'a>,
    #[serde(borrow, default, rename = "createTime")]
    created: Scalar<'a>,
    #[serde(borrow, default, rename = "completeTime")]
    complete_time: Scalar<'a>,
    #[serde(borrow, default, rename = "timeStamp")]
    stamp: Scalar<'a>,
    #[serde(borrow, default, rename = "timestamp")]
    stamp_too: Scalar<'a>,
    #[serde(borrow, default, rename = "updatetime")]
    updated: Scalar<'a>,
    #[serde(borrow, default, rename = "updateTime")]
    updated_too: Scalar<'a>,
    #[serde(borrow, default, rename = "SaleLines")]
    lines: Many<Line<'a>>,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default, rename = "saleLineID")]
    id: Scalar<'a>,
    #[serde(borrow, default, rename = "itemID")]
    item: Scalar<'a>,
    #[serde(borrow, default, rename = "shopID")]
    shop: Scalar<'a>,
    #[serde(borrow, default, rename = "parentSaleLineID")]
    parent: Scalar<'a>,
    #[serde(borrow, default, rename = "lineType")]
    line_type: Scalar<'a>,
    #[serde(borrow, default, rename = "unitQuantity")]
    quantity: Scalar<'a>,
    #[serde(borrow, default, rename = "unitPrice")]
    unit_price: Scalar<'a>,
    #[serde(borrow, default, rename = "calcTotal")]
    total: Scalar<'a>,
    #[serde(borrow, default, rename = "calcTax1")]
    tax1: Scalar<'a>,
    #[serde(borrow, default, rename = "calcTax2")]
    tax2: Scalar<'a>,
    #[serde(borrow, default, rename = "calcSubtotal")]
    subtotal: Scalar<'a>,
    #[serde(borrow, default, rename = "calcLineDiscount")]
    line_discount: Scalar<'a>,
    #[serde(borrow, default, rename = "calcTransactionDiscount")]
    sale_discount: Scalar<'a>,
    #[serde(borrow, default, rename = "timeStamp")]
    stamp: Scalar<'a>,
    #[serde(borrow, default, rename = "timestamp")]
    stamp_too: Scalar<'a>,
}

impl Child for Line<'_> {
    const KEY: &'static str = "SaleLine";
}

impl<'a> Row<'a> for Wire<'a> {
    type Record = Sale;
    const ID: &'static str = "saleID";

    fn id(&self) -> Scalar<'a> {
        self.id
    }

    fn read(self, id: i64, asked: &[&str]) -> Result<Sale, Fault> {
        // A sale without one of its lines would be a wrong sale, so a bad line refuses all of it,
        // and lines nobody asked for are not the same as none.
        let lines = self.lines.read_own("SaleLines", asked, "lines", line)?;
        no_twins("SaleLines.SaleLine", lines.iter().map(|line| line.id.0))?;
        let sale = Sale {
            id: SaleId(id),
            shop: self.shop.foreign("shopID")?.map(ShopId),
            completed: self.completed.flag("completed")?,
            voided: self.voided.flag("voided")?,
            archived: self.archived.flag("archived")?,
            created_at: self.created.instant("createTime")?,
            completed_at: self.complete_time.instant("completeTime")?,
            stamped_at: self.stamp.or(self.stamp_too).instant("timeStamp")?,
            updated_at: self.updated.or(self.updated_too).instant("updatetime")?,
            lines,
        };
        if sale.completed && sale.placed().is_none() {
            return Err(Fault::bad(
                "completeTime",
                "found no time at which it could have happened",
            ));
        }
        Ok(sale)
    }
}

fn line(line: Line<'_>) -> Result<SaleLine, Fault> {
    let id = line.id.child_key("saleLineID")?;
    let item = line.item.foreign("itemID")?.map(ItemId);
    let fee = line
        .line_type
        .text("lineType")?
        .is_some_and(|t| t.starts_with("item_fee"));
    let product = item.is_some() && !fee;
    let quantity = match line.quantity.pieces("unitQuantity")? {
        Some(quantity) => quantity,
        None if product => return Err(Fault::bad("unitQuantity", "found no quantity")),
        None => 0,
    };
    Ok(SaleLine {
        id: SaleLineId(id),
        item,
        shop: line.shop.foreign("shopID")?.map(ShopId),
        parent: line.parent.foreign("parentSaleLineID")?.map(SaleLineId),
        fee,
        quantity,
        value: match value(&line, quantity)? {
            Some(value) => value,
            None if product && quantity != 0 => {
                return Err(Fault::bad(
                    "calcTotal",
                    "found no total, no subtotal and no price",
                ));
            }
            None => Decimal::ZERO,
        },
        changed_at: line.stamp.or(line.stamp_too).instant("timeStamp")?,
    })
}

/// What a line is worth after discounts and without taxes, from the best that was sent.
///
/// The total less its taxes is right for tax-inclusive and tax-exclusive sales alike; the others
/// are for lines that were sent without their sums.
fn value(line: &Line<'_>, quantity: i64) -> Result<Option<Decimal>, Fault> {
    let (parts, path) = if let Some(total) = line.total.decimal("calcTotal")? {
        (
            [
                total,
                line.tax1.amount("calcTax1")?,
                line.tax2.amount("calcTax2")?,
            ],
            "calcTotal",
        )
    } else if let Some(subtotal) = line.subtotal.decimal("calcSubtotal")? {
        let line_discount = line.line_discount.amount("calcLineDiscount")?;
        let sale_discount = line.sale_discount.amount("calcTransactionDiscount")?;
        ([subtotal, line_discount, sale_discount], "calcSubtotal")
    } else if let Some(price) = line.unit_price.decimal("unitPrice")? {
        let whole = price.checked_mul(Decimal::from(quantity));
        (
            [bounded(whole, "unitPrice")?, Decimal::ZERO, Decimal::ZERO],
            "unitPrice",
        )
    } else {
        return Ok(None);
    };
    let [whole, less, and_less] = parts;
    let value = whole
        .checked_sub(less)
        .and_then(|rest| rest.checked_sub(and_less));
    bounded(value, path).map(Some)
}
