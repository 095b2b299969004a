//! The bytes of each format, and which one a request gets.

mod csv;
mod csv_kinds;
mod csv_options;
mod csv_values;
mod eager_readers;
mod empty;
mod end_event;
mod json_array;
mod links;
mod negotiate;
mod own;
mod own_document;
mod packing;
mod round_trip;
mod sse_and_hazaar;
mod takes;
mod vectors;
