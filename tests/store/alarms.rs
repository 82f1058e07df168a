//! Alarms are raised once, cleared once, and told to a webhook until they arrive.

use crate::support::{Home, connect, plain, secret};
use chrono::TimeDelta;
use pipeline::Clock;
use std::time::Duration;
use storage::{Alarm, AlarmKind};

fn alarm(text: &str) -> Alarm {
    Alarm::new(AlarmKind::NoData, "", text, "look at the till")
}

#[tokio::test]
async fn an_alarm_is_told_when_it_is_raised_and_when_it_is_cleared() {
    let home = Home::new();
    let store = home.open().await;
    let id = connect(&store, "bikes").await;
    let url = secret("https://hooks.example/key");
    store.set_webhook_url(id, Some(&url), "set").await.unwrap();
    let stored = store.webhook_url(id).await.unwrap().unwrap();
    assert_eq!(plain(&stored), "https://hooks.example/key");
    assert!(store.raise_alarm(id, &alarm("silent")).await.unwrap());
    home.clock.advance(Duration::from_secs(60));
    assert!(!store.raise_alarm(id, &alarm("still silent")).await.unwrap());
    let raised = store.alarms(id).await.unwrap();
    assert_eq!(raised.len(), 1);
    assert_eq!(raised[0].alarm.text, "still silent");
    assert_eq!(
        raised[0].seen_at - raised[0].raised_at,
        TimeDelta::seconds(60)
    );
    assert!(store.clear_alarm(id, AlarmKind::NoData, "").await.unwrap());
    assert!(!store.clear_alarm(id, AlarmKind::NoData, "").await.unwrap());
    assert_eq!(store.alarms(id).await.unwrap(), vec![]);
    let told = store.due_messages(10).await.unwrap();
    let events: Vec<serde_json::Value> = told
        .iter()
        .map(|message| serde_json::from_str(&message.body).unwrap())
        .collect();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["event"], "alarm_raised");
    assert_eq!(events[0]["connection"], "bikes");
    assert_eq!(events[0]["alarm"]["kind"], "no_data");
    assert_eq!(events[1]["event"], "alarm_cleared");
    let codes: Vec<String> = store
        .events(id, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|event| event.code)
        .collect();
    assert_eq!(codes, ["alarm_cleared", "alarm_raised", "webhook_changed"]);
}

#[tokio::test]
async fn a_message_stays_due_until_it_has_arrived() {
    let home = Home::new();
    let store = home.open().await;
    let id = connect(&store, "bikes").await;
    store
        .raise_alarm(id, &alarm("nobody listens"))
        .await
        .unwrap();
    assert_eq!(store.due_messages(10).await.unwrap(), vec![], "no address");
    store.clear_alarm(id, AlarmKind::NoData, "").await.unwrap();
    let url = secret("https://hooks.example/");
    store.set_webhook_url(id, Some(&url), "set").await.unwrap();
    store.raise_alarm(id, &alarm("silent")).await.unwrap();
    let message = store.due_messages(10).await.unwrap().remove(0);
    let later = home.clock.now() + TimeDelta::seconds(30);
    store
        .message_failed(message.id, later, "status 503")
        .await
        .unwrap();
    // Another start of the program finds it, when it is due and not before.
    let store = home.open().await;
    assert_eq!(store.due_messages(10).await.unwrap(), vec![]);
    home.clock.advance(Duration::from_secs(31));
    let again = store.due_messages(10).await.unwrap().remove(0);
    assert_eq!((again.id, again.attempts), (message.id, 1));
    store.message_delivered(again.id).await.unwrap();
    assert_eq!(store.due_messages(10).await.unwrap(), vec![]);
    // What waits when the address is taken away is given up.
    store.clear_alarm(id, AlarmKind::NoData, "").await.unwrap();
    assert_eq!(store.due_messages(10).await.unwrap().len(), 1);
    store.set_webhook_url(id, None, "taken away").await.unwrap();
    assert_eq!(store.due_messages(10).await.unwrap(), vec![]);
}
