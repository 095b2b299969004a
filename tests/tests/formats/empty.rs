//! Packets that have no bytes on the wire: empty text in a format that writes text as it is.

use std::{thread, time::Duration};

use outflow::{Packet, action, controller, test::Client};

struct Empty;

#[controller]
impl Empty {
    /// Computes long enough for its packets to become due.
    #[action]
    async fn busy(&self) {
        for _ in 0..3 {
            self.stream("");
            self.stream(Packet::raw(""));
            thread::sleep(Duration::from_millis(10));
        }
        self.stream("end");
    }
}

#[tokio::test]
async fn a_packet_of_no_bytes_waits_for_nothing() {
    for accept in ["text/plain", "application/octet-stream"] {
        let text = Client::new(Empty).get("/empty/busy").accept(accept).start().text().await;
        assert_eq!(text, "end", "{accept}");
    }
}
