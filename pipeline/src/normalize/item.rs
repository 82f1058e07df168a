use super::fault::Fault;
use super::many::{Child, Many};
use super::scalar::Scalar;
use super::stock;
use super::wire::{Row, no_twins};
use crate::id::{ItemId, VendorId};
use crate::record::{Component, Item, ItemKind, VendorNumber};
use rust_decimal::Decimal;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Wire<'a> {
    #[serde(borrow, default, rename = "itemID")]
    id: Scalar<'a>,
    #[serde(borrow, default)]
    description: Scalar<'a>,
    #[serde(borrow, default, rename = "customSku")]
    custom_sku: Scalar<'a>,
    #[serde(borrow, default, rename = "systemSku")]
    system_sku: Scalar<'a>,
    #[serde(borrow, default, rename = "manufacturerSku")]
    manufacturer_sku: Scalar<'a>,
    #[serde(borrow, default)]
    ean: Scalar<'a>,
    #[serde(borrow, default)]
    upc: Scalar<'a>,
    #[serde(borrow, default, rename = "itemType")]
    kind: Scalar<'a>,
    #[serde(borrow, default)]
    serialized: Scalar<'a>,
    #[serde(borrow, default)]
    archived: Scalar<'a>,
    #[serde(borrow, default)]
    tax: Scalar<'a>,
    #[serde(borrow, default, rename = "taxClassID")]
    tax_class: Scalar<'a>,
    #[serde(borrow, default, rename = "defaultCost")]
    default_cost: Scalar<'a>,
    #[serde(borrow, default, rename = "defaultVendorID")]
    default_vendor: Scalar<'a>,
    #[serde(borrow, default, rename = "itemMatrixID")]
    matrix: Scalar<'a>,
    #[serde(borrow, default, rename = "createTime")]
    created: Scalar<'a>,
    #[serde(borrow, default, rename = "timeStamp")]
    stamp: Scalar<'a>,
    #[serde(borrow, default, rename = "timestamp")]
    stamp_too: Scalar<'a>,
    #[serde(borrow, default, rename = "Prices")]
    prices: Many<Price<'a>>,
    #[serde(borrow, default, rename = "ItemVendorNums")]
    vendor_numbers: Many<VendorNum<'a>>,
    #[serde(borrow, default, rename = "ItemComponents")]
    components: Many<Part<'a>>,
    #[serde(borrow, default, rename = "ItemShops")]
    stock: Many<stock::Wire<'a>>,
}

#[derive(Deserialize)]
struct Price<'a> {
    #[serde(borrow, default)]
    amount: Scalar<'a>,
    #[serde(borrow, default, rename = "useType")]
    level: Scalar<'a>,
}

impl Child for Price<'_> {
    const KEY: &'static str = "ItemPrice";
}

#[derive(Deserialize)]
struct VendorNum<'a> {
    #[serde(borrow, default, rename = "itemVendorNumID")]
    id: Scalar<'a>,
    #[serde(borrow, default, rename = "vendorID")]
    vendor: Scalar<'a>,
    #[serde(borrow, default)]
    value: Scalar<'a>,
    #[serde(borrow, default)]
    cost: Scalar<'a>,
}

impl Child for VendorNum<'_> {
    const KEY: &'static str = "ItemVendorNum";
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default, rename = "itemComponentID")]
    id: Scalar<'a>,
    #[serde(borrow, default, rename = "assemblyItemID")]
    assembly: Scalar<'a>,
    #[serde(borrow, default, rename = "componentItemID")]
    part: Scalar<'a>,
    #[serde(borrow, default)]
    quantity: Scalar<'a>,
    #[serde(borrow, default, rename = "componentGroup")]
    group: Scalar<'a>,
}

impl Child for Part<'_> {
    const KEY: &'static str = "ItemComponent";
}

impl<'a> Row<'a> for Wire<'a> {
    type Record = Item;
    const ID: &'static str = "itemID";

    fn id(&self) -> Scalar<'a> {
        self.id
    }

    fn read(self, id: i64, asked: &[&str]) -> Result<Item, Fault> {
        let id = ItemId(id);
        let vendor_numbers = self.vendor_numbers.read("ItemVendorNums", vendor_number)?;
        let vendor_numbers = vendor_numbers.unwrap_or_default();
        no_twins(
            "ItemVendorNums.ItemVendorNum",
            vendor_numbers.iter().map(|row| row.id),
        )?;
        let components = self
            .components
            .read("ItemComponents", component)?
            .unwrap_or_default();
        no_twins(
            "ItemComponents.ItemComponent",
            components.iter().map(|row| row.id),
        )?;
        let mut stock = self.stock.read("ItemShops", |row| row.inside(id))?;
        if stock.is_none() && asked.contains(&"ItemShops") {
            stock = Some(Vec::new());
        }
        no_twins(
            "ItemShops.ItemShop",
            stock.iter().flatten().map(|row| row.id.0),
        )?;
        let kind = self.kind.text("itemType")?.unwrap_or_default();
        Ok(Item {
            id,
            description: self.description.string("description")?,
            custom_sku: self.custom_sku.string("customSku")?,
            system_sku: self.system_sku.string("systemSku")?,
            manufacturer_sku: self.manufacturer_sku.string("manufacturerSku")?,
            ean: self.ean.string("ean")?,
            upc: self.upc.string("upc")?,
            // The deprecated type says the same as the flag, and the item is otherwise ordinary.
            serialized: kind == "serialized" || self.serialized.flag("serialized")?,
            kind: match &*kind {
                "serialized" => ItemKind::Default,
                kind => ItemKind::from_name(kind),
            },
            archived: self.archived.flag("archived")?,
            taxed: self.tax.flag("tax")?,
            tax_class: self.tax_class.foreign("taxClassID")?,
            price: default_price(self.prices)?,
            default_cost: self.default_cost.decimal("defaultCost")?,
            default_vendor: self
                .default_vendor
                .foreign("defaultVendorID")?
                .map(VendorId),
            matrix: self.matrix.foreign("itemMatrixID")?,
            created_at: self.created.instant("createTime")?,
            changed_at: self.stamp.or(self.stamp_too).instant("timeStamp")?,
            vendor_numbers,
            components,
            stock,
        })
    }
}

/// The price of level "Default"; what other levels hold is not looked at.
fn default_price(prices: Many<Price<'_>>) -> Result<Option<Decimal>, Fault> {
    let levels = prices.read("Prices", |price| {
        match price.level.text("useType")?.as_deref() {
            Some("Default") => price.amount.decimal("amount"),
            _ => Ok(None),
        }
    })?;
    Ok(levels.into_iter().flatten().flatten().next())
}

fn vendor_number(row: VendorNum<'_>) -> Result<VendorNumber, Fault> {
    Ok(VendorNumber {
        id: row.id.key("itemVendorNumID")?,
        vendor: row.vendor.foreign("vendorID")?.map(VendorId),
        number: row.value.string("value")?,
        cost: row.cost.decimal("cost")?,
    })
}

fn component(row: Part<'_>) -> Result<Component, Fault> {
    Ok(Component {
        id: row.id.key("itemComponentID")?,
        assembly: row.assembly.foreign("assemblyItemID")?.map(ItemId),
        part: row.part.foreign("componentItemID")?.map(ItemId),
        quantity: row.quantity.pieces("quantity")?.unwrap_or_default(),
        group: row.group.foreign("componentGroup")?.unwrap_or_default(),
    })
}
