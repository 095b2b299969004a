//! The connections of one listener of a server, from the first to the last.

use std::{future::poll_fn, sync::Arc};

use axum::{Router, serve::Listener};
use tokio::sync::mpsc;
use tower_layer::Layer as _;

use super::{
    connection::DrainListener,
    drain::Drain,
    layer::DrainService,
    phase::Phase,
    protocol::{App, Http, Serving},
};

/// Serves the connections of this listener. Returns once the drain has closed it and the last connection has ended.
pub(super) async fn serve_connections<L>(listener: L, app: Router, http: Http, drain: Drain)
where
    L: Listener<Addr: Clone + Sync + 'static>,
{
    let mut listener = drain.listener(listener);
    // Around the router as a whole: a layer within it would have a box of its own for each request.
    let app = drain.layer().layer(app);
    // Each connection holds a sender.
    let (open, mut all_closed) = mpsc::channel(1);
    accept(&mut listener, &app, &Arc::new(http), &drain, &open).await;
    drop((listener, open));
    let _: Option<()> = all_closed.recv().await;
}

/// Accepts connections until the drain says to close the listener.
async fn accept<L>(
    listener: &mut DrainListener<L>,
    app: &DrainService<Router>,
    http: &Arc<Http>,
    drain: &Drain,
    open: &mpsc::Sender<()>,
) where
    L: Listener<Addr: Clone + Sync + 'static>,
{
    let mut closing = drain.wait_for(Phase::Closing);
    loop {
        let (io, addr) = tokio::select! {
            connection = listener.accept() => connection,
            () = poll_fn(|cx| closing.poll(cx)) => return,
        };
        let end = if drain.is_draining() { Phase::Closing } else { Phase::Draining };
        let app = App { app: app.clone(), addr };
        tokio::spawn(Serving::new(http.clone(), io, app, drain.wait_for(end), open.clone()));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
        time::timeout,
    };

    use super::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    const LIMIT: Duration = Duration::from_secs(60);

    /// They have come before the server could read them: this is the only thread.
    #[tokio::test]
    async fn requests_that_have_come_when_the_drain_starts_are_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (drain, app) = (Drain::new(), Router::new().route("/", get("hello")));
        let serving = tokio::spawn(serve_connections(listener, app, Http::new(), drain.clone()));
        let new = TcpStream::connect(addr).await.unwrap();
        let mut used = TcpStream::connect(addr).await.unwrap();
        used.write_all(REQUEST).await.unwrap();
        // Its answer shows that the server has accepted both.
        assert!(timeout(LIMIT, used.read(&mut [0; 1024])).await.unwrap().unwrap() > 0);
        for connection in [&new, &used] {
            assert_eq!(connection.try_write(REQUEST).unwrap(), REQUEST.len());
        }
        drain.start();
        for mut connection in [new, used] {
            let mut answer = String::new();
            timeout(LIMIT, connection.read_to_string(&mut answer)).await.unwrap().unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("hello"), "{answer}");
        }
        timeout(LIMIT, serving).await.unwrap().unwrap();
    }
}
