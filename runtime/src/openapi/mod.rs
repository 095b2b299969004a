//! Descriptions of what actions take and send, for people and for tools.

mod page;

pub use page::{Page, page};
