//! Streams under the layers of tower-http.

mod compression;
mod timeouts;
mod tower_http;
