#![doc = include_str!("docs/crate.md")]
#![warn(unreachable_pub)]

mod account;
mod body;
mod channel;
mod content;
mod controller;
mod departures;
mod drain;
mod emitter;
mod failure;
mod forward;
mod frame;
mod generator;
mod io;
mod item;
mod options;
mod outcome;
mod packet;
mod param;
mod phase;
mod problem;
mod remains;
mod response;
mod route;
mod server;
mod streams;
mod supervise;
mod turned;

pub mod client;
pub mod format;
pub mod run;

#[cfg(any(doc, doctest))]
#[doc = include_str!("docs/layers.md")]
pub mod layers {}

#[doc = include_str!("docs/action.md")]
pub use outflow_macros::action;
#[doc = include_str!("docs/controller.md")]
pub use outflow_macros::controller;

pub use crate::{
    controller::Controller,
    drain::Drain,
    emitter::{Closed, Emitter, TrySendError},
    failure::Failure,
    generator::{Event, Generator},
    io::{Connection, DrainListener},
    packet::{Fields, Packet, Payload, Streamable},
    server::{App, Server, serve},
};

/// What the macros' output calls.
#[doc(hidden)]
pub mod __private {
    // Not public API.
    pub use axum::{Router, response::Response, routing::MethodFilter};
    pub use std::{boxed::Box, sync::Arc};

    pub use crate::{
        channel::Sender,
        forward::ForwardAll,
        item::{item, items},
        options::{KeyIn, OnDisconnect, OnShutdown, Options, Overflow, Resumable},
        outcome::{Returned, Thrown, Value, answer},
        param::Param,
        route::{Answer, Argument, Call, LastArgument, Route, router},
        streams::{OneControllerBlockPerType, Streams},
    };

    /// Traits by which the type of an argument or of what is returned picks its row.
    pub mod dispatch {
        pub use crate::{
            outcome::{AsFailure, AsResult, Infallibly},
            param::{FromStrText, FromText},
        };
    }
}

/// The README's examples run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
