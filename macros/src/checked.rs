//! The model after its checks: every mistake has been reported, and every question about a method is answered.

use syn::{ItemImpl, Type};

use crate::{model, names::Crate, parse::Other, rewrite::Builtin};

pub struct Controller {
    pub head: ItemImpl,
    pub items: Vec<Item>,
    pub state: Option<Type>,
    /// Whether its rejections are problem documents.
    pub problems: bool,
    /// The path of the runtime crate.
    pub krate: Crate,
    /// Whether a router can hold it.
    pub can_serve: bool,
}

pub enum Item {
    Method(Box<Method>),
    Other(Other),
}

pub struct Method {
    pub method: model::Method,
    pub role: Role,
    /// Whether it is an action with a route.
    pub has_route: bool,
    /// Whether a method of the block calls it.
    pub is_called: bool,
    /// The type of its packets, where an action that reaches it says so.
    pub item: Option<Packets>,
    /// The verdicts on its calls, in order.
    pub verdicts: Vec<Verdict>,
}

/// The packets of an action with `item = T`, and of the methods that it reaches.
#[derive(Clone)]
pub struct Packets {
    pub ty: Type,
    /// Whether the variant of each packet names its event.
    pub is_named: bool,
}

/// The part of a method in a controller.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It does not stream, and stays as it is.
    Plain,
    /// It streams for others. It turns into a hidden twin that takes the sender; its name explains itself to callers
    /// outside of the block.
    Helper,
    /// It streams, and turns into a generator and a hidden twin that takes the sender.
    Action,
    /// It is an action that does not stream, while another one of its name does, under an opposite `#[cfg]`. It gets a
    /// twin, so that methods can delegate to either.
    SilentTwin,
    /// It has a mistake and can't stream. It stays, so that rustc has nothing to add.
    Broken,
}

impl Role {
    /// Whether the method has the sender.
    pub fn has_sender(self) -> bool {
        matches!(self, Self::Helper | Self::Action)
    }
}

/// The decision about a call.
#[derive(Clone, Copy)]
pub enum Verdict {
    /// It stays as it is.
    Keep,
    /// It sends to the client.
    Send(Builtin),
    /// It lends the sender to another method.
    Delegate,
    /// It is a mistake that has been reported. A stand-in takes its place, so that rustc has nothing to add.
    Refused(StandIn),
}

/// A method that takes the sender.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Callee {
    /// Whether it is an action: its name is that of a generator, and its twin takes the sender.
    pub is_action: bool,
    /// How many arguments it takes after `self`, unless `#[cfg]` decides about that.
    pub arity: Option<usize>,
}

/// The tokens in the place of a refused call.
#[derive(Clone, Copy)]
pub enum StandIn {
    /// `()`, where neither `self` nor a local is known.
    Unit,
    /// The arguments alone, where `self` would be one more mistake.
    Arguments,
    /// The call, whose packet is dropped.
    Dropped,
    /// The same as a future.
    Future,
    /// An emitter.
    Emitter,
    /// The call of a streaming method, without a sender.
    Method(Callee),
    /// The same without `self`.
    Function(Callee),
}
