//! The head that an action may set while it is held.
//!
//! - `argument`: `Head`, the argument by which an action does it
//! - `held`: the same head on the side of its response
//! - `parts`: what has been set, and its place in a response
//! - `rules`: the statuses and headers that an action can't set
//! - `file_name`: the `Content-Disposition` of a download

pub(crate) mod argument;
mod file_name;
pub(crate) mod held;
pub(crate) mod parts;
pub(crate) mod rules;
