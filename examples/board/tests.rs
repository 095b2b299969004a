//! The board: the newest of each value, and who looks at it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use outflow::{
    Presence,
    test::{Answer, Client},
};
use tokio::time::sleep;

use super::{
    Board,
    values::{Value, Values},
};

async fn board() -> (Values, Client) {
    let values = Values::new().await;
    let client = Client::new(Board { values: values.clone() });
    (values, client)
}

/// Reads until the client has the values as they are now.
async fn up_to_date(answer: &mut Answer, values: &Values) {
    let now: BTreeMap<_, _> = values.now().into_iter().map(|Value { name, value }| (name, value)).collect();
    let mut shown = BTreeMap::new();
    while shown != now {
        let Value { name, value } = answer.packet().await;
        shown.insert(name, value);
    }
}

#[tokio::test(start_paused = true)]
async fn two_watchers_get_the_newest_of_each_value() {
    let (values, client) = board().await;
    for _ in 0..5_000 {
        values.step().await;
    }
    let mut first = client.get("/board/values").start();
    let mut second = client.get("/board/values").start();
    let newest: [Value; 300] = first.packets().await;
    assert_eq!(newest.iter().map(|value| &value.name).collect::<BTreeSet<_>>().len(), 300);
    for value in values.now() {
        assert!(newest.contains(&value), "{value:?}");
    }
    up_to_date(&mut second, &values).await;
    first.quiet(Duration::from_secs(1)).await;

    values.step().await;
    assert_eq!(first.packet::<Value>().await, second.packet::<Value>().await);
    first.leave();
    second.leave();
}

#[tokio::test(start_paused = true)]
async fn guests_see_each_other_come_and_go_and_a_reload_is_not_a_leave() {
    let (_, client) = board().await;
    let enter = |query: &str| client.get(&format!("/board/room?{query}")).start();
    let names = |presence: Presence| match presence {
        Presence::Joined(member) => ("joined", member.id, member.card["name"].as_str().unwrap().to_owned()),
        Presence::Left(member) => ("left", member.id, member.card["name"].as_str().unwrap().to_owned()),
    };
    let told = |news, id: &str, name: &str| (news, id.to_owned(), name.to_owned());

    let mut ada = enter("id=1&name=Ada");
    assert_eq!(names(ada.packet().await), told("joined", "1", "Ada"));
    let mut bob = enter("id=2&name=Bob");
    assert_eq!(names(ada.packet().await), told("joined", "2", "Bob"));
    assert_eq!(names(bob.packet().await), told("joined", "1", "Ada"));
    assert_eq!(names(bob.packet().await), told("joined", "2", "Bob"));

    // A reload.
    bob.leave();
    sleep(Duration::from_secs(4)).await;
    let mut bob = enter("id=2&name=Bob");
    ada.quiet(Duration::from_secs(20)).await;

    // Another name.
    bob.leave();
    bob = enter("id=2&name=Bobby");
    assert_eq!(names(ada.packet().await), told("joined", "2", "Bobby"));

    bob.leave();
    ada.quiet(Duration::from_secs(4)).await;
    assert_eq!(names(ada.packet().await), told("left", "2", "Bobby"));
    ada.leave();
}
