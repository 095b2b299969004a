//! Packets that have no bytes on the wire: empty text in a format that writes text as it is.

use std::{thread, time::Duration};

use outflow::{Controller as _, Packet, action, controller};

use crate::support::{get_as, wire::End};

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
        let app = Empty.into_router();
        let (reply, end) = get_as(&app, "/empty/busy", accept).await;
        assert_eq!((&*reply.body, end), ("end", End::Clean), "{accept}");
    }
}
