//! One binary, a module a theme.

mod backpressure;
mod cancel;
mod client_files;
mod compression;
mod delegate;
mod emitter;
mod endings;
mod formats;
mod generator;
mod items;
mod layers;
mod negotiate;
mod nesting;
mod nginx;
mod options;
mod paced;
mod packing;
mod reader;
mod routing;
mod serve;
mod spans;
mod stream;
mod stream_all;
mod support;
mod timeouts;
