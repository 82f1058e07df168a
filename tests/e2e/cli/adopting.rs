//! Connecting to an Optiply account that another integration filled, as a person does it.

use super::{Said, Till};
use crate::adoption::left::{assert_planners_kept, made_again};
use sandbox::{Config, Limits, Resource, SaleTimes, Size, Writer};

fn account() -> Config {
    Config {
        size: Size {
            shops: 2,
            vendors: 12,
            items: 60,
            sales: 120,
        },
        limits: Limits::Off,
        ..Config::small(7)
    }
}

impl Till {
    /// Runs a command that need not spare an imitation.
    fn run_fast(&self, args: &[&str]) -> Said {
        let mut command = self.command(args);
        command
            .env("STOCKBRIDGE_OPTIPLY_PACE", "500")
            .env("STOCKBRIDGE_OPTIPLY_SETTLE", "1");
        command.output().expect("the binary runs").into()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_in_use_is_matched_at_connect_and_what_is_ambiguous_is_a_persons() {
    let till = Till::connected(account(), &[]).await;
    let left = till.sandbox.fill_as_predecessor(SaleTimes::True);
    assert_eq!(till.run(&["backfill", "shop"]).code, 3);
    let optiply = till.sandbox.optiply();
    let password = optiply.credentials().password;
    let connected = till.connect_optiply(&password);
    assert_eq!(connected.code, 0, "{}{}", connected.out, connected.err);
    assert_eq!(optiply.writes(), [], "a match writes nothing");
    let adoption = connected.json()["adoption"].clone();
    assert_eq!(adoption["adoption"], "done", "{adoption}");
    let of = |kind: &str, field: &str| {
        let kinds = adoption["report"].as_array().expect("a report");
        let of = kinds.iter().find(|of| of["entity"] == kind);
        of.expect("every kind is told of")[field]
            .as_i64()
            .expect("a number")
    };
    assert_eq!(
        of("product", "held"),
        i64::try_from(left.products.values().flatten().count()).expect("few")
    );
    assert!(of("product", "adopted") > 0 && of("product", "ambiguous") > 0);

    // Another account than the one that was matched is refused.
    let other = till.connect_optiply_account(&password, "4711");
    assert_eq!(
        (other.code, other.json()["error"]["code"].clone()),
        (2, "optiply_other_account".into())
    );

    assert_eq!(
        till.run_fast(&["sync", "shop"]).code,
        3,
        "some are a person's"
    );
    assert_eq!(made_again(&till.sandbox, &left), Vec::<String>::new());
    assert_planners_kept(&till.sandbox, &left);

    let twice = left.products.iter().find(|(_, rows)| rows.len() > 1);
    let (item, rows) = twice.expect("an item made twice");
    let listed = till.run(&["rejected", "shop", "--json"]).json();
    let listed = listed["rejections"].as_array().expect("a list").clone();
    let path = format!("product:{item}:");
    let told = listed.iter().find(|one| one["path"] == path);
    let told = told.expect("it is listed");
    for row in rows {
        let detail = told["detail"].as_str().expect("a detail");
        assert!(detail.contains(&row.to_string()), "{told}");
    }
    optiply.mutate(Writer::Planner, |editor| {
        editor.delete(Resource::Products, rows[1]).expect("gone");
    });
    let made = |till: &Till| {
        let writes = till.sandbox.optiply().writes();
        let made = |write: &&sandbox::OptiplyWrite| {
            write.method == "POST" && write.resource == Resource::Products
        };
        writes.iter().filter(made).count()
    };
    let before = made(&till);
    let id = told["id"].to_string();
    let retried = till
        .run_fast(&["rejected", "shop", "--retry", &id, "--json"])
        .json();
    assert_eq!(
        (&retried["tried"], &retried["resolved"]),
        (&1.into(), &1.into()),
        "{retried}"
    );
    assert_eq!(made(&till), before, "it is taken over, not made");
    assert_eq!(made_again(&till.sandbox, &left), Vec::<String>::new());
}
