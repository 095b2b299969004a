//! Resumable runs. `cases.md` lists what may go wrong with one, and the test that shows what happens then.

mod abandon;
mod cases;
mod computing;
mod csv;
mod cut;
mod end;
mod faults;
mod follow;
mod hints;
mod key;
mod limits;
mod log_contract;
mod metrics;
mod model;
mod name;
mod outage;
mod owner;
mod path;
mod readme;
mod retention;
mod shared_log;
mod shutdown;
mod start;
