//! Connecting to Optiply too: all of it or none, proven before it is used.

use super::{Said, Till, small};

impl Till {
    /// Connects with what Optiply issued, a password of the test's choice among it.
    pub(super) fn connect_optiply(&self, password: &str) -> Said {
        let account = self.sandbox.optiply().credentials().account_id;
        self.connect_optiply_account(password, &account.to_string())
    }

    /// The same to an account of the test's choice.
    pub(super) fn connect_optiply_account(&self, password: &str, optiply: &str) -> Said {
        let given = self.sandbox.optiply().credentials();
        let account = self.credentials.account_id.to_string();
        self.command(&[
            "connect",
            "shop",
            "--account-id",
            &account,
            "--default-location",
            "Main Warehouse",
            "--optiply-url",
            &self.served.optiply_api_base(),
            "--json",
        ])
        .env(
            "STOCKBRIDGE_OPTIPLY_AUTH_URL",
            self.served.optiply_token_url(),
        )
        .env("STOCKBRIDGE_OPTIPLY_CLIENT_ID", given.client_id)
        .env("STOCKBRIDGE_OPTIPLY_CLIENT_SECRET", given.client_secret)
        .env("STOCKBRIDGE_OPTIPLY_USERNAME", given.username)
        .env("STOCKBRIDGE_OPTIPLY_PASSWORD", password)
        .env("STOCKBRIDGE_OPTIPLY_ACCOUNT_ID", optiply)
        .output()
        .expect("the binary runs")
        .into()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_of_optiply_are_proven_and_begin_the_delivery() {
    let till = Till::open(small()).await;
    let refused = till.connect_optiply("wrong-canary");
    assert_eq!(refused.code, 1, "{}", refused.out);
    let error = refused.json()["error"].clone();
    assert_eq!(error["code"], "optiply");
    assert!(
        error["remedy"]
            .as_str()
            .is_some_and(|text| text.contains("same refresh token"))
    );
    assert!(!refused.out.contains("wrong-canary") && !refused.err.contains("wrong-canary"));

    let password = till.sandbox.optiply().credentials().password;
    let connected = till.connect_optiply(&password);
    assert_eq!(connected.code, 0, "{}", connected.out);
    assert_eq!(connected.json()["delivery"], "optiply");
    let status = till.run(&["status", "shop", "--json"]).json();
    assert_eq!(status["connections"][0]["delivery"], "optiply");

    // A later connect without them keeps them.
    let again = till.connect("Main Warehouse", &["--json"]);
    assert_eq!(again.json()["delivery"], "optiply", "{}", again.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_of_what_optiply_issued_is_refused_with_what_is_missing() {
    let till = Till::open(small()).await;
    let account = till.credentials.account_id.to_string();
    let given = [
        "connect",
        "shop",
        "--account-id",
        &account,
        "--default-location",
        "Main Warehouse",
        "--json",
    ];
    let said: Said = till
        .command(&given)
        .env("STOCKBRIDGE_OPTIPLY_USERNAME", "api_user")
        .output()
        .expect("the binary runs")
        .into();
    assert_eq!(said.code, 2, "{}", said.out);
    assert_eq!(said.json()["error"]["code"], "optiply_address");
    let said: Said = till
        .command(&given)
        .env("STOCKBRIDGE_OPTIPLY_URL", till.served.optiply_api_base())
        .env(
            "STOCKBRIDGE_OPTIPLY_AUTH_URL",
            till.served.optiply_token_url(),
        )
        .output()
        .expect("the binary runs")
        .into();
    assert_eq!(said.code, 2, "{}", said.out);
    let error = said.json()["error"].clone();
    assert_eq!(error["code"], "secret_missing");
    assert!(
        error["remedy"]
            .as_str()
            .is_some_and(|text| text.contains("STOCKBRIDGE_OPTIPLY_CLIENT_ID"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_optiply_there_is_nothing_to_plan_or_compare() {
    let till = Till::open(small()).await;
    assert_eq!(till.connect("Main Warehouse", &[]).code, 0);
    for command in ["plan", "reconcile"] {
        let said = till.run(&[command, "shop", "--json"]);
        assert_eq!(said.code, 2, "{}", said.out);
        let error = said.json()["error"].clone();
        assert_eq!(error["code"], "no_optiply");
        let remedy = error["remedy"].as_str().expect("a remedy");
        assert!(remedy.contains("STOCKBRIDGE_OPTIPLY_URL"), "{remedy}");
    }
    let password = till.sandbox.optiply().credentials().password;
    let connected = till.connect_optiply(&password);
    assert_eq!(
        connected.json()["adoption"]["adoption"],
        "waits_for_history"
    );
    let plan = till.run(&["plan", "shop", "--json"]).json();
    assert_eq!(
        (&plan["writes"], &plan["adoption"]),
        (&0.into(), &"waits_for_history".into())
    );
    let said = till.run(&["reconcile", "shop", "--json"]);
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (1, &"not_adopted".into())
    );
}
