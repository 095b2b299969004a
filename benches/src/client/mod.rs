//! The client: HTTP/1.1 by hand over raw sockets, with as little work as possible, so that it is never what is
//! measured.

mod connection;
mod decoder;
mod pool;
mod times;

pub(crate) use self::{
    connection::{Connection, request},
    pool::{Next, NothingCame, Pool},
    times::Times,
};
