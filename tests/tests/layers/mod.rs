//! Streams under the layers of tower-http.

mod compression;
mod task_local;
mod timeouts;
mod tower_http;
