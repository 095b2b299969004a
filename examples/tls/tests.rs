//! What the server offers to those that speak TLS.

use std::sync::Arc;

use outflow::{HandshakeListener, Server};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, pki_types::ServerName},
};

use super::{app, certificate, tls};

/// A connection to the server, whose client speaks these protocols.
async fn connect(protocols: &[&str]) -> TlsStream<TcpStream> {
    let (certificate, key) = certificate().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let tls = tls(certificate, key).unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = tcp.local_addr().unwrap();
    tokio::spawn(Server::new(app()).serve_on(HandshakeListener::new(tcp, move |socket| tls.accept(socket))));

    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let socket = TcpStream::connect(addr).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap()
}

#[tokio::test]
async fn a_client_that_can_gets_http_2() {
    let mut client = connect(&["h2", "http/1.1"]).await;
    assert_eq!(client.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    // The preface, and SETTINGS without a setting (RFC 9113, section 3.4): the server answers with its own.
    client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut frame = [0; 9];
    client.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4, "{frame:?}");
}

#[tokio::test]
async fn another_gets_http_1() {
    let mut client = connect(&["http/1.1"]).await;
    client.write_all(b"GET /city/7/clock HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut text = String::new();
    while !text.contains("data: 8\n") {
        let mut bytes = [0; 1024];
        let length = client.read(&mut bytes).await.unwrap();
        assert!(length > 0, "the stream ended: {text}");
        text += std::str::from_utf8(&bytes[..length]).unwrap();
    }
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
}
