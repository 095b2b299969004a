//! One binary, a module a theme.

mod account;
mod backpressure;
mod cancel;
mod client_files;
mod delegate;
mod disconnect;
mod drain;
mod emitter;
mod endings;
mod formats;
mod generator;
mod idle;
mod items;
mod limits;
mod negotiate;
mod options;
mod packing;
mod routing;
mod serve;
mod stream;
mod stream_all;
mod support;
