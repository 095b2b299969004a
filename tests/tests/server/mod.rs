//! A server on a socket: signals, the files that it serves, proxies in front of it. Most of these servers are processes, or
//! behind one, where no test client reaches; requests go there byte by byte.

mod client_files;
mod expect_continue;
mod gateways;
mod handshake;
mod http2_settings;
mod listeners;
mod nginx;
mod process;
mod serve;
mod signals;
