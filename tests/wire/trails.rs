//! Trails: rows that only name sales, asked for by id, page after page.

use crate::support::script::{Script, reply};
use crate::support::world::{LIST, World};
use connectors::lightspeed::{IdRange, SourceError, Trail, TrailPage};

async fn answer_to(from: Option<i64>, body: &str) -> Result<TrailPage, SourceError> {
    let body = body.to_owned();
    let server = Script::new(move |_, _| reply(200, body.clone()));
    let ids = IdRange {
        from,
        ..IdRange::ALL
    };
    let world = World::ready(server);
    world.client.trail(Trail::Voids, ids, None).await
}

fn page(rows: &str, more: bool) -> String {
    let next = if more { LIST } else { "" };
    format!(r#"{{"@attributes":{{"next":"{next}","previous":""}},"SaleVoid":[{rows}]}}"#)
}

#[tokio::test(start_paused = true)]
async fn rows_name_their_sales_and_those_that_name_none_are_counted() {
    let rows = r#"{"saleVoidID":"4","saleID":"9"},{"saleVoidID":"5","saleID":"7"},
        {"saleVoidID":"6","saleID":"9"},{"saleVoidID":"7","saleID":"x"},{"saleVoidID":"8"}"#;
    let page = answer_to(Some(4), &page(rows, true)).await.expect("a page");
    let expected = TrailPage {
        sales: vec![7, 9],
        rows: 5,
        unnamed: 2,
        last_id: Some(8),
        ended: false,
    };
    assert_eq!(page, expected);
}

#[tokio::test(start_paused = true)]
async fn a_page_after_which_the_same_would_be_asked_again_is_no_page() {
    let cases = [
        // No id that can be read, none at all, and only ids before the page's beginning.
        (Some(4), r#"{"saleVoidID":"x","saleID":"9"}"#),
        (Some(4), ""),
        (None, r#"{"saleID":"9"}"#),
        (Some(4), r#"{"saleVoidID":"3","saleID":"9"}"#),
    ];
    for (from, rows) in cases {
        let error = answer_to(from, &page(rows, true))
            .await
            .expect_err("a page that leads nowhere");
        let looping = matches!(error, SourceError::LoopingLink { .. });
        assert!(looping, "{from:?} {rows}: {error:?}");
        // Where it ends, nothing is asked again.
        let ended = answer_to(from, &page(rows, false)).await;
        assert!(ended.is_ok_and(|page| page.ended), "{from:?} {rows}");
    }
}

#[tokio::test(start_paused = true)]
async fn rows_out_of_order_are_refused_because_the_next_page_begins_behind_the_last() {
    let rows = r#"{"saleVoidID":"5","saleID":"9"},{"saleVoidID":"4","saleID":"7"}"#;
    for more in [true, false] {
        let error = answer_to(Some(4), &page(rows, more))
            .await
            .expect_err("rows out of order");
        let ids = matches!(
            error,
            SourceError::OutOfOrder {
                previous: 5,
                id: 4,
                ..
            }
        );
        assert!(ids, "{error:?}");
    }
}
