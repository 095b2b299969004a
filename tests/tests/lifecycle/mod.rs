//! What ends or holds up a stream from outside: clients that leave or stop reading, shutdown, limits. And how long idle
//! ones are kept open, and what is recorded of them.

mod backpressure;
mod client_gone;
mod disconnect;
mod drain;
mod heartbeat;
mod limits;
mod telemetry;
