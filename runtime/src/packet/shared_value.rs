//! The value of a `watch` channel, serialized once for all who send it.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt, ptr,
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
};

use futures_util::FutureExt as _;
use serde::Serialize;
use tokio::sync::watch;

use super::packet::Packet;

/// The channels whose values are being sent, by the place of the value, which is the same for every receiver.
static CHANNELS: LazyLock<Mutex<HashMap<Channel, Weak<dyn Any + Send + Sync>>>> = LazyLock::new(Mutex::default);

/// The type and the place of the value, and whether its variant names the event.
type Channel = (TypeId, usize, bool);

/// The value of a channel, as JSON. Clones share it.
pub(crate) struct SharedValue<T>(Arc<Shared<T>>);

/// It holds a receiver, so that the place of the value is not taken by another channel meanwhile.
struct Shared<T> {
    channel: Channel,
    state: Mutex<State<T>>,
}

struct State<T> {
    receiver: watch::Receiver<T>,
    version: u64,
    write: fn(&T) -> Packet,
    packet: Option<Packet>,
}

impl<T: Serialize + Send + Sync + 'static> SharedValue<T> {
    /// The value of this channel.
    pub(crate) fn of(receiver: &watch::Receiver<T>) -> Self {
        Self::written(receiver, Packet::json, false)
    }

    /// The value of this channel as an event that is named after the variant of its enum.
    pub(crate) fn named(receiver: &watch::Receiver<T>) -> Self {
        Self::written(receiver, Packet::named_json, true)
    }

    fn written(receiver: &watch::Receiver<T>, write: fn(&T) -> Packet, is_named: bool) -> Self {
        let channel = (TypeId::of::<T>(), ptr::from_ref(&*receiver.borrow()).addr(), is_named);
        let mut channels = CHANNELS.lock().unwrap_or_else(PoisonError::into_inner);
        let known = channels.get(&channel).and_then(Weak::upgrade).and_then(|known| known.downcast().ok());
        Self(known.unwrap_or_else(|| {
            let state = State { receiver: receiver.clone(), version: 0, write, packet: None };
            let shared = Arc::new(Shared { channel, state: Mutex::new(state) });
            let weak: Weak<Shared<T>> = Arc::downgrade(&shared);
            channels.insert(channel, weak);
            shared
        }))
    }

    /// The newest value, and its version.
    pub(crate) fn newest(&self) -> (u64, Packet) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { receiver, version, write, packet } = &mut *state;
        let is_new = matches!(receiver.changed().now_or_never(), Some(Ok(())));
        match packet {
            Some(packet) if !is_new => (*version, packet.clone()),
            _ => {
                *version += 1;
                let json = write(&receiver.borrow_and_update());
                *packet = Some(json.clone());
                (*version, json)
            }
        }
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        let mut channels = CHANNELS.lock().unwrap_or_else(PoisonError::into_inner);
        // Another one may have been made since the last user of this one left.
        if channels.get(&self.channel).is_some_and(|shared| shared.strong_count() == 0) {
            channels.remove(&self.channel);
        }
        if channels.is_empty() {
            channels.shrink_to_fit();
        }
    }
}

impl<T> fmt::Debug for SharedValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedValue")
    }
}
