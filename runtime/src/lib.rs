#![doc = include_str!("docs/crate.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(unreachable_pub)]

/// The span of a stream, for [`MakeSpan`]: named `stream`, of the target `outflow`, at the level `INFO`. It has the fields
/// that Outflow fills in (`route`, `format`, `packets`, `bytes`, `outcome`), and then yours, in the syntax of
/// [`tracing::info_span!`].
///
/// A field that is not known yet is `name = Empty`; the action fills it in by `Span::current().record(…)`. One whose value
/// is `None` is left out.
///
/// ```
/// let user = Some("ada");
/// let span = outflow::stream_span!(user, tokens = tracing::field::Empty);
/// ```
#[macro_export]
macro_rules! stream_span {
    ($($fields:tt)*) => {
        $crate::__private::tracing::info_span!(
            target: "outflow",
            "stream",
            route = $crate::__private::tracing::field::Empty,
            format = $crate::__private::tracing::field::Empty,
            packets = $crate::__private::tracing::field::Empty,
            bytes = $crate::__private::tracing::field::Empty,
            outcome = $crate::__private::tracing::field::Empty,
            $($fields)*
        )
    };
}

// From the top: a route answers a request, with a run or a live response; the engine runs the action; a format writes
// its packets; below them, the server listens and drains.
#[cfg(feature = "test")]
pub mod test;

#[cfg(feature = "ai")]
pub mod ai;

mod controller;
mod files;

#[cfg(feature = "openapi")]
pub mod openapi;

mod route;

pub mod run;

mod response;

mod engine;

mod head;

mod options;

mod hub;

mod records;

#[cfg(feature = "redis")]
mod redis;

mod backoff;

pub mod format;

mod packet;

mod server;

mod retry;

mod random;

mod log_gate;

pub mod client;

#[cfg(any(doc, doctest))]
#[doc = include_str!("docs/layers.md")]
pub mod layers {}

#[cfg(any(doc, doctest))]
pub mod guide;

#[doc = include_str!("docs/action.md")]
pub use outflow_macros::action;
#[doc = include_str!("docs/controller.md")]
pub use outflow_macros::controller;

pub use crate::{
    controller::Controller,
    engine::{
        emitter::{Closed, Emitter, TrySendError},
        failure::Failure,
        generator::{Event, Generator, Whole},
        make_span::MakeSpan,
    },
    format::problem::Problem,
    head::{argument::Head, parts::HeadParts, rules::HeadError},
    hub::{
        Hub,
        error::{HubUnavailable, PublishError, Published},
        last_seen::LastSeen,
        members::{Member, Presence},
        settings::Lag,
        snapshot::WatchFrom,
        watch::Watch,
        watch_all::WatchAll,
        watched::Watched,
    },
    packet::{
        content::Streamable,
        gap::Gap,
        latest::{LatestSource, SourceEnded},
        packet::{Fields, Packet, Payload},
    },
    server::{
        connection::{Connection, DrainListener},
        drain::Drain,
        handshake::{HandshakeListener, Handshaken},
        layer::{DrainLayer, DrainService},
        serve::{App, Server, serve},
    },
};

#[cfg(feature = "redis")]
pub use crate::redis::{Redis, error::RedisUnavailable};
#[cfg(feature = "http2")]
pub use crate::server::settings::Http2Settings;

/// The part of the runtime that the macros' output calls.
#[doc(hidden)]
pub mod __private {
    // Not public API.
    pub use axum::{Router, response::Response, routing::MethodFilter};
    pub use std::{boxed::Box, sync::Arc};
    pub use tracing;

    #[cfg(feature = "csv")]
    pub use crate::format::csv::{
        options::{CsvOptions, Formulas, LineEnds},
        with as csv,
    };
    pub use crate::{
        engine::{
            channel::Sender,
            forward::ForwardAll,
            outcome::{Returned, Thrown, Value, answer},
        },
        options::{KeyIn, OnDisconnect, OnShutdown, Options, Overflow, Resumable},
        packet::{
            latest::{latest, named_latest},
            methods::{OneControllerBlockPerType, Streams},
            offer::{item, items, named_emitter, named_item, named_items},
            outside::{CalledInControllerBlock, InControllerBlock},
        },
        route::{Answer, Argument, Call, LastArgument, Param, Route, router},
    };

    /// Descriptions of actions.
    #[cfg(feature = "openapi")]
    pub mod describe {
        pub use crate::openapi::{
            describe::Action,
            probe::{
                Known, KnownAnswer, KnownArgument, KnownResult, KnownValue, OpenArgument, Probe, Unknown,
                UnknownAnswer, UnknownArgument, UnknownResult, UnknownValue,
            },
        };
    }

    /// Traits by which the type of an argument, or of a returned value, picks its row.
    pub mod dispatch {
        pub use crate::{
            engine::outcome::{AsFailure, AsResult, Infallibly},
            route::{FromStrText, FromText},
        };
    }
}

/// The README's examples run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
