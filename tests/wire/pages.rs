//! Pages: what is one, what proves an end, and which links are followed.

use crate::support::script::{Script, reply, sales, with};
use crate::support::world::{LIST, World};
use connectors::http::{Response, TransportError};
use connectors::lightspeed::{IdRange, Query, SourceError};
use pipeline::{Class, Feed};

fn query() -> Query {
    Query::walk(Feed::Sales, IdRange::ALL)
}

async fn answer_to(response: Response) -> Result<connectors::lightspeed::Page, SourceError> {
    World::ready(Script::new(move |_, _| response.clone()))
        .client
        .first(&query())
        .await
}

#[tokio::test(start_paused = true)]
async fn links_are_followed_as_they_were_given() {
    let next = format!("{LIST}?after=WzIwMF0%3D&limit=100&sort=saleID&x=%2f");
    let link = next.clone();
    let server = Script::new(move |n, _| {
        if n == 0 {
            sales(&[1, 2], &link)
        } else {
            sales(&[3], "")
        }
    });
    let world = World::ready(server.clone());
    let pages = world.walk(&query()).await.expect("a walk");
    assert_eq!(pages.len(), 2);
    assert_eq!(server.requests()[1].url.as_str(), next);
    assert_eq!(
        (pages[0].first_id, pages[0].last_id, pages[0].rows),
        (Some(1), Some(2), 2)
    );
    assert_eq!(pages[0].request, query().describe());
    assert_eq!(
        pages[1].request,
        "Sale.json?after=WzIwMF0%3D&limit=100&sort=saleID&x=%2f"
    );
    assert!(pages[1].body_str().starts_with('{'));
}

