//! The head that an action sets by its argument `Head`.

mod download;
mod live;
mod refused;
mod runs;
