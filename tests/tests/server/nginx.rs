//! Streams behind a real nginx, whose `proxy_buffering` is on, as by default.

use axum::http::StatusCode;
use outflow::Controller as _;

use crate::support::{
    gateways::Gateway,
    paced::{CUT, FORMATS, Paced, is_cut_after_all_its_packets, media_type, packet},
    reader::Client,
    serve,
};

/// Before 1.29.7 nginx speaks HTTP/1.0 to its upstream unless it is told otherwise, and HTTP/1.1 with connections that
/// it keeps needs both of `kept`.
const LOCATIONS: &str = "
    location /http10/ {
        proxy_pass http://app/;
        proxy_http_version 1.0;
    }
    location /http11/ {
        proxy_pass http://app/;
        proxy_http_version 1.1;
    }
    location /kept/ {
        proxy_pass http://app/;
        proxy_http_version 1.1;
        proxy_set_header Connection '';
    }
    location /gzip/ {
        proxy_pass http://app/;
        proxy_http_version 1.1;
        gzip on;
        gzip_types *;
        gzip_min_length 0;
    }";

/// An application and nginx before it.
async fn start() -> (Paced, Gateway) {
    let paced = Paced::default();
    let nginx = Gateway::nginx(serve(paced.clone().into_router()).await, LOCATIONS).await;
    (paced, nginx)
}

#[tokio::test]
async fn each_packet_comes_on_time_through_nginx() {
    let (paced, nginx) = start().await;
    let client = Client::new(nginx.addr);
    for location in ["http10", "http11", "kept"] {
        for (name, format) in FORMATS {
            let reading = paced.in_step(&client, &format!("/{location}/paced/steps"), format).await;
            assert!(reading.header("server").contains("nginx"), "{name} did not come through nginx");
        }
    }
}

/// It flushes what it compresses where it does not buffer.
#[tokio::test]
async fn each_packet_comes_on_time_when_nginx_compresses_it() {
    let (paced, nginx) = start().await;
    let client = Client::new(nginx.addr).encoding("gzip");
    for (name, format) in FORMATS {
        let reading = paced.in_step(&client, "/gzip/paced/steps", format).await;
        let expected = if name == "hazaar" { "none" } else { "gzip" };
        assert_eq!(reading.header("content-encoding"), expected, "{name}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_nginx_ends_its_action() {
    let (paced, nginx) = start().await;
    let client = Client::new(nginx.addr);
    for location in ["http10", "http11", "kept"] {
        paced.notices_that_its_client_leaves(&client, &format!("/{location}/paced/idle"), media_type("sse")).await;
    }
}

#[tokio::test]
async fn a_failure_before_the_first_packet_comes_through_nginx_as_it_is() {
    let (_paced, nginx) = start().await;
    for location in ["http10", "http11", "kept"] {
        let mut reading = Client::new(nginx.addr).get(&format!("/{location}/paced/early"), media_type("sse")).await;
        reading.end().await.unwrap();
        assert_eq!((reading.status, &*reading.text), (StatusCode::IM_A_TEAPOT, "only tea"));
    }
}

/// nginx drops its client's connection where the body it passes on was cut.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_body_is_an_error_behind_nginx_after_all_its_packets() {
    let (paced, nginx) = start().await;
    let client = Client::new(nginx.addr);
    for location in ["http11", "kept", "gzip"] {
        let encoding = is_cut_after_all_its_packets(&paced, &client, &format!("/{location}/paced")).await;
        assert_eq!(encoding, "", "{location}");
    }
    let client = client.encoding("gzip");
    assert_eq!(is_cut_after_all_its_packets(&paced, &client, "/gzip/paced").await, "gzip");
}

/// Over HTTP/1.0 the end of the connection is the only end there is, so nginx tells its client of a clean one. Formats
/// with a record for a failure do not need another.
#[tokio::test]
async fn over_http_1_0_a_cut_body_can_not_be_told_from_a_whole_one() {
    let (_paced, nginx) = start().await;
    let client = Client::new(nginx.addr);
    for format in CUT.map(media_type) {
        let mut reading = client.get("/http10/paced/burst/1000", format).await;
        reading.end().await.unwrap_or_else(|error| panic!("{format} can be told by now: {error}"));
        assert!(reading.text.contains(&packet(1000)), "{format} lost packets");
    }
    for (format, record) in [("sse", "event: error"), ("json", r#""error":{"#), ("hazaar", r#""ok":false"#)] {
        let mut reading = client.get("/http10/paced/burst/3", media_type(format)).await;
        reading.end().await.unwrap();
        assert!(reading.text.contains(record), "{format}: {:?}", reading.text);
    }
}
