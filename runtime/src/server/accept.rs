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
