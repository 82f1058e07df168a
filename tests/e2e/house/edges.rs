//! Who may know whom.

use super::cargo::{Kind, Package, room, tree};
use super::{complains_of, no_complaints};

/// The rooms, and which other rooms each may name.
const MAY_KNOW: [(&str, &[&str]); 5] = [
    (
        "stockbridge",
        &["pipeline", "connectors", "storage", "sandbox"],
    ),
    ("connectors", &["pipeline"]),
    ("storage", &["pipeline"]),
    ("pipeline", &[]),
    ("sandbox", &[]),
];

/// What a room may name besides, in its tests only.
const TESTS_MAY_KNOW: [(&str, &[&str]); 1] = [("connectors", &["sandbox"])];

/// What stays out of a room, and why. A name that ends in `*` stands for all that begin with it.
const STAYS_OUT: [(&str, &[&str], &str); 5] = [
    (
        "pipeline",
        &["sqlx*", "reqwest", "apalis*", "axum*", "tokio*", "clap*"],
        "the rules are pure: they neither wait, store, send nor ask the environment",
    ),
    (
        "storage",
        &["reqwest", "axum*", "clap*"],
        "storage talks to the database and to nobody else",
    ),
    (
        "connectors",
        &["sqlx*", "apalis*", "clap*"],
        "connectors talk to the two systems and keep nothing",
    ),
    (
        "sandbox",
        &["sqlx*", "reqwest", "apalis*", "clap*"],
        "the sandbox serves; it neither stores nor calls",
    ),
    (
        "stockbridge",
        &["sqlx*", "reqwest", "rusqlite"],
        "jobs reach the database through storage and the two systems through connectors",
    ),
];

fn wrong_edges<'a>(rooms: impl Iterator<Item = &'a Package> + Clone) -> Vec<String> {
    let names: Vec<&str> = rooms.clone().map(|room| room.name.as_str()).collect();
    let of = |table: &[(&str, &'static [&'static str])], name: &str| {
        table
            .iter()
            .find(|(room, _)| *room == name)
            .map(|(_, rooms)| *rooms)
    };
    let mut complaints = Vec::new();
    for room in rooms {
        let Some(normal) = of(&MAY_KNOW, &room.name) else {
            complaints.push(format!(
                "{} is not a room of the plan: say in edges.rs whom it may know",
                room.name
            ));
            continue;
        };
        let tests = of(&TESTS_MAY_KNOW, &room.name).unwrap_or_default();
        for needs in &room.manifest {
            let known = needs.name.as_str();
            let allowed =
                normal.contains(&known) || (needs.kind == Kind::Dev && tests.contains(&known));
            if names.contains(&known) && !allowed {
                complaints.push(format!(
                    "{} may not know {known} ({:?} dependency)",
                    room.name, needs.kind
                ));
            }
        }
    }
    complaints
}

fn strangers<'a>(rooms: impl Iterator<Item = &'a Package>) -> Vec<String> {
    let mut complaints = Vec::new();
    for room in rooms {
        let Some((_, names, why)) = STAYS_OUT.iter().find(|(name, ..)| *name == room.name) else {
            continue;
        };
        for needs in room.manifest.iter().filter(|needs| needs.kind != Kind::Dev) {
            let hit = names.iter().any(|name| match name.strip_suffix('*') {
                Some(start) => needs.name.starts_with(start),
                None => needs.name == *name,
            });
            if hit {
                complaints.push(format!("{} needs {}, but {why}", room.name, needs.name));
            }
        }
    }
    complaints
}

#[test]
fn rooms_know_only_whom_the_plan_lets_them_know() {
    no_complaints("an edge the plan forbids", &wrong_edges(tree().ours()));
    let missing: Vec<String> = MAY_KNOW
        .iter()
        .filter(|(name, _)| !tree().ours().any(|room| room.name == *name))
        .map(|(name, _)| (*name).to_owned())
        .collect();
    no_complaints("a room of the plan is missing", &missing);
}

#[test]
fn a_sideways_edge_is_refused() {
    let rooms = [
        room(
            "connectors",
            &[("storage", Kind::Normal), ("sandbox", Kind::Dev)],
        ),
        room("storage", &[("connectors", Kind::Dev)]),
        room("pipeline", &[("storage", Kind::Build)]),
        room("sandbox", &[("pipeline", Kind::Normal)]),
        room("attic", &[]),
    ];
    let complaints = wrong_edges(rooms.iter());
    for named in [
        "connectors may not know storage",
        "storage may not know connectors",
        "pipeline may not know storage",
        "sandbox may not know pipeline",
        "attic is not a room",
    ] {
        complains_of(named, &complaints);
    }
    assert_eq!(complaints.len(), 5, "{complaints:?}");
}

#[test]
fn no_room_needs_what_stays_out_of_it() {
    no_complaints("a dependency in the wrong room", &strangers(tree().ours()));
}

#[test]
fn a_dependency_in_the_wrong_room_is_refused() {
    let rooms = [
        room("pipeline", &[("tokio", Kind::Normal), ("insta", Kind::Dev)]),
        room("storage", &[("reqwest", Kind::Normal)]),
        room(
            "connectors",
            &[("apalis-sqlite", Kind::Normal), ("axum", Kind::Dev)],
        ),
        room("stockbridge", &[("sqlx", Kind::Normal)]),
    ];
    let complaints = strangers(rooms.iter());
    for named in ["tokio", "reqwest", "apalis-sqlite", "sqlx"] {
        complains_of(named, &complaints);
    }
    assert_eq!(complaints.len(), 4, "{complaints:?}");
}
