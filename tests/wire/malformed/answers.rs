//! The corpus: answers as they are on a good day.

use std::path::Path;

/// The pages of every feed that the fixtures hold, each with the folder it is in.
pub(super) fn pages(folder: &str) -> Vec<Vec<u8>> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/lightspeed");
    let mut files: Vec<_> = std::fs::read_dir(top.join(folder))
        .expect("a folder of fixtures")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let pages: Vec<Vec<u8>> = files
        .iter()
        .map(|path| std::fs::read(path).expect("a fixture"))
        .collect();
    assert!(!pages.is_empty(), "no fixture of {folder}");
    pages
}

fn bytes(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// What token endpoints say.
pub(super) fn tokens() -> Vec<Vec<u8>> {
    bytes(&[
        r#"{"token_type":"Bearer","expires_in":1800,"access_token":"new-canary","refresh_token":"next-canary"}"#,
        r#"{"access_token":"new-canary","refresh_token":"next-canary","expires_in":"3599","scope":"read write"}"#,
        r#"{"error":"invalid_grant","error_description":"refresh-canary is unknown","hint":"secret-canary"}"#,
        r#"{"error":"invalid_client","message":"client_secret=secret-canary id-canary"}"#,
        r#"{"message":"user-canary and password-canary do not fit"}"#,
        r#"{"message":"Please try again later."}"#,
        "<html>refresh_token=refresh-canary&client_secret=secret-canary</html>",
    ])
}

/// What Optiply says of rows, lists and mistakes.
pub(super) fn optiply() -> Vec<Vec<u8>> {
    bytes(&[
        r#"{"data":{"type":"products","id":"5","attributes":{"name":"P","price":"8.26","stockLevel":4,"createdAt":"2026-02-01T10:00:00Z","createdFromPublicApi":true}}}"#,
        r#"{"data":[{"type":"products","id":"5","attributes":{"name":"P"}},{"type":"products","id":"6","attributes":{"name":"Q","price":"1.00"}}],"links":{"next":"https://optiply.example.test/v1/products?page[offset]=100"},"meta":{"totalElements":2}}"#,
        r#"{"data":[],"links":{}}"#,
        r#"{"data":{"type":"buyOrders","id":"9","attributes":{"placed":"2026-02-01T10:00:00Z","completed":null,"totalValue":"12.00","supplierId":3,"accountId":77}}}"#,
        r#"{"data":[{"type":"buyOrderLines","id":"1","attributes":{"buyOrderId":9,"productId":5,"quantity":4,"subtotalValue":"12.00"}}],"links":{"next":null}}"#,
        r#"{"errors":[{"status":"422","meta":{"message":"name access-canary"}}]}"#,
        r#"{"message":"access-canary","error":"Bad Request"}"#,
        "<html>502 access-canary</html>",
    ])
}

/// What Lightspeed says of an account, a session and purchase orders that are read or written.
pub(super) fn lightspeed() -> Vec<Vec<u8>> {
    let mut all = bytes(&[
        r#"{"@attributes":{"count":"1"},"Account":{"accountID":"77","name":"Bikes","link":{"@attributes":{"href":"/API/V3/Account/77"}}}}"#,
        r#"{"systemCustomerID":"1","Rights":{"product_edit":"true"},"Employee":{"employeeID":"1"}}"#,
        r#"{"@attributes":{"next":"","previous":""},"Order":[{"orderID":"8","refNum":"OPT-9","vendorID":"3","shopID":"1","orderedDate":"2026-02-01","archived":"false","OrderLines":{"OrderLine":[{"orderLineID":"4","itemID":"6","quantity":"5","price":"1.5","checkedIn":"0"}]}}]}"#,
        r#"{"Order":{"orderID":"8","refNum":"OPT-9","vendorID":"3","shopID":"1"}}"#,
        r#"{"OrderLine":{"orderLineID":"4","itemID":"6"}}"#,
        r#"{"httpCode":"422","httpMessage":"Unprocessable","message":"access-0 is wrong","errorClass":"E"}"#,
    ]);
    all.extend(pages("orders"));
    all
}
