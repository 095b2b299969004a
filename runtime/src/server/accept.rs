//! The connections of one listener of a server, from the first to the last.

use std::{future::poll_fn, pin::pin};

use axum::{Extension, Router, extract::connect_info::ConnectInfo, serve::Listener};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{sync::mpsc, task::yield_now};
use tower_layer::Layer as _;

use super::{connection::DrainListener, drain::Drain, layer::DrainService, phase::Phase};

/// The protocols that a server speaks.
pub(super) type Http = Builder<TokioExecutor>;

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
    accept(&mut listener, &app, &http, &drain, &open).await;
    drop((listener, open));
    let _: Option<()> = all_closed.recv().await;
}

/// Accepts connections until the drain says to close the listener.
async fn accept<L>(
    listener: &mut DrainListener<L>,
    app: &DrainService<Router>,
    http: &Http,
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
        let service = TowerToHyperService::new(Extension(ConnectInfo(addr)).layer(app.clone()));
        let end = if drain.is_draining() { Phase::Closing } else { Phase::Draining };
        let (http, mut closing, open) = (http.clone(), drain.wait_for(end), open.clone());
        tokio::spawn(async move {
            let _open = open;
            let mut connection = pin!(http.serve_connection_with_upgrades(TokioIo::new(io), service));
            let mut closing = pin!(async {
                poll_fn(|cx| closing.poll(cx)).await;
                // The runtime looks at the socket once more: a request that has come, and is not read, would be reset.
                yield_now().await;
            });
            let mut is_closing = false;
            // Its error is the end of one connection, and of interest to nobody else.
            let _ = poll_fn(|cx| {
                let polled = connection.as_mut().poll(cx);
                if polled.is_ready() || is_closing || closing.as_mut().poll(cx).is_pending() {
                    return polled;
                }
                is_closing = true;
                connection.as_mut().graceful_shutdown();
                connection.as_mut().poll(cx)
            })
            .await;
        });
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
        let serving = tokio::spawn({
            let drain = drain.clone();
            async move { serve_connections(listener, app, Builder::new(TokioExecutor::new()), drain).await }
        });
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
