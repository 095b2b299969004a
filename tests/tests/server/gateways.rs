//! Streams behind HAProxy and Caddy as they come; nginx has a file of its own.

use std::net::SocketAddr;

use axum::http::StatusCode;
use outflow::Controller as _;

use crate::support::{
    gateways::Gateway,
    paced::{FORMATS, Paced, is_cut_after_all_its_packets, media_type},
    reader::Client,
    serve,
};

/// An application, and a proxy of each kind before it.
async fn start() -> (Paced, [(&'static str, Gateway); 2]) {
    let paced = Paced::default();
    let app: SocketAddr = serve(paced.clone().into_router()).await;
    (paced, [("haproxy", Gateway::haproxy(app).await), ("caddy", Gateway::caddy(app).await)])
}

#[tokio::test]
async fn each_packet_comes_on_time_through_any_proxy() {
    let (paced, gateways) = start().await;
    for (proxy, gateway) in gateways {
        for (name, format) in FORMATS {
            let reading = paced.in_step(&Client::new(gateway.addr), "/paced/steps", format).await;
            assert_eq!(reading.header("x-proxy"), proxy, "{name}");
        }
    }
}

#[tokio::test]
async fn each_packet_comes_on_time_when_caddy_compresses_it() {
    let (paced, [_, (_, caddy)]) = start().await;
    let client = Client::new(caddy.addr).encoding("gzip");
    for (_, format) in FORMATS {
        paced.in_step(&client, "/encoded/paced/steps", format).await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_any_proxy_ends_its_action() {
    let (paced, gateways) = start().await;
    for (_, gateway) in gateways {
        paced.notices_that_its_client_leaves(&Client::new(gateway.addr), "/paced/idle", media_type("sse")).await;
    }
}

#[tokio::test]
async fn a_failure_before_the_first_packet_comes_through_any_proxy_as_it_is() {
    let (_paced, gateways) = start().await;
    for (proxy, gateway) in gateways {
        let mut reading = Client::new(gateway.addr).get("/paced/early", media_type("sse")).await;
        reading.end().await.unwrap();
        assert_eq!((reading.status, &*reading.text), (StatusCode::IM_A_TEAPOT, "only tea"), "{proxy}");
    }
}

/// Debian's Caddy 2.6 ends a body that was cut as if it were whole, so only formats with an end record are safe behind it.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_body_is_an_error_behind_haproxy_after_all_its_packets() {
    let (paced, [(_, haproxy), _]) = start().await;
    let encoding = is_cut_after_all_its_packets(&paced, &Client::new(haproxy.addr), "/paced").await;
    assert_eq!(encoding, "");
}
