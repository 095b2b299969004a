//! How a stream ends, and what its client receives of that.

mod failures;
mod internal;
mod matrix;
mod problems;
mod results;
mod secrets;
mod slow_reader;
