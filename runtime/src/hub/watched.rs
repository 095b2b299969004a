//! What a watcher gets: packets of its topic, and what stands in their place.

use std::{fmt, marker::PhantomData};

use bytes::Bytes;

use super::epoch::Epoch;
use crate::{
    packet::{
        content::{Content, Streamable},
        gap::Gap,
        notice::Stop,
        offer::ItemOf,
        packet::Packet,
    },
    records::Seq,
};

/// One item of a [`Watch`](super::Watch), which `self.stream_all(..)` sends: a packet that was published, the news that some
/// were missed, or the end of the action.
#[must_use = "it is sent by `self.stream_all(watch)`, or by `self.stream(item)`"]
pub struct Watched<T> {
    pub(super) item: Item,
    types: PhantomData<fn() -> T>,
}

pub(super) enum Item {
    /// The JSON of a packet, and its place.
    Json(Bytes, Epoch, Seq),
    /// A packet that is more than JSON. Its id is in its fields.
    Packet(Packet),
    Gap(Gap),
    /// The end of the action.
    Stop(Stop),
}

impl<T> Watched<T> {
    pub(super) fn new(item: Item) -> Self {
        Self { item, types: PhantomData }
    }

    /// The packet, unless this is something else. Its fields hold the id that a client sees.
    pub fn packet(&self) -> Option<Packet> {
        match &self.item {
            Item::Json(..) => self.content().to_packet().ok(),
            Item::Packet(packet) => Some(packet.clone()),
            Item::Gap(_) | Item::Stop(_) => None,
        }
    }

    /// The gap, if packets were missed here.
    pub fn gap(&self) -> Option<&Gap> {
        match &self.item {
            Item::Gap(gap) => Some(gap),
            Item::Json(..) | Item::Packet(_) | Item::Stop(_) => None,
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T> Streamable for Watched<T> {
    fn content(&self) -> Content<'_> {
        match &self.item {
            Item::Json(json, epoch, number) => Content::of_json(json).with_id(epoch.as_str(), *number),
            Item::Packet(packet) => Content::of(packet),
            Item::Gap(gap) => Content::of_gap(gap),
            Item::Stop(stop) => Content::of_stop(stop),
        }
    }

    /// The hub has kept the JSON of a packet, and not its variant.
    fn named(&self) -> Content<'_> {
        match &self.item {
            Item::Json(..) => Content::of_owned(Packet::broken(
                "`event = tag` can't name the packets of a hub: remove `event = tag` and read the variant from the \
                 packet, or publish a `Packet` with `.event(..)`"
                    .to_owned(),
            )),
            Item::Packet(packet) => packet.named(),
            Item::Gap(_) | Item::Stop(_) => self.content(),
        }
    }
}

/// What was published as a `T` is one.
#[diagnostic::do_not_recommend]
impl<T> ItemOf<T> for Watched<T> {}

impl<T> fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.content().fmt(f)
    }
}
