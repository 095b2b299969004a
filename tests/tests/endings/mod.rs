//! How a stream ends, and what its client receives of that.

mod failures;
mod matrix;
mod problems;
mod secrets;
mod slow_reader;