#[tokio::test(start_paused = true)]
async fn one_row_may_stand_bare_and_none_at_all_may_be_sent() {
    let bare = r#"{"@attributes":{"next":"","previous":""},"Sale":{"saleID":"501"}}"#;
    let page = answer_to(reply(200, bare)).await.expect("a page");
    assert_eq!(
        (page.rows, page.first_id, page.last_id, page.next.is_none()),
        (1, Some(501), Some(501), true)
    );
    for none in [
        r#"{"@attributes":{"next":"","previous":""}}"#,
        r#"{"@attributes":{"next":""},"Sale":""}"#,
    ] {
        let page = answer_to(reply(200, none)).await.expect("a page");
        assert_eq!((page.rows, page.first_id, page.last_id), (0, None, None));
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_says_what_time_it_is() {
    let page = answer_to(with(
        sales(&[1], ""),
        "date",
        "Sun, 01 Feb 2026 12:00:05 GMT",
    ))
    .await
    .expect("a page");
    assert_eq!(
        page.server_date,
        Some("2026-02-01T12:00:05Z".parse().expect("an instant"))
    );
    assert_eq!(
        answer_to(sales(&[1], ""))
            .await
            .expect("a page")
            .server_date,
        None
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_no_page_is_never_an_end() {
    let full =
        r#"{"@attributes":{"next":"","previous":""},"Sale":[{"saleID":"1"},{"saleID":"2"}]}"#;
    let mut bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b" \n".to_vec(),
        b"<html>oops</html>".to_vec(),
        b"null".to_vec(),
    ];
    bodies.extend([
        b"[]".to_vec(),
        b"{}".to_vec(),
        b"\"\"".to_vec(),
        vec![b'{', 0xff, 0xfe, b'}'],
    ]);
    bodies.extend((1..full.len()).map(|cut| full.as_bytes()[..cut].to_vec()));
    for body in bodies {
        let shown = String::from_utf8_lossy(&body).into_owned();
        let error = answer_to(reply(200, body)).await.expect_err(&shown);
        assert!(
            matches!(error, SourceError::Unreadable { .. }),
            "{shown}: {error:?}"
        );
        assert_eq!(error.class(), Class::Retry, "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_does_not_say_whether_more_follows_is_refused() {
    for body in [
        r#"{"@attributes":{"count":"1"},"Sale":[{"saleID":"1"}]}"#,
        r#"{"@attributes":{}}"#,
    ] {
        let error = answer_to(reply(200, body)).await.expect_err(body);
        assert!(matches!(error, SourceError::Envelope { .. }), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_foreign_link_is_not_followed_and_no_token_leaves() {
    for link in [
        "https://evil.example/API/V3/Account/77/Sale.json?after=x",
        "http://api.example.test/API/V3/Account/77/Sale.json?after=x",
        "https://api.example.test/API/V3/Account/78/Sale.json",
        "https://api.example.test/API/V3/Account/77/Item.json",
        "https://api.example.test@evil.example/API/V3/Account/77/Sale.json",
        "/API/V3/Account/77/Sale.json?after=x",
    ] {
        let server = Script::new(move |_, _| sales(&[1], link));
        let error = World::ready(server.clone())
            .walk(&query())
            .await
            .expect_err(link);
        assert!(
            matches!(error, SourceError::ForeignLink { .. }),
            "{error:?}"
        );
        assert_eq!((error.class(), server.count()), (Class::Fail, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_circle_of_links_is_left() {
    let server = Script::new(|n, _| sales(&[1], &format!("{LIST}?after={}", n % 3)));
    let error = World::ready(server.clone())
        .walk(&query())
        .await
        .expect_err("a circle");
    assert!(
        matches!(error, SourceError::LoopingLink { .. }),
        "{error:?}"
    );
    assert_eq!(server.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn rows_out_of_order_fail_loudly_and_only_when_an_order_was_asked_for() {
    let error = answer_to(sales(&[1, 5, 3], ""))
        .await
        .expect_err("out of order");
    assert!(
        matches!(
            error,
            SourceError::OutOfOrder {
                previous: 5,
                id: 3,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(error.class(), Class::Fail);

    let server = Script::new(|_, _| sales(&[9, 7], ""));
    let page = World::ready(server)
        .client
        .first(&Query::highest(Feed::Sales))
        .await
        .expect("a page");
    assert_eq!((page.first_id, page.last_id), (Some(7), Some(9)));
}

#[tokio::test(start_paused = true)]
async fn every_status_has_its_class() {
    let later = r#"{"message":"Please try again later."}"#;
    for (status, body, class, smaller) in [
        (302, "", Class::Fail, false),
        (
            400,
            r#"{"httpCode":"400","message":"bad sort"}"#,
            Class::Fail,
            false,
        ),
        (400, later, Class::Retry, false),
        (403, r#"{"message":"no"}"#, Class::Fail, false),
        (404, "", Class::Fail, false),
        (405, "", Class::Fail, false),
        (409, "", Class::Retry, false),
        (422, r#"{"message":"no"}"#, Class::Fail, false),
        (500, "", Class::Retry, true),
        (502, "<html>502</html>", Class::Retry, true),
        (503, "", Class::Retry, true),
        (504, "", Class::Retry, true),
    ] {
        let error = answer_to(reply(status, body)).await.expect_err("a refusal");
        assert_eq!(
            (error.class(), error.smaller_page_may_help()),
            (class, smaller),
            "{status} {body}: {error}"
        );
    }
    let error = answer_to(reply(400, r#"{"message":"bad sort"}"#))
        .await
        .expect_err("a refusal");
    assert!(error.to_string().contains("bad sort"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_is_tried_again_and_a_timeout_may_be_the_page() {
    let broken = Script::fallible(|_, _| {
        Err(TransportError::Broken {
            host: "h".to_owned(),
            source: "cut".into(),
        })
    });
    let error = World::ready(broken)
        .client
        .first(&query())
        .await
        .expect_err("broken");
    assert!(matches!(error, SourceError::Transport { .. }), "{error:?}");
    assert_eq!(error.class(), Class::Retry);
    let slow = Script::fallible(|_, _| {
        Err(TransportError::Timeout {
            host: "h".to_owned(),
        })
    });
    let error = World::ready(slow)
        .client
        .first(&query())
        .await
        .expect_err("slow");
    assert!(error.smaller_page_may_help(), "{error:?}");
}
