//! Everything that ends or holds up a stream from outside: clients that leave or stop reading, shutdown, limits. Also
//! heartbeats, which keep idle streams open, and telemetry.

mod backpressure;
mod bytes_behind;
mod client_gone;
mod disconnect;
mod drain;
mod fairness;
mod half_closed;
mod heartbeat;
mod keep_open;
mod left_alone;
mod limits;
mod max_age;
mod moving_counters;
mod places;
mod slow_heads;
mod soak;
mod span_fields;
mod telemetry;
mod windows;
