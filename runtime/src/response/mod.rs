//! The answer to one client: its head, its frames and its end, whether they come from an action or from a run.
//!
//! - `live`: an action that answers its one client, with the head held until the outcome is known
//! - `body`: the body of every streamed response: frames, heartbeats, and the end or the cut
//! - `frame`: packets in a format, as the bytes of one frame
//! - `in_flight`: the wait before a cut, so that it loses nothing
//! - `turn`: how long a body that always has something to send may go on
//! - `refusal`: the answer to a client that is turned away

pub(crate) mod body;
pub(crate) mod frame;
pub(crate) mod in_flight;
pub(crate) mod live;
pub(crate) mod refusal;
mod turn;
