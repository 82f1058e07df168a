use crate::id::VendorId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A vendor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vendor {
    /// Its id.
    pub id: VendorId,
    /// Its name as sent; may be blank.
    pub name: String,
    /// Whether it is archived.
    pub archived: bool,
    /// E-mail addresses as typed, unchecked, in the order sent.
    pub emails: Vec<String>,
    /// The currency it sells in, when it is not the account's.
    pub currency: Option<String>,
    /// When the record last changed, as the source says.
    pub changed_at: Option<DateTime<Utc>>,
}
