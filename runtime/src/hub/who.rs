//! Who watches a topic, and who may.

use super::{
    Hub,
    error::HubUnavailable,
    members::{Member, Members, Presence},
    settings::Lag,
    watch::Watch,
};

impl<T> Hub<T> {
    pub(super) fn presences(&self) -> Members {
        let settings = &self.topics.settings;
        let members = || {
            let store = self.topics.store.clone();
            let key = |presence: &Presence| presence.member().id.clone();
            let news = Hub::of(settings.of_news(), Lag::Latest(key), store.as_ref().map(|store| store.news()));
            Members::new(news, store)
        };
        self.members.get_or_init(members).clone()
    }

    /// Who watches a topic [as a member](Watch::as_member), on any node, in the order in which they have joined. One whose
    /// last watcher has left less than five seconds ago is still there.
    ///
    /// # Errors
    /// If the hub is in Redis, and that can't be reached.
    pub async fn members(&self, topic: &str) -> Result<Vec<Member>, HubUnavailable> {
        match &self.topics.store {
            Some(store) => store.members(topic, &self.topics.settings).await,
            None => Ok(self.presences().of(topic)),
        }
    }

    /// The members of a topic as they come and go: first those who are there, and then each that joins or leaves. To watch
    /// it is not to be there.
    pub fn presence(&self, topic: &str) -> Watch<Presence> {
        self.presences().news.watch(topic).latest()
    }

    /// Takes a member's right to watch a topic away: every action in which it [watches](Watch::as_member) the topic ends
    /// with 403, at once. Returns how many there were on this node. It keeps nobody from watching again; that is for the
    /// action's own extractors to refuse.
    ///
    /// If the hub is in Redis, the actions of other nodes end as soon as those nodes hear of it: a node that has lost its
    /// connection does so when it is back. A member that comes back in the same moment may be sent away once more.
    ///
    /// # Errors
    /// If the hub is in Redis, and that can't be reached: then only the actions of this node have ended.
    pub async fn revoke(&self, topic: &str, member: &str) -> Result<usize, HubUnavailable> {
        let revoked = self.topics.find(topic).map_or(0, |topic| topic.revoke(member));
        if let Some(store) = &self.topics.store {
            store.revoke(topic, member, &self.topics.settings).await?;
        }
        Ok(revoked)
    }
}
