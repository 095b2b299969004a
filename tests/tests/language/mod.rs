//! The language of actions: `self.stream` and its relatives, calls to other methods, options.

mod blocking_send;
mod delegate;
mod emitter;
mod generator;
mod items;
mod options;
mod stream;
mod stream_all;
