//! One binary, a module a theme.

mod backpressure;
mod cancel;
mod client_files;
mod delegate;
mod endings;
mod formats;
mod generator;
mod negotiate;
mod packing;
mod routing;
mod serve;
mod stream;
mod support;
