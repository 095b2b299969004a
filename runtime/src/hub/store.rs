//! A store that several nodes share, and from which each keeps a copy of the topics that are watched there.

use std::sync::Arc;

use futures_core::future::BoxFuture;

use super::{
    error::HubUnavailable,
    members::{Member, Members},
    settings::Settings,
    topic::Topic,
};
use crate::records::Seq;

/// The store of a hub. Watchers never read it: they are served from the topic of their node, which the store keeps up to
/// date.
pub(super) trait Store: Send + Sync {
    /// Appends a record, and returns its number.
    fn publish<'a>(
        &'a self,
        topic: &'a str,
        record: &'a [u8],
        key: Option<&'a str>,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Seq, HubUnavailable>>;

    /// Keeps this copy of a topic up to date, as long as it is watched.
    fn link(&self, topic: &Arc<Topic>, settings: &Settings);

    /// The store of the news about members.
    fn news(&self) -> Arc<dyn Store>;

    /// Tells the store who is there by way of this node, as long as anyone is.
    fn tell_members(&self, members: &Members, settings: &Settings);

    /// Who is there, by way of any node.
    fn members<'a>(
        &'a self,
        topic: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Vec<Member>, HubUnavailable>>;

    /// Tells every node, this one included, to send a member's watchers away.
    fn revoke<'a>(
        &'a self,
        topic: &'a str,
        member: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<(), HubUnavailable>>;
}
