//! Who is in charge of the end: clients that leave or stop reading, shutdown, limits.

mod backpressure;
mod client_gone;
mod disconnect;
mod drain;
mod heartbeat;
mod limits;
mod telemetry;
