//! What an action may say, and what each call in it does.

mod delegate;
mod emitter;
mod generator;
mod items;
mod options;
mod stream;
mod stream_all;
