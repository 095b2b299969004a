//! A server on a socket: signals, the files that it serves, nginx before it.

mod client_files;
mod nginx;
mod serve;
