//! The client goes away.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use outflow::{Controller as _, action, controller};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
    time::{sleep, timeout},
};

use crate::support::{OnDrop, serve};

#[derive(Default)]
struct Endless {
    dropped: Arc<Notify>,
}

#[controller]
impl Endless {
    #[action]
    async fn busy(&self) {
        let _guard = OnDrop(self.dropped.clone());
        loop {
            self.stream("tick");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Sends one packet and then has nothing to say.
    #[action]
    async fn idle(&self) {
        let _guard = OnDrop(self.dropped.clone());
        self.stream("tick");
        std::future::pending::<()>().await;
    }

    /// Has not even answered yet.
    #[action]
    async fn silent(&self) {
        let _guard = OnDrop(self.dropped.clone());
        std::future::pending::<()>().await;
        self.stream("never");
    }
}

/// Figures of this kind are printed; what is tested is that the drop comes at all.
#[tokio::test]
async fn the_action_is_dropped_where_it_waits() {
    let endless = Endless::default();
    let dropped = endless.dropped.clone();
    let addr = serve(endless.into_router()).await;
    for path in ["busy", "idle", "silent"] {
        let mut client = TcpStream::connect(addr).await.unwrap();
        let request = format!("GET /endless/{path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
        // The head of the silent one comes when it has been held long enough.
        assert!(client.read(&mut [0; 1024]).await.unwrap() > 0);
        let left = Instant::now();
        drop(client);
        timeout(Duration::from_secs(10), dropped.notified()).await.expect("the action was not dropped");
        println!("{path}: dropped {} ms after its client left", left.elapsed().as_millis());
    }
}

#[tokio::test]
async fn a_client_that_leaves_before_the_head_ends_the_action_too() {
    let endless = Endless::default();
    let dropped = endless.dropped.clone();
    let addr = serve(endless.into_router()).await;
    let mut client = TcpStream::connect(addr).await.unwrap();
    client.write_all(b"GET /endless/silent HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    client.shutdown().await.unwrap();
    drop(client);
    timeout(Duration::from_secs(10), dropped.notified()).await.expect("the action was not dropped");
}
