//! A server on a socket: signals, the files that it serves, proxies in front of it.

mod client_files;
mod expect_continue;
mod gateways;
mod nginx;
mod process;
mod serve;
mod signals;
