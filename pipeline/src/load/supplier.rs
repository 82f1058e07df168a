use crate::id::VendorId;
use crate::record::Vendor;
use serde::Serialize;

/// A supplier as Optiply should hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Supplier {
    /// The vendor it is.
    pub vendor_id: VendorId,
    /// Its name; never blank.
    pub name: String,
    /// Addresses to order at, in the vendor's order.
    pub emails: Vec<String>,
    /// Whether planners should not see it.
    pub ignored: bool,
}

/// A supplier and what could not be taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supplied {
    /// The supplier.
    pub supplier: Supplier,
    /// Addresses that are none, left out because Optiply would refuse the whole supplier.
    pub invalid_emails: Vec<String>,
}

/// The supplier of a vendor (`mapping.md` 7.1). `vanished` if the vendor is proven to be gone from
/// the source; suppliers are never deleted.
pub fn supplier(vendor: &Vendor, vanished: bool) -> Supplied {
    let name = match vendor.name.trim() {
        "" => format!("Vendor {}", vendor.id),
        name => name.to_owned(),
    };
    let (emails, invalid_emails) = vendor
        .emails
        .iter()
        .map(|address| address.trim().to_owned())
        .filter(|address| !address.is_empty())
        .partition(|address| is_email(address));
    let supplier = Supplier {
        vendor_id: vendor.id,
        name,
        emails,
        ignored: vendor.archived || vanished,
    };
    Supplied {
        supplier,
        invalid_emails,
    }
}

/// Whether a text is an e-mail address that mail systems in use accept.
///
/// Stricter than the standard, which also allows quotes, comments and bare host names: those are
/// typing errors far more often than addresses.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    text.len() <= 254 && is_local(local) && is_domain(domain)
}

fn is_local(local: &str) -> bool {
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    local.len() <= 64
        && local
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(atom))
}

fn is_domain(domain: &str) -> bool {
    let label = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.')
        && domain.split('.').all(label)
        && last.len() >= 2
        && last.starts_with(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_use_pass() {
        for address in [
            "a@b.co",
            "order.desk+lightspeed@sub.example.com",
            "o'neil@example.ie",
            "x_1@xn--bcher-kva.example",
            "info@123.example",
        ] {
            assert!(is_email(address), "{address}");
        }
    }

    #[test]
    fn typing_errors_do_not() {
        let long = format!("{}@example.com", "a".repeat(65));
        for address in [
            "",
            "@",
            "a@",
            "@b.co",
            "a@b",
            "a b@c.de",
            "a@b..co",
            ".a@b.co",
            "a.@b.co",
            "a..b@c.de",
            "a@-b.co",
            "a@b-.co",
            "a@b.c",
            "a@b.co, c@d.co",
            "a@b.co;c@d.co",
            "a@@b.co",
            "<a@b.co>",
            "mailto:a@b.co",
            "a@10.0.0.1",
            "ü@b.co",
            "a@b.co.",
            "n/a",
            &long,
        ] {
            assert!(!is_email(address), "{address}");
        }
    }
}
