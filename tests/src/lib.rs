//! What the tests and the servers under test share.

pub mod packets;
