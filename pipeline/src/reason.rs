//! Why a record did not become an object: codes that are stored, counted and explained.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $advice:literal;)+) => {
        /// A named reason. Its code is a promise to the database and to readers of `--json`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Reason {$(
            $(#[$doc])*
            #[serde(rename = $code)]
            $name,
        )+}

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Reason] = &[$(Reason::$name),+];

            /// The stored spelling.
            pub const fn code(self) -> &'static str {
                match self {$(Reason::$name => $code),+}
            }

            /// What it means and what would change it, for a person who runs a shop.
            pub const fn advice(self) -> &'static str {
                match self {$(Reason::$name => $advice),+}
            }

            /// The reason of a stored spelling.
            pub fn from_code(code: &str) -> Option<Reason> {
                match code {$($code => Some(Reason::$name),)+ _ => None}
            }
        }
    };
}

reasons! {
    /// `mapping.md` 8.2.
    Voided = "voided", "The sale was voided after it was completed, so it is no demand. A void cannot be undone in Lightspeed.";
    /// `mapping.md` 8.2: a discarded open sale; 9: a purchase order given up.
    Archived = "archived", "It was archived: a sale that was discarded before it was completed, or a purchase order of which nothing arrived. Unarchiving it in Lightspeed would count it.";
    /// `mapping.md` 8.2.
    NotCompleted = "not_completed", "The sale is still open. It counts once it is completed, or at once with the setting sync-all-sales-orders on.";
    /// DESIGN 13.14.
    BeforeHistory = "before_history", "It was placed before the start of the history that this connection loads. An earlier history-since would include it.";
    /// `mapping.md` 8.3, 9, 10.
    NoProductLine = "no_product_line", "None of its lines names a product that counts. Charges, gift cards, labour and fees are no demand, order lines without pieces order nothing, and goods that arrive must belong to a line of their order.";
    /// `mapping.md` 8.2, 9: the choice of locations.
    OtherLocation = "other_location", "It belongs to a location that this connection does not read. Choosing that location in get-data-from would count it.";
    /// `mapping.md` 8.3, DESIGN 13.7.
    OnlyNonInventory = "only_non_inventory", "All its items are of type non-inventory, of which no stock is kept. Changing the item type in Lightspeed would count it.";
    /// `mapping.md` 8.6.
    ItemGone = "item_gone", "The item, or every item of its lines, no longer exists in Lightspeed: it was merged or deleted.";
    /// `mapping.md` 8.4.
    ReturnWithoutSale = "return_without_sale", "It takes goods back, and the sale they came from is not known or does not count. Returns without their sale are recorded, not sent.";
    /// `mapping.md` 8.4.
    ReturnedInFull = "returned_in_full", "Everything it sold was returned by later sales. Voiding the return would bring it back.";
    /// DESIGN 13.4.
    ReturnsCancelOut = "returns_cancel_out", "What it sold and what it took back cancel each other out.";
    /// `mapping.md` 4.2.
    NonInventory = "non_inventory", "No stock is kept of items of type non-inventory, so they are not planned. Changing the item type in Lightspeed would load it.";
    /// DESIGN 13.6.
    ArchivedNeverLoaded = "archived_never_loaded", "It was archived before it was ever loaded and nothing that counts refers to it. Unarchiving it in Lightspeed would load it.";
    /// `mapping.md` 3: the row with shop 0.
    TotalRow = "total_row", "This stock row is the total over all shops, which is never added to the shops' own rows.";
    /// `mapping.md` 9: an open purchase order.
    DraftOrder = "draft_order", "The purchase order was not placed yet, so nothing is on its way. It counts once it is ordered in Lightspeed, or at once with the setting include-open-pos on.";
    /// `mapping.md` 9.
    NoVendor = "no_vendor", "The purchase order names no vendor, and a buy order needs a supplier. Choosing a vendor in Lightspeed would load it.";
    /// `mapping.md` 9.
    VendorGone = "vendor_gone", "The vendor no longer exists in Lightspeed. A purchase order that names it counts once it names another.";
    /// `mapping.md` 10.
    NothingReceived = "nothing_received", "The shipment holds no received pieces. It counts once goods are received on it.";
    /// `mapping.md` 10.
    OrderGone = "order_gone", "The purchase order of this shipment no longer exists in Lightspeed.";
    /// `mapping.md` 10.
    OrderNotLoaded = "order_not_loaded", "The purchase order of this shipment does not count. Its own reason tells what would change that.";
    /// `mapping.md` 8.6: waiting.
    WaitingForItem = "waiting_for_item", "An item it names has not been read yet. It is being asked for by its id.";
    /// `mapping.md` 9: waiting.
    WaitingForVendor = "waiting_for_vendor", "The vendor it names has not been read yet. It is being asked for by its id.";
    /// `mapping.md` 10: waiting.
    WaitingForOrder = "waiting_for_order", "The purchase order it belongs to has not been read yet, or waits itself. It is being asked for by its id.";
    /// Rejection.
    NotARecord = "not_a_record", "Lightspeed sent something here that is not a record. The next full read will show whether it lasts.";
    /// Rejection.
    MissingId = "missing_id", "Lightspeed sent this record without a usable id.";
    /// Rejection.
    BadValue = "bad_value", "A value could not be read as what it should be. Correcting it in Lightspeed, or mending our parser and replaying, would load it.";
    /// Rejection, `mapping.md` 13.4.
    FractionalQuantity = "fractional_quantity", "A quantity is not a whole number. Optiply plans whole pieces and cutting the rest off would falsify demand, so the record waits for a person.";
    /// Rejection, `mapping.md` 5.
    OutOfRange = "out_of_range", "A value is larger than Optiply takes (9,999,999). It is probably a typing error in Lightspeed.";
    /// Rejection, DESIGN 5.
    Undeliverable = "undeliverable", "Lightspeed fails whenever this record is part of an answer. Their support can tell why; everything around it was read.";
    /// `mapping.md` 9.1: an echo.
    ExportedOrder = "exported_order", "It is the purchase order of a buy order of Optiply, made by this connection. What arrives on it is told to that buy order; a second one is not made.";
    /// Export, `mapping.md` 11.3.
    ExportLocation = "export_location", "The Default Location cannot be ordered to, so nothing is sent. Set another with `stockbridge settings NAME --set default-location=...`, or put the shop right in Lightspeed; waiting orders then go by themselves.";
    /// Export, `mapping.md` 11.3.
    ExportUnknownSupplier = "export_unknown_supplier", "The supplier of the buy order does not come from Lightspeed, so there is no vendor to order from. Choose one in Optiply that does.";
    /// Export, `mapping.md` 11.3.
    ExportVendorArchived = "export_vendor_archived", "The vendor is archived in Lightspeed, or gone. Unarchive it there, or choose another supplier in Optiply.";
    /// Export, `mapping.md` 11.3.
    ExportUnknownProduct = "export_unknown_product", "A product of the buy order does not come from Lightspeed, so no item can be ordered. Take the line off in Optiply.";
    /// Export, `mapping.md` 11.3.
    ExportItemArchived = "export_item_archived", "An item of the buy order is archived in Lightspeed. Unarchive it there, or take the line off in Optiply.";
    /// Export, `mapping.md` 11.3.
    ExportItemNonInventory = "export_item_non_inventory", "An item of the buy order is of type non-inventory. Change its type in Lightspeed, or take the line off in Optiply.";
    /// Export, `mapping.md` 11.3.
    ExportItemGone = "export_item_gone", "An item of the buy order no longer exists in Lightspeed. Take the line off in Optiply.";
    /// Export, `mapping.md` 11.3.
    ExportNoLines = "export_no_lines", "The buy order holds nothing that can be ordered. Add lines in Optiply, or delete it there.";
    /// Export, `mapping.md` 11.3.
    ExportBadLine = "export_bad_line", "A line of the buy order has less than one piece or a negative value. Correct it in Optiply.";
    /// Export, Lightspeed fact sheet 7.3.
    ExportRefused = "export_refused", "Lightspeed refused the purchase order or one of its lines. What was begun is archived there; correct what it names and run `stockbridge export NAME`.";
    /// Export, DESIGN 8.
    ExportConflict = "export_conflict", "The purchase order in Lightspeed differs from the buy order in Optiply in a way that only a person can settle. Make the two agree, or archive the purchase order; then run `stockbridge export NAME`.";
    /// Export, DESIGN 13.15.
    ExportArchivedThere = "export_archived_there", "Somebody archived the purchase order in Lightspeed. It is not ordered again. Delete the buy order in Optiply if it is not wanted, or make a new one.";
    /// Delivery, optiply-api 8.
    RefusedByOptiply = "refused_by_optiply", "Optiply refused the values. Correcting them in Lightspeed sends it again.";
    /// Delivery, optiply-api 9.
    PairTaken = "pair_taken", "Optiply says that it has a row for these two, and shows none: probably one that was deleted there. Optiply's support can free it; then try again.";
    /// Delivery, `mapping.md` 4.2.
    RemovedInOptiply = "removed_in_optiply", "It was removed from Optiply more than once, after it had been made again. Find out who removes it; then try again.";
    /// Delivery, optiply-api 8.
    OptiplyFails = "optiply_fails", "Optiply fails whenever this is sent, while other calls succeed. It is tried again every hour; a composition that contains itself fails like this too.";
    /// Delivery, optiply-api 10.
    SeveralMatches = "several_matches", "Nobody knows whether a call succeeded, and Optiply shows several rows that it may have made. Remove the surplus ones in Optiply; then try again.";
    /// Adoption, `mapping.md` 13.2.
    SeveralInOptiply = "several_in_optiply", "Optiply held rows that this may be before the first delivery, and nobody can tell which it is. Remove the surplus ones in Optiply, or give the right one its code; then try again. If Optiply does not hold it, have it made with `rejected --make`.";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
