//! One binary, a module a theme.

mod backpressure;
mod cancel;
mod client_files;
mod client_gone;
mod csv;
mod decoders;
mod delegate;
mod emitter;
mod empty;
mod endings;
mod formats;
mod generator;
mod head;
mod items;
mod matrix;
mod negotiate;
mod options;
mod packing;
mod round_trip;
mod routing;
mod serve;
mod slow_reader;
mod stream;
mod stream_all;
mod support;
mod wire;
