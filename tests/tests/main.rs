//! The integration tests of macros and runtime: one binary, a folder for each theme, a file for each idea. Only what counts
//! allocations is apart, in `allocated.rs`.
//!
//! - A test belongs where a reader would look for the behaviour: `language` (inside an action), `routing` (from a request
//!   to it), `formats` (bytes), `head` (what an action sets of it), `endings` (how a stream ends), `lifecycle` (clients
//!   that leave, shutdown, limits), `layers` (tower-http), `server` (sockets, signals, proxies), `ai` (protocols of AI front
//!   ends), `runs` (on any log), `hubs` (one source, many clients), `openapi` (what a controller says about itself), `redis`
//!   (what only a real Redis can show).
//! - A test whose subject is what a client gets uses `outflow::test`; one that is written against bytes, frames or a
//!   broken client says why it is not.
//! - Helpers live in `support` alone, and every wait goes through `soon` or `until` there, so that nothing can hang. A test
//!   waits for an event and never sleeps until it has probably happened; time is measured on a paused clock.
//! - One test or folder: `cargo test -p outflow-tests --test all runs::key`.
//! - The tests of `redis`, `runs` and `server` need `redis-server`, `nginx`, `haproxy` and `caddy`: `cargo xtask test setup`
//!   installs them.
//! - Tests that take long are ignored: `cargo xtask test --all`, or `-- --ignored`.
//! - `runs/cases.md` lists what can go wrong with a run; a new case gets a row there.

mod ai;
mod endings;
mod formats;
mod head;
mod hubs;
mod language;
mod layers;
mod lifecycle;
mod openapi;
mod redis;
mod routing;
mod runs;
mod server;
mod support;
mod testing;
