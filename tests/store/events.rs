//! Events: a log, newest first.

use crate::support::{Home, connect};
use pipeline::Clock;
use pipeline::id::RunId;

#[tokio::test]
async fn events_are_read_newest_first() {
    let home = Home::new();
    let store = home.open().await;
    let (one, two) = (connect(&store, "one").await, connect(&store, "two").await);
    for n in 0..5 {
        store
            .record_event(one, Some(RunId(n)), "run_done", &format!("run {n}"))
            .await
            .unwrap();
    }
    store
        .record_event(two, None, "paused", "by a person")
        .await
        .unwrap();
    let events = store.events(one, 3).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| event.text.as_str()).collect();
    assert_eq!(told, ["run 4", "run 3", "run 2"]);
    assert_eq!(events[0].at, home.clock.now());
    assert_eq!(
        (events[0].run, events[0].code.as_str()),
        (Some(RunId(4)), "run_done")
    );
    assert_eq!(store.events(two, 10).await.unwrap()[0].run, None);
}
