//! Real bodies, recorded from a sandbox account through the older API, whose records have the same
//! shapes. They are not part of this repository; where they are absent these tests say so and pass.
//!
//! The numbers were counted independently of this crate, with a script over the raw JSON.

mod model;

use crate::door::{ALL_RELATIONS, chosen, everything};
use pipeline::feed::Feed;
use pipeline::filter::{self, LineFact, SaleHead};
use pipeline::normalize::{Normalized, normalize};
use pipeline::page::{self, EnvelopeError, Next};
use pipeline::record::{Item, Record, Sale, Vendor};
use rust_decimal::Decimal;
use std::path::Path;

fn bodies() -> Option<Vec<(String, String)>> {
    let folder = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/fixtures/real-v2"
    ));
    let Ok(entries) = std::fs::read_dir(folder) else {
        eprintln!(
            "no recorded bodies at {}: nothing compared",
            folder.display()
        );
        return None;
    };
    let mut bodies: Vec<(String, String)> = entries
        .map(|entry| entry.expect("a readable folder"))
        .map(|entry| {
            (
                entry.file_name().to_string_lossy().into_owned(),
                entry.path(),
            )
        })
        .filter(|(name, _)| name.ends_with(".json") && name != "index.json")
        .map(|(name, path)| {
            (
                name,
                std::fs::read_to_string(path).expect("a readable file"),
            )
        })
        .collect();
    bodies.sort();
    Some(bodies)
}

/// Every page of a feed together, and how many bodies had rows of it.
fn all(feed: Feed) -> Option<(usize, Normalized)> {
    let mut together = (0, Normalized::default());
    for (name, body) in bodies()? {
        match normalize(feed, &body, ALL_RELATIONS) {
            Ok(page) => {
                together.0 += usize::from(page.rows > 0);
                together.1.rows += page.rows;
                together.1.records.extend(page.records);
                together.1.rejections.extend(page.rejections);
            }
            Err(EnvelopeError::NoAttributes) => {
                assert!(body.contains("\"httpCode\""), "{name} is an error answer");
            }
            Err(other) => panic!("{name}: {other}"),
        }
    }
    Some(together)
}

#[test]
fn every_recorded_record_is_read() {
    for (feed, bodies, records) in [
        (Feed::Shops, 1, 1),
        (Feed::Vendors, 20, 715),
        (Feed::Items, 4, 4),
        (Feed::Stock, 0, 0),
        (Feed::Sales, 5, 122),
        (Feed::Orders, 2, 6),
        (Feed::Shipments, 0, 0),
    ] {
        let Some((with_rows, page)) = all(feed) else {
            return;
        };
        assert_eq!(page.rejections, [], "{feed}");
        assert_eq!(
            (with_rows, page.records.len(), page.rows),
            (bodies, records, records),
            "{feed}"
        );
    }
}

#[test]
fn the_old_envelope_never_proves_an_end() {
    let Some(bodies) = bodies() else { return };
    let (mut pages, mut refused) = (0, 0);
    for (_, body) in bodies {
        match page::open(&body, Feed::Sales) {
            Ok(page) => {
                assert_eq!(page.next, Next::Unsaid);
                pages += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert_eq!((pages, refused), (46, 2));
}

#[test]
fn the_recorded_sales_have_their_lines_values_and_verdicts() {
    let Some((_, page)) = all(Feed::Sales) else {
        return;
    };
    let sales: Vec<Sale> = page
        .records
        .into_iter()
        .map(|normal| match normal.record {
            Record::Sale(sale) => sale,
            other => panic!("{other:?} among the sales"),
        })
        .collect();
    let lines = || sales.iter().flat_map(|sale| &sale.lines);
    assert_eq!(lines().count(), 175);
    assert_eq!(lines().filter(|line| line.item.is_none()).count(), 106);
    assert_eq!(lines().filter(|line| line.quantity == 0).count(), 1);
    assert_eq!(
        lines().filter(|line| line.quantity < 0 || line.fee).count(),
        0
    );
    assert_eq!(
        lines().map(|line| line.value).sum::<Decimal>(),
        Decimal::new(63_449_736, 2)
    );
    assert_eq!(
        sales.iter().filter(|sale| sale.lines.is_empty()).count(),
        25
    );
    assert_eq!(sales.iter().filter(|sale| sale.completed).count(), 36);
    // Nothing but the legacy stamp was sent in those years, and it places all of them.
    assert!(
        sales
            .iter()
            .all(|sale| sale.stamped_at.is_some() && sale.placed() == sale.stamped_at)
    );
    assert!(
        sales
            .iter()
            .all(|sale| sale.updated_at.is_none() && sale.completed_at.is_none())
    );
    let kept = |settings| {
        let keeps = |sale: &&Sale| {
            let facts: Vec<LineFact> = sale.lines.iter().map(LineFact::from).collect();
            filter::sale(&SaleHead::from(*sale), &facts, &settings).keeps()
        };
        sales.iter().filter(keeps).count()
    };
    assert_eq!((kept(chosen()), kept(everything())), (19, 59));
}

#[test]
fn the_recorded_vendors_have_their_emails() {
    let Some((_, page)) = all(Feed::Vendors) else {
        return;
    };
    let vendors: Vec<Vendor> = page
        .records
        .into_iter()
        .map(|normal| match normal.record {
            Record::Vendor(vendor) => vendor,
            other => panic!("{other:?} among the vendors"),
        })
        .collect();
    let supplied: Vec<_> = vendors
        .iter()
        .map(|vendor| pipeline::load::supplier(vendor, false))
        .collect();
    assert_eq!(
        supplied
            .iter()
            .map(|one| one.supplier.emails.len())
            .sum::<usize>(),
        2
    );
    assert_eq!(
        supplied
            .iter()
            .map(|one| one.invalid_emails.len())
            .sum::<usize>(),
        0
    );
    assert_eq!(
        supplied.iter().filter(|one| one.supplier.ignored).count(),
        4
    );
    // Blank names are no theory: without a rule for them, Optiply would refuse these suppliers.
    assert_eq!(
        vendors
            .iter()
            .filter(|vendor| vendor.name.is_empty())
            .count(),
        18
    );
}

#[test]
fn the_recorded_items_have_their_stock() {
    let Some((_, page)) = all(Feed::Items) else {
        return;
    };
    let items: Vec<Item> = page
        .records
        .into_iter()
        .map(|normal| match normal.record {
            Record::Item(item) => item,
            other => panic!("{other:?} among the items"),
        })
        .collect();
    let rows: Vec<_> = items
        .iter()
        .filter_map(|item| item.stock.as_ref())
        .flatten()
        .collect();
    assert_eq!(rows.len(), 6);
    assert_eq!(rows.iter().filter(|row| row.shop.is_none()).count(), 3);
    assert!(items.iter().all(|item| item.price == Some(Decimal::ZERO)));
    assert_eq!(items.iter().filter(|item| item.archived).count(), 1);
}
