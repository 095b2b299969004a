//! `text`, `bytes`, and formats that are not Outflow's own: nothing separates the packets, so each piece counts as one
//! as it comes off the wire.

use super::{Decoder, End, Item};
use crate::test::received::{Data, Received};

pub(super) struct Pieces;

impl Decoder for Pieces {
    fn push(&mut self, bytes: &[u8], items: &mut Vec<Item>) {
        if !bytes.is_empty() {
            items.push(Item::Packet(Received::of(Data::Raw(bytes.to_owned()))));
        }
    }

    fn finish(&mut self, items: &mut Vec<Item>) {
        items.push(Item::End(End::Done(None)));
    }
}
