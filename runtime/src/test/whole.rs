//! A response that is read to its end in one call.

use serde::de::DeserializeOwned;

use super::{
    journal::Pages,
    reading::{result, take},
    wait::Look,
};
use crate::engine::generator::Whole;

/// Looks for the end, which must be that of an action that returned, and takes the packets before it.
pub(super) fn whole<P, R>() -> impl FnMut(&mut Pages) -> Look<Whole<P, R>> + Send
where
    P: DeserializeOwned + Send,
    R: DeserializeOwned,
{
    let mut packets = Vec::new();
    move |pages| {
        while let Some(packet) = take(pages) {
            match packet {
                Ok(packet) => packets.push(packet),
                Err(why) => return Look::Never(why),
            }
        }
        match pages.settle().map(result) {
            None => pages.not_yet(),
            Some(Ok(result)) => Look::Ready(Whole { packets: std::mem::take(&mut packets), result }),
            Some(Err(why)) => Look::Never(why),
        }
    }
}
