//! One binary, a folder a theme.

mod endings;
mod formats;
mod language;
mod layers;
mod lifecycle;
mod redis;
mod routing;
mod runs;
mod server;
mod support;
