//! A storm over many writes: what the errors say is enough to write each row once.

use super::support::{World, fast, product};
use connectors::optiply::{By, Effect, Find, Resource};
use pipeline::Class;
use sandbox::Weather;
use std::collections::BTreeMap;
use std::time::Duration;

/// Writes one product as a careful caller would: never again before it was looked for.
async fn deliver(world: &World, name: &str) {
    let by = || Find::all(Resource::Products).by(By::ArticleCode(format!("a-{name}")));
    loop {
        match world.client.create(&product(name)).await {
            Ok(_) => return,
            Err(error) if error.effect() == Effect::Nothing => match error.class() {
                Class::Retry => {}
                Class::RetryAfter(wait) => tokio::time::sleep(wait).await,
                Class::Reauthorize | Class::Fail => panic!("{error:?}"),
            },
            Err(_) => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                let found = loop {
                    if let Ok(found) = world.client.find(by(), 10).await {
                        break found;
                    }
                };
                if !found.is_empty() {
                    return;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_row_is_written_once() {
    let (sandbox, world) = World::sandboxed_with(fast());
    sandbox.optiply().behave(|rules| {
        rules.visible_after = Duration::from_secs(20);
        rules.token_seconds = 60;
    });
    sandbox.optiply().set_weather(Weather {
        errors_after: 20,
        ..Weather::storm()
    });
    for n in 0..1_000 {
        deliver(&world, &format!("P{n}")).await;
    }
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    for row in sandbox.optiply().rows(sandbox::Resource::Products) {
        let name = row.text("name").expect("a name").to_owned();
        *made.entry(name).or_default() += 1;
    }
    assert_eq!(made.len(), 1_000);
    assert!(made.values().all(|times| *times == 1));
}
