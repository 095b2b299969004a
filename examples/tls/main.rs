//! TLS and HTTP/2 without a proxy: one page holds a dozen streams, twice what a browser allows over HTTP/1.1.
//!
//! ```text
//! cargo run --example tls
//! curl -kN https://127.0.0.1:3000/city/1/clock
//! ```
//!
//! The certificate is made at the start, and nobody vouches for it: the browser warns, and `curl` needs `-k`. A real one
//! comes from a file, or from a crate that asks Let's Encrypt for it.

use std::{error::Error, sync::Arc, time::Duration};

use axum::{Router, response::Html, routing::get};
use outflow::{Controller as _, HandshakeListener, Server, action, controller};
use outflow_examples::listen_over;
use tokio::time::sleep;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};

struct City;

#[controller]
impl City {
    #[action(path = "/{number}/clock")] // GET /city/{number}/clock
    async fn clock(&self, number: u32) {
        for second in number.. {
            self.stream(second);
            sleep(Duration::from_secs(1)).await;
        }
    }
}

/// A certificate for this machine, and its key.
fn certificate() -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), Box<dyn Error>> {
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names)?;
    Ok((cert.into(), PrivateKeyDer::try_from(signing_key.serialize_der())?))
}

/// TLS with this certificate, which offers HTTP/2 first.
fn tls(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Result<TlsAcceptor, Box<dyn Error>> {
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn app() -> Router {
    Router::new()
        .route("/", get(Html(include_str!("index.html"))))
        .merge(outflow::client::router())
        .merge(City.into_router())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (certificate, key) = certificate()?;
    let tls = tls(certificate, key)?;
    let tcp = listen_over("https").await?;
    Ok(Server::new(app()).serve_on(HandshakeListener::new(tcp, move |socket| tls.accept(socket))).await?)
}

#[cfg(test)]
mod tests;
