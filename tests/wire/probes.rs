//! The small questions.

use crate::support::script::{Script, reply};
use crate::support::world::World;
use connectors::lightspeed::{SourceError, clock_offset};
use pipeline::Class;

#[tokio::test(start_paused = true)]
async fn the_account_is_read_in_both_shapes() {
    for body in [
        r#"{"@attributes":{"count":"1"},"Account":{"accountID":"77","name":"Shop"}}"#,
        r#"{"Account":[{"accountID":77,"name":"Shop"}]}"#,
    ] {
        let server = Script::new(move |_, _| reply(200, body));
        let info = World::ready(server.clone())
            .client
            .account()
            .await
            .expect("an account");
        assert_eq!((info.id, info.name.as_str()), (77, "Shop"));
        assert_eq!(server.requests()[0].url.path(), "/API/V3/Account.json");
    }
    let error = World::ready(Script::new(|_, _| reply(200, "{}")))
        .client
        .account()
        .await
        .expect_err("no account");
    assert!(matches!(error, SourceError::Envelope { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn only_granted_rights_count() {
    let body = r#"{"systemCustomerID":"77","employeeID":"3","Rights":{"register":"true","admin":"false","inventory_read":true}}"#;
    let server = Script::new(move |_, _| reply(200, body));
    let session = World::ready(server.clone())
        .client
        .session()
        .await
        .expect("a session");
    assert_eq!(server.requests()[0].url.path(), "/API/Session.json");
    assert_eq!(
        (session.account_id, session.employee_id),
        (Some(77), Some(3))
    );
    assert_eq!(
        session.rights.into_iter().collect::<Vec<_>>(),
        ["inventory_read", "register"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_missing_right_names_the_resource_and_stops_nothing_else() {
    let error = World::ready(Script::new(|_, _| reply(403, r#"{"message":"no access"}"#)))
        .client
        .shops()
        .await
        .expect_err("forbidden");
    assert_eq!(error.class(), Class::Fail);
    assert!(
        error.to_string().contains("Shop") && error.to_string().contains("no access"),
        "{error}"
    );
}

#[test]
fn a_clock_that_is_ahead_has_a_positive_offset() {
    let at = |text: &str| text.parse().expect("an instant");
    assert_eq!(
        clock_offset(at("2026-02-01T12:00:30Z"), at("2026-02-01T12:00:00Z")).num_seconds(),
        30
    );
}
