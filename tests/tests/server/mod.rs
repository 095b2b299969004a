//! A server on a socket: signals, the files that it serves, nginx in front of it.

mod client_files;
mod expect_continue;
mod handshake;
mod http2_settings;
mod listeners;
mod nginx;
mod process;
mod serve;
mod signals;
