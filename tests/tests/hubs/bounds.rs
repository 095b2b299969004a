//! The bounds of a hub, and what it gives back.

use std::time::Duration;

use axum::http::StatusCode;
use outflow::{Hub, PublishError, test::Client};

use super::{Numbers, publish, watched};

#[tokio::test(start_paused = true)]
async fn too_many_topics_and_watchers_are_turned_away_in_words() {
    let hub = Hub::new().topics(2).watchers(1);
    let client = Client::new(Numbers { hub: hub.clone() });
    publish(&hub, "a", [1]).await;
    let mut first = client.get("/numbers/b").start();
    watched(&hub, "b", 1).await;
    let error = hub.publish("c", &1).await.unwrap_err();
    assert!(matches!(error, PublishError::TooManyTopics) && error.to_string().contains("Hub::topics"), "{error}");
    for (path, why) in [("/numbers/c", "topics"), ("/numbers/b", "watchers")] {
        let failed = client.get(path).start().failed().await;
        assert_eq!(failed.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(failed.detail().contains(why), "{failed}");
    }
    publish(&hub, "b", [7]).await;
    assert_eq!(first.packet::<u32>().await, 7);
    first.leave();
}

#[tokio::test(start_paused = true)]
async fn history_is_bounded_by_bytes_and_by_age() {
    let hub = Hub::new().keep_bytes(40);
    let client = Client::new(Numbers { hub: hub.clone() });
    // Three digits, and one byte for the kind of the record.
    publish(&hub, "a", 100..200).await;
    let mut answer = client.get("/numbers/a/last/99").start();
    assert_eq!(answer.packets::<u32, 10>().await, [190, 191, 192, 193, 194, 195, 196, 197, 198, 199]);
    answer.leave();

    let hub = Hub::new().keep(100, Duration::from_secs(60));
    let client = Client::new(Numbers { hub: hub.clone() });
    publish(&hub, "a", [1]).await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    publish(&hub, "a", [2]).await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    let mut answer = client.get("/numbers/a/last/99").start();
    assert_eq!(answer.packet::<u32>().await, 2);
    answer.leave();
}

#[tokio::test(start_paused = true)]
async fn idle_topics_vanish_and_watched_ones_stay() {
    let hub = Hub::new().keep(100, Duration::from_secs(60)).topics(1_000);
    let client = Client::new(Numbers { hub: hub.clone() });
    let mut answer = client.get("/numbers/watched").start();
    watched(&hub, "watched", 1).await;
    for topic in 0..900 {
        publish(&hub, &topic.to_string(), [topic]).await;
    }
    publish(&hub, "watched", [1, 2]).await;
    assert_eq!(answer.packets::<u32, 2>().await, [1, 2]);
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!((hub.number("5"), hub.number("watched")), (0, 2));
    publish(&hub, "watched", [3]).await;
    assert_eq!(answer.packet::<u32>().await, 3);
    answer.leave();
}
