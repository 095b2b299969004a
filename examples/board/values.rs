//! The values of the board. Here they change at random.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use outflow::{Hub, Lag};
use rand::Rng as _;
use serde::{Deserialize, Serialize};
use tokio::time::interval;

/// The topic of the changes.
pub const BOARD: &str = "board";

/// One value, and a packet: it takes the place of the one before it with the same name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Value {
    pub name: String,
    pub value: i32,
}

/// All values as they are, and their changes. Clones share them.
#[derive(Clone)]
pub struct Values {
    now: Arc<Mutex<Vec<Value>>>,
    pub changes: Hub<Value>,
}

impl Values {
    /// Three hundred values, `A1` to `O20`, all of which are published.
    pub async fn new() -> Self {
        let names = ('A'..='O').flat_map(|row| (1..=20).map(move |column| format!("{row}{column}")));
        let now: Vec<_> = names.map(|name| Value { name, value: 500 }).collect();
        let changes = Hub::new().lag(Lag::Latest(|value: &Value| value.name.clone()));
        let values = Self { now: Arc::new(Mutex::new(now)), changes };
        for value in values.now() {
            values.publish(&value).await;
        }
        values
    }

    pub fn now(&self) -> Vec<Value> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes some eighty values a second, for ever.
    pub async fn change(self) {
        let mut tick = interval(Duration::from_millis(12));
        loop {
            tick.tick().await;
            self.step().await;
        }
    }

    /// Changes one value.
    pub async fn step(&self) {
        let changed = {
            let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
            let at = rand::rng().random_range(0..now.len());
            let step = rand::rng().random_range(1..=30);
            let up = rand::rng().random();
            now[at].value = (now[at].value + if up { step } else { -step }).clamp(0, 999);
            now[at].clone()
        };
        self.publish(&changed).await;
    }

    /// There is one topic and each packet can be written, so nothing is refused.
    async fn publish(&self, value: &Value) {
        let _ = self.changes.publish(BOARD, value).await;
    }
}
