#![doc = include_str!("../docs/testing.md")]
//! ```
#![doc = include_str!("../docs/testing_app.rs")]
//! # fn main() {}
//! ```

// The files, from the client down to the wire:
//
// - `client`: the application under test, and its requests
// - `action`: what its actions do
// - `request`, `multipart`, `run`: what a request is made of
// - `answer`, `whole`: the waits for what comes
// - `reading`: the next packet and the end, from the journal
// - `wait`: the limit of a wait, and the message if it fails
// - `journal`, `received`: all that has come
// - `columns`: the names of a table's columns
// - `exchange`: sends the request, and writes the journal
// - `decode/`: from bytes to packets
// - `server`: the application over real HTTP

mod action;
mod answer;
mod client;
mod columns;
mod decode;
mod exchange;
mod journal;
mod multipart;
mod reading;
mod received;
mod request;
mod run;
mod server;
mod wait;
mod whole;

pub use self::{
    answer::Answer,
    client::Client,
    multipart::Multipart,
    received::{Failed, Received},
    request::Request,
    run::{After, Run, after},
};
pub use crate::engine::generator::Whole;
