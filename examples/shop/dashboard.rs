//! The dashboard: each client sees the newest figures, and skips those for which it was too slow.

use std::time::Duration;

use axum::http::StatusCode;
use outflow::{Problem, action, controller};
use serde::Serialize;
use tokio::{sync::watch, time::interval};

pub struct Dashboard {
    pub figures: watch::Receiver<Figures>,
}

/// One packet.
#[derive(Clone, Copy, Default, Serialize)]
pub struct Figures {
    pub visitors: u32,
    pub orders: u32,
}

#[controller]
impl Dashboard {
    /// It never ends, so its clients come back after an hour, and at once when this server stops.
    #[action(max_age = "1h", on_shutdown = close, item = Figures)] // GET /dashboard/live
    async fn live(&self) -> Result<(), Problem> {
        let mut figures = self.figures.clone();
        figures.mark_changed(); // so that the figures of now come first
        while figures.changed().await.is_ok() {
            let newest = *figures.borrow_and_update();
            self.stream(newest);
        }
        // The task that counts has died. To return `Ok` would tell the clients that all is well.
        Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE).with_detail("Nobody counts any more."))
    }
}

/// Counts visitors and orders. In a real shop they come from elsewhere.
pub async fn count(figures: watch::Sender<Figures>) {
    let mut tick = interval(Duration::from_millis(500));
    for second in 0_u32.. {
        tick.tick().await;
        figures.send_modify(|figures| {
            figures.visitors = 40 + second * 7 % 23;
            figures.orders += second % 3 / 2;
        });
    }
}
