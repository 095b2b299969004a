//! The beginning of every example: its log goes to the terminal, and it listens where `ADDR` says.

use std::{env, io};

use tokio::net::TcpListener;

/// Shows the log of the program, and listens on the address in the variable `ADDR`, or on `127.0.0.1:3000`.
///
/// # Errors
/// If the address can't be listened on, because another program does, for example.
pub async fn listen() -> io::Result<TcpListener> {
    listen_over("http").await
}

/// The same for a server whose addresses begin with another scheme.
///
/// # Errors
/// As those of [`listen`].
pub async fn listen_over(scheme: &str) -> io::Result<TcpListener> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    bind(scheme).await
}

/// Listens there too, and leaves the log to the program.
///
/// # Errors
/// If the address can't be listened on.
pub async fn bind(scheme: &str) -> io::Result<TcpListener> {
    let addr = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&addr).await.map_err(|error| {
        io::Error::new(error.kind(), format!("can't listen on {addr}: {error}. Set ADDR to another address"))
    })?;
    println!("listening on {scheme}://{}", listener.local_addr()?);
    Ok(listener)
}
