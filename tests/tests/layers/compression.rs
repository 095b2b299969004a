//! Streams under tower-http's `CompressionLayer`. The client is one that decompresses while it reads, which
//! `outflow::test` does not.

use axum::http::Version;
use outflow::Controller as _;
use tower_http::compression::{
    CompressionLayer, Predicate,
    predicate::{NotForContentType, SizeAbove},
};

use crate::support::{
    paced::{FORMATS, Paced, is_cut_after_all_its_packets, media_type},
    reader::Client,
    serve,
};

const ENCODINGS: [&str; 3] = ["gzip", "br", "zstd"];
const VERSIONS: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];

async fn client(paced: &Paced, version: Version, encoding: &'static str) -> Client {
    let app = paced.clone().into_router().layer(CompressionLayer::new());
    Client::new(serve(app).await).version(version).encoding(encoding)
}

#[tokio::test]
async fn each_packet_comes_on_time_when_it_is_compressed() {
    let paced = Paced::default();
    for (version, encoding) in VERSIONS.into_iter().flat_map(|version| ENCODINGS.map(|encoding| (version, encoding))) {
        let client = client(&paced, version, encoding).await;
        for format in ["ndjson", "json", "csv", "text", "bytes"] {
            let reading = paced.in_step(&client, "/paced/steps", media_type(format)).await;
            assert_eq!(reading.header("content-encoding"), encoding, "{format}, {version:?}");
            assert_eq!(reading.header("vary"), "accept, x-request-type, accept-encoding");
        }
    }
}

/// tower-http does not compress event streams, nor bodies that have an encoding already, such as the `none` of `hazaar`.
#[tokio::test]
async fn events_and_hazaar_frames_are_not_compressed_by_default() {
    let paced = Paced::default();
    for version in VERSIONS {
        let client = client(&paced, version, "gzip, br, zstd").await;
        for (format, expected) in [("sse", ""), ("hazaar", "none")] {
            let reading = paced.in_step(&client, "/paced/steps", media_type(format)).await;
            assert_eq!(reading.header("content-encoding"), expected, "{format}, {version:?}");
        }
    }
}

#[tokio::test]
async fn each_event_comes_on_time_where_a_predicate_lets_events_be_compressed() {
    let paced = Paced::default();
    // The default one without its `NotForContentType::SSE`.
    let predicate = SizeAbove::default().and(NotForContentType::GRPC).and(NotForContentType::IMAGES);
    let app = paced.clone().into_router().layer(CompressionLayer::new().compress_when(predicate));
    let addr = serve(app).await;
    for (version, encoding) in VERSIONS.into_iter().flat_map(|version| ENCODINGS.map(|encoding| (version, encoding))) {
        let client = Client::new(addr).version(version).encoding(encoding);
        let reading = paced.in_step(&client, "/paced/steps", media_type("sse")).await;
        assert_eq!(reading.header("content-encoding"), encoding);
        assert!(reading.text.ends_with("event: done\nid: outflow-end\ndata:\n\n"), "{:?}", reading.text);
    }
}

/// The compressor's own buffer has to leave before the cut, too.
#[tokio::test]
async fn a_compressed_body_is_cut_after_all_its_packets() {
    let paced = Paced::default();
    for (version, encoding) in VERSIONS.into_iter().flat_map(|version| ENCODINGS.map(|encoding| (version, encoding))) {
        let client = client(&paced, version, encoding).await;
        assert_eq!(is_cut_after_all_its_packets(&paced, &client, "/paced").await, encoding, "{version:?}");
    }
}

/// The same without the layer, which shows whether a failure is the layer's.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_cut_after_all_its_packets() {
    let paced = Paced::default();
    let addr = serve(paced.clone().into_router()).await;
    for version in VERSIONS {
        let client = Client::new(addr).version(version);
        assert_eq!(is_cut_after_all_its_packets(&paced, &client, "/paced").await, "", "{version:?}");
    }
}

#[tokio::test]
async fn a_failure_in_a_record_of_its_own_ends_a_compressed_body_cleanly() {
    let client = client(&Paced::default(), Version::HTTP_11, "zstd").await;
    let mut reading = client.get("/paced/burst/3", media_type("json")).await;
    reading.end().await.unwrap();
    assert_eq!(reading.header("content-encoding"), "zstd");
    assert!(reading.text.contains(r#""error":{"#), "{:?}", reading.text);
}

#[tokio::test]
async fn a_client_that_leaves_a_compressed_stream_ends_its_action() {
    let paced = Paced::default();
    for version in VERSIONS {
        let client = client(&paced, version, "gzip").await;
        for (_, format) in FORMATS {
            paced.notices_that_its_client_leaves(&client, "/paced/idle", format).await;
        }
    }
}
