//! The connections of one listener of a server, from the first to the last.

use std::{future::poll_fn, pin::pin};

use axum::{Extension, Router, extract::connect_info::ConnectInfo, serve::Listener};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::sync::mpsc;
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
            let mut is_closing = false;
            // Its error is the end of one connection, and of interest to nobody else.
            let _ = poll_fn(|cx| {
                if !is_closing && closing.poll(cx).is_ready() {
                    is_closing = true;
                    connection.as_mut().graceful_shutdown();
                }
                connection.as_mut().poll(cx)
            })
            .await;
        });
    }
}
