//! How a stream ends, and what its client sees of it.

mod collected;
mod come_back;
mod failures;
mod internal;
mod matrix;
mod problem;
mod problems;
mod results;
mod secrets;
mod slow_reader;
