//! `event = tag` in actions that send the newest value, or the packets of a hub.

use axum::http::StatusCode;
use outflow::{
    Hub, SourceEnded, action, controller,
    test::{Answer, Client},
};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::watched;

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum Light {
    Red { seconds: u32 },
    Green,
}

struct Lights {
    light: watch::Receiver<Light>,
    hub: Hub<Light>,
}

#[controller]
impl Lights {
    #[action(item = Light, event = tag)]
    async fn newest(&self) -> Result<(), SourceEnded> {
        Err(self.latest(self.light.clone()))
    }

    #[action(item = Light)]
    async fn plain(&self) -> Result<(), SourceEnded> {
        Err(self.latest(self.light.clone()))
    }

    #[action(item = Light, event = tag)]
    async fn topic(&self) {
        self.stream_all(self.hub.watch("crossing"));
    }
}

fn lights() -> (watch::Sender<Light>, Hub<Light>, Client) {
    let (sender, light) = watch::channel(Light::Green);
    let hub = Hub::new();
    let client = Client::new(Lights { light, hub: hub.clone() });
    (sender, hub, client)
}

/// The name of the next packet's event.
async fn name(answer: &mut Answer) -> Option<String> {
    answer.received().await.name().map(str::to_owned)
}

#[tokio::test(start_paused = true)]
async fn the_variant_of_the_newest_value_names_its_event() {
    let (sender, _, client) = lights();
    let mut named = client.get("/lights/newest").start();
    let mut plain = client.get("/lights/plain").start();
    assert_eq!(name(&mut named).await.as_deref(), Some("green"));
    assert_eq!(name(&mut plain).await, None);
    sender.send_replace(Light::Red { seconds: 4 });
    let red = named.received().await;
    assert_eq!((red.name(), red.value::<Value>().unwrap()), (Some("red"), json!({ "kind": "red", "seconds": 4 })));
    assert_eq!(name(&mut plain).await, None);
    named.leave();
    plain.leave();
}

#[tokio::test(start_paused = true)]
async fn a_hub_does_not_know_the_variants_of_its_packets() {
    let (_, hub, client) = lights();
    let mut answer = client.get("/lights/topic").start();
    watched(&hub, "crossing", 1).await;
    hub.publish("crossing", &Light::Green).await.unwrap();
    assert_eq!(answer.failed().await.status(), StatusCode::INTERNAL_SERVER_ERROR);
}
