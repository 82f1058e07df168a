use super::fault::Fault;
use super::many::{Child, Many, One};
use super::scalar::Scalar;
use super::wire::Row;
use crate::id::ShopId;
use crate::record::{Shop, TaxCategory, TaxClassRates};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Wire<'a> {
    #[serde(borrow, default, rename = "shopID")]
    id: Scalar<'a>,
    #[serde(borrow, default)]
    name: Scalar<'a>,
    #[serde(borrow, default, rename = "timeZone")]
    time_zone: Scalar<'a>,
    #[serde(borrow, default)]
    archived: Scalar<'a>,
    #[serde(borrow, default, rename = "timeStamp")]
    stamp: Scalar<'a>,
    #[serde(borrow, default, rename = "timestamp")]
    stamp_too: Scalar<'a>,
    #[serde(borrow, default, rename = "TaxCategory")]
    tax: One<Tax<'a>>,
}

#[derive(Deserialize)]
struct Tax<'a> {
    #[serde(borrow, default, rename = "isTaxInclusive")]
    inclusive: Scalar<'a>,
    #[serde(borrow, default, rename = "tax1Rate")]
    rate1: Scalar<'a>,
    #[serde(borrow, default, rename = "tax2Rate")]
    rate2: Scalar<'a>,
    #[serde(borrow, default, rename = "TaxCategoryClasses")]
    classes: Many<Class<'a>>,
}

#[derive(Deserialize)]
struct Class<'a> {
    #[serde(borrow, default, rename = "taxClassID")]
    class: Scalar<'a>,
    #[serde(borrow, default, rename = "tax1Rate")]
    rate1: Scalar<'a>,
    #[serde(borrow, default, rename = "tax2Rate")]
    rate2: Scalar<'a>,
}

impl Child for Class<'_> {
    const KEY: &'static str = "TaxCategoryClass";
}

impl<'a> Row<'a> for Wire<'a> {
    type Record = Shop;
    const ID: &'static str = "shopID";

    fn id(&self) -> Scalar<'a> {
        self.id
    }

    fn read(self, id: i64, _: &[&str]) -> Result<Shop, Fault> {
        Ok(Shop {
            id: ShopId(id),
            name: self.name.string("name")?,
            time_zone: self.time_zone.text("timeZone")?.map(Into::into),
            archived: self.archived.flag("archived")?,
            tax: match self.tax.read("TaxCategory")? {
                Some(tax) => Some(category(tax).map_err(|f| f.within("TaxCategory"))?),
                None => None,
            },
            changed_at: self.stamp.or(self.stamp_too).instant("timeStamp")?,
        })
    }
}

fn category(tax: Tax<'_>) -> Result<TaxCategory, Fault> {
    let classes = tax.classes.read("TaxCategoryClasses", |class| {
        let rates = (
            class.rate1.amount("tax1Rate")?,
            class.rate2.amount("tax2Rate")?,
        );
        Ok(class
            .class
            .foreign("taxClassID")?
            .map(|class| TaxClassRates {
                class,
                rate1: rates.0,
                rate2: rates.1,
            }))
    })?;
    Ok(TaxCategory {
        inclusive: tax.inclusive.flag("isTaxInclusive")?,
        rate1: tax.rate1.amount("tax1Rate")?,
        rate2: tax.rate2.amount("tax2Rate")?,
        classes: classes.unwrap_or_default().into_iter().flatten().collect(),
    })
}
