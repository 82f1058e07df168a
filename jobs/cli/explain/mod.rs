//! `explain`: why a record is or is not in Optiply, from stored evidence.

mod buy_order;
mod change;
mod delivered;
mod item;
mod lines;
mod links;
mod never;
mod offers;
mod order;
mod sale;
mod shipment;
mod story;
mod vendor;

use super::context::{Context, Missing};
use crate::cli::Exit;
use clap::{Args, ValueEnum};
use pipeline::id::{BuyOrderId, ItemId, OrderId, SaleId, ShipmentId, VendorId};
use pipeline::location::ShopEntry;
use pipeline::settings::Settings;
use storage::{Connection, Store, StoreError};

/// The arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The connection
    name: String,
    /// What to explain
    #[arg(value_enum)]
    kind: Kind,
    /// Its id in Lightspeed; that in Optiply of a buy order
    id: i64,
}

/// What can be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A sale, which may be a sell order
    Sale,
    /// An item, which may be a product
    Item,
    /// A vendor, which may be a supplier
    Vendor,
    /// A purchase order, which may be a buy order
    Order,
    /// A buy order of Optiply, which may be a purchase order
    BuyOrder,
    /// A shipment, which may be receipts of a buy order
    Shipment,
}

/// What explanations are made of beside the record itself.
struct Known {
    store: Store,
    connection: Connection,
    settings: Settings,
    settings_version: i64,
    shops: Vec<ShopEntry>,
}

impl Explain {
    pub(super) async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let store = context.store(Missing::Refuse).await?;
        let connection = store.connection(&self.name).await?;
        let current = match store.current_settings(connection.id).await {
            Ok(current) => current,
            Err(StoreError::NotFound { .. }) => {
                super::context::usable(&connection)?;
                anyhow::bail!("connection {:?} has no settings", connection.name);
            }
            Err(error) => return Err(error.into()),
        };
        let known = Known {
            shops: store.shops(connection.id).await?,
            settings: current.settings,
            settings_version: current.version,
            connection,
            store,
        };
        if self.kind == Kind::BuyOrder {
            let story = buy_order::explain(&known, BuyOrderId(self.id)).await?;
            context.out.answer(&story, || story.text());
            return Ok(Exit::Done);
        }
        let mut story = match self.kind {
            Kind::Sale => sale::explain(&known, SaleId(self.id)).await?,
            Kind::Item => item::explain(&known, ItemId(self.id)).await?,
            Kind::Vendor => vendor::explain(&known, VendorId(self.id)).await?,
            Kind::Order | Kind::BuyOrder => order::explain(&known, OrderId(self.id)).await?,
            Kind::Shipment => shipment::explain(&known, ShipmentId(self.id)).await?,
        };
        delivered::tell(&mut story, &known, self.kind, self.id).await?;
        context.out.answer(&story, || story.text());
        Ok(Exit::Done)
    }
}
