use super::fault::Fault;
use super::many::{Child, Many, One};
use super::scalar::Scalar;
use super::wire::Row;
use crate::id::VendorId;
use crate::record::Vendor;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Wire<'a> {
    #[serde(borrow, default, rename = "vendorID")]
    id: Scalar<'a>,
    #[serde(borrow, default)]
    name: Scalar<'a>,
    #[serde(borrow, default)]
    archived: Scalar<'a>,
    #[serde(borrow, default, rename = "timeStamp")]
    stamp: Scalar<'a>,
    #[serde(borrow, default, rename = "timestamp")]
    stamp_too: Scalar<'a>,
    #[serde(borrow, default, rename = "purchasingCurrency")]
    currency: One<Currency<'a>>,
    #[serde(borrow, default, rename = "Contact")]
    contact: One<Contact<'a>>,
}

#[derive(Deserialize)]
struct Currency<'a> {
    #[serde(borrow, default)]
    code: Scalar<'a>,
}

#[derive(Deserialize)]
struct Contact<'a> {
    #[serde(borrow, default, rename = "Emails")]
    emails: Many<Email<'a>>,
}

#[derive(Deserialize)]
struct Email<'a> {
    #[serde(borrow, default)]
    address: Scalar<'a>,
}

impl Child for Email<'_> {
    const KEY: &'static str = "ContactEmail";
}

impl<'a> Row<'a> for Wire<'a> {
    type Record = Vendor;
    const ID: &'static str = "vendorID";

    fn id(&self) -> Scalar<'a> {
        self.id
    }

    fn read(self, id: i64, _: &[&str]) -> Result<Vendor, Fault> {
        Ok(Vendor {
            id: VendorId(id),
            name: self.name.string("name")?,
            archived: self.archived.flag("archived")?,
            emails: match self.contact.read("Contact")? {
                Some(contact) => emails(contact).map_err(|f| f.within("Contact"))?,
                None => Vec::new(),
            },
            currency: match self.currency.read("purchasingCurrency")? {
                Some(currency) => currency
                    .code
                    .text("purchasingCurrency.code")?
                    .map(Into::into),
                None => None,
            },
            changed_at: self.stamp.or(self.stamp_too).instant("timeStamp")?,
        })
    }
}

fn emails(contact: Contact<'_>) -> Result<Vec<String>, Fault> {
    let emails = contact
        .emails
        .read("Emails", |email| email.address.string("address"))?;
    Ok(emails
        .unwrap_or_default()
        .into_iter()
        .filter(|address| !address.is_empty())
        .collect())
}
