//! Resumable runs.

mod abandon;
mod cases;
mod corners;
mod csv;
mod cut;
mod edges;
mod faults;
mod hints;
mod limits;
mod log_contract;
mod metrics;
mod model;
mod outage;
mod readme;
mod shared_log;
mod start;
