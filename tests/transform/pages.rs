//! Pages as a whole: what is one, and that its rows do not touch each other.

use crate::door::{ALL_RELATIONS, fixture};
use pipeline::feed::Feed;
use pipeline::normalize::{EVIDENCE_BYTES_MAX, normalize};
use pipeline::page::{self, EnvelopeError, Next};
use pipeline::record::Record;

#[test]
fn a_bad_row_leaves_its_neighbours_as_they_were() {
    let whole = fixture("sales/line-taken-from-another-shop");
    let damaged = whole.replacen("\"unitQuantity\": \"1\"", "\"unitQuantity\": \"0.5\"", 1);
    let read = |body| normalize(Feed::Sales, body, ALL_RELATIONS).expect("a page");
    let (whole, damaged) = (read(&whole), read(&damaged));
    assert_eq!(damaged.rejections.len(), 1);
    assert_eq!(damaged.records, whole.records[1..]);
}

#[test]
fn what_is_no_page_is_an_error_and_never_an_end() {
    fn open(body: &str) -> Result<usize, EnvelopeError> {
        page::open(body, Feed::Sales).map(|page| page.rows.len())
    }
    assert!(matches!(open(""), Err(EnvelopeError::Empty)));
    assert!(matches!(open(" \n"), Err(EnvelopeError::Empty)));
    assert!(matches!(
        open("<html>502</html>"),
        Err(EnvelopeError::NotJson(_))
    ));
    assert!(matches!(open("[]"), Err(EnvelopeError::NotJson(_))));
    assert!(matches!(
        open(r#"{"httpCode":"500"}"#),
        Err(EnvelopeError::NoAttributes)
    ));
    assert!(matches!(
        open(r#"{"Sale":[]}"#),
        Err(EnvelopeError::NoAttributes)
    ));
    let whole = fixture("sales/discounts-and-taxes");
    for cut in (0..whole.trim_end().len()).step_by(7) {
        assert!(open(&whole[..cut]).is_err(), "cut at {cut}");
    }
    for none in [r#""""#, "null", "[]", "{}", "{ }"] {
        let body = format!(r#"{{"@attributes":{{"next":""}},"Sale":{none}}}"#);
        assert_eq!(open(&body).expect(none), 0);
    }
}

#[test]
fn the_evidence_of_a_huge_row_is_cut_between_characters() {
    let name = "€".repeat(EVIDENCE_BYTES_MAX);
    let body = format!(
        r#"{{"@attributes":{{"next":""}},"Vendor":[{{"name":"{name}"}},{{"vendorID":"1"}}]}}"#
    );
    let page = normalize(Feed::Vendors, &body, ALL_RELATIONS).expect("a page");
    let kept = &page.rejections[0].body;
    assert!(kept.len() <= EVIDENCE_BYTES_MAX && kept.len() > EVIDENCE_BYTES_MAX - 4);
    assert!(kept.starts_with(r#"{"name":"€"#));
    assert!(matches!(&page.records[..], [normal] if matches!(normal.record, Record::Vendor(_))));
}

#[test]
fn a_page_says_what_follows_it_or_does_not() {
    let next = |attributes: &str| {
        let body = format!(r#"{{"Sale":[],"@attributes":{attributes}}}"#);
        page::open(&body, Feed::Sales).map(|page| page.next).ok()
    };
    let link = "https://api.example/API/V3/Account/1/Sale.json?after=WzIwMF0%3D";
    let escaped = link.replace('/', "\\/");
    assert_eq!(
        next(&format!(r#"{{"next":"{escaped}"}}"#)),
        Some(Next::Link(link.to_owned()))
    );
    assert_eq!(next(r#"{"next":"","previous":"x"}"#), Some(Next::End));
    assert_eq!(next(r#"{"count":"1"}"#), Some(Next::Unsaid));
    assert_eq!(next(r#"{"next":null}"#), Some(Next::Unsaid));
    assert_eq!(next(r#""none""#), None);
}
